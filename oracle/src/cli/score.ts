/** `oracle score`: judges and pays an epoch folder, or every one of a run, and writes the results into it. */
import { buildCommand } from "@stricli/core";
import { epochFolders } from "../epoch-folder/run-folder.ts";
import { scoreFolder } from "../score/score-folder.ts";
import { MAX_PARTITIONS, MAX_WORKERS } from "../score/score-input.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { count, percent, table, tokens } from "./format.ts";
import { integerParser, textParser } from "./parse.ts";

interface ScoreFlags extends JsonFlag {
  readonly workers: number;
  readonly partitions?: number;
}

export const workersFlag = {
  kind: "parsed",
  parse: integerParser(1, MAX_WORKERS),
  brief: "Threads that judge; the result does not depend on it",
  placeholder: "N",
  default: "1",
} as const;

export const scoreCommand = buildCommand<ScoreFlags, [string], CliContext>({
  docs: {
    brief: "Judge and pay an epoch folder, or every one of a run",
    fullDescription:
      "Writes verdicts, cells, shares, rewards, state and manifest.json into the folder. The manifest's bytes depend on the input alone.",
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ parse: textParser, brief: "Epoch folder, or a folder of epoch-N folders", placeholder: "DIR" }],
    },
    flags: {
      workers: workersFlag,
      partitions: {
        kind: "parsed",
        parse: integerParser(1, MAX_PARTITIONS),
        brief: "Parts the witnesses are split into; as many as workers without it",
        placeholder: "P",
        optional: true,
      },
      json: jsonFlag,
    },
  },
  async func(flags, folder) {
    await answer(this, flags, async (progress) => {
      const folders = epochFolders(folder);
      const epochs = [];
      for (const [index, epochFolder] of folders.entries()) {
        const { output, manifest, manifestHash, input } = await scoreFolder(epochFolder, {
          ...flags,
          onStage: (share, what) => progress.show(index + share, folders.length, `${what} ${epochFolder}`),
        });
        const atomsPerToken = BigInt(input.parameters.rewards.atomsPerToken);
        const { epoch, root } = manifest;
        epochs.push({ folder: epochFolder, epoch, manifestHash, root, summary: output.summary, atomsPerToken });
      }
      const rows = epochs.map(({ epoch, summary, manifestHash, atomsPerToken }) => [
        String(epoch),
        count(summary.beacons),
        percent(summary.beaconsValid, summary.beacons),
        count(summary.witnesses),
        percent(summary.witnessesValid, summary.witnesses),
        tokens(summary.budgetAtoms, atomsPerToken),
        manifestHash,
      ]);
      const header = ["epoch", "beacons", "valid", "witnesses", "valid", "tokens", "manifest"];
      const json = epochs.map(({ atomsPerToken: _atomsPerToken, ...epoch }) => epoch);
      return { json: { epochs: json }, text: table([header, ...rows], [1, 2, 3, 4, 5], "") };
    });
  },
});
