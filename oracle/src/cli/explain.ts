/** `oracle explain`: tells an owner what a hotspot earned in an epoch, verdict by verdict, and why. */
import { basename } from "node:path";
import { buildCommand } from "@stricli/core";
import { isScored, readEpochInput, readEpochOutput } from "../epoch-folder/folder.ts";
import { epochFolderName, epochFolders } from "../epoch-folder/run-folder.ts";
import { oracleError } from "../errors.ts";
import { explainHotspot } from "../explain/explain-hotspot.ts";
import { findHotspot } from "../explain/find-hotspot.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { explanationText } from "./explanation-text.ts";
import { integerParser, textParser } from "./parse.ts";

/** Steps of the progress bar. */
const STEPS = 3;

interface ExplainFlags extends JsonFlag {
  readonly epoch?: number;
}

export const explainCommand = buildCommand<ExplainFlags, [string, string], CliContext>({
  docs: {
    brief: "Tell what a hotspot earned in an epoch, verdict by verdict, and why",
    fullDescription:
      "Every verdict with its measured value and its limit, the density arithmetic per resolution, the cell weight, and the sum.",
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        { parse: textParser, brief: "Scored epoch folder, or a folder of epoch-N folders", placeholder: "DIR" },
        { parse: textParser, brief: "Key, the beginning of a key, or row number", placeholder: "HOTSPOT" },
      ],
    },
    flags: {
      epoch: {
        kind: "parsed",
        parse: integerParser(0, 0xffffffff),
        brief: "Epoch of a run; the last one without it",
        placeholder: "N",
        optional: true,
      },
      json: jsonFlag,
    },
  },
  async func(flags, folder, hotspot) {
    await answer(this, flags, async (progress) => {
      const chosen = chooseEpoch(folder, flags.epoch);
      progress.show(0, STEPS, `reading reports of ${chosen}`);
      const input = readEpochInput(chosen);
      if (!isScored(chosen)) throw oracleError("ORC_MISSING_FILE", `${chosen}: not scored; run \`oracle score\` first`);
      progress.show(1, STEPS, `reading results of ${chosen}`);
      const { tables } = readEpochOutput(chosen, input);
      progress.show(2, STEPS, "explaining");
      const explanation = explainHotspot(input, tables, findHotspot(input.hotspots, hotspot));
      return { json: explanation, text: explanationText(explanation) };
    });
  },
});

function chooseEpoch(folder: string, epoch: number | undefined): string {
  const folders = epochFolders(folder);
  if (epoch === undefined) return folders[folders.length - 1];
  const chosen = folders.find((path) => basename(path) === epochFolderName(epoch));
  if (chosen === undefined) throw oracleError("ORC_BAD_OPTION", `--epoch: ${folder} has no ${epochFolderName(epoch)}`);
  return chosen;
}
