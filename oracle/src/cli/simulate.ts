/** `oracle simulate`: plays days of coverage over real hotspot positions and writes an epoch folder for each. */
import { ATTACK_NAMES, ATTACK_STRENGTHS, type AttackName, type AttackStrength } from "@earshot/fixtures";
import { earshot, type NetworkParameters } from "@earshot/poc";
import { buildCommand } from "@stricli/core";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { parseParameters } from "../epoch-folder/parameters-file.ts";
import { oracleError } from "../errors.ts";
import { type Attack, MAX_DAYS, type SimulatedEpoch, simulate } from "../simulate/index.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { count, table } from "./format.ts";
import { integerParser, positiveParser, textParser } from "./parse.ts";
import { type PlaceFlags, placeFlags, placeOptions } from "./place-flags.ts";

interface SimulateFlags extends JsonFlag, PlaceFlags {
  readonly days: number;
  readonly out: string;
  readonly parameters?: string;
  readonly attack?: AttackName;
  readonly strength: AttackStrength;
  readonly share?: number;
  readonly private?: number;
}

const MAX_SHARE_PERCENT = 50;
const DEFAULT_SHARE_PERCENT = 5;

export const simulateCommand = buildCommand<SimulateFlags, [], CliContext>({
  docs: {
    brief: "Play days of coverage over real hotspots, into epoch folders",
    fullDescription:
      "Writes DIR/epoch-N for each day: real sealed uploads, and the tables they load into. The same seed gives the same bytes.",
  },
  parameters: {
    flags: {
      ...placeFlags,
      days: {
        kind: "parsed",
        parse: integerParser(1, MAX_DAYS),
        brief: "Epochs to play",
        placeholder: "N",
        default: "1",
      },
      out: { kind: "parsed", parse: textParser, brief: "Folder to write to", placeholder: "DIR" },
      parameters: {
        kind: "parsed",
        parse: textParser,
        brief: "Rules as a parameters.json; without it those of preset earshot",
        placeholder: "FILE",
        optional: true,
      },
      attack: {
        kind: "enum",
        values: ATTACK_NAMES,
        brief: "Let some of the hotspots attack (fixtures/attacks)",
        optional: true,
      },
      strength: {
        kind: "enum",
        values: ATTACK_STRENGTHS,
        brief: "How much the attackers know",
        default: "naive",
      },
      share: {
        kind: "parsed",
        parse: positiveParser(MAX_SHARE_PERCENT),
        brief: "Percent of the hotspots that attack; 5 without it",
        placeholder: "P",
        optional: true,
      },
      private: {
        kind: "parsed",
        parse: positiveParser(100),
        brief: "Percent of the hotspots that keep their place private; none without it",
        placeholder: "P",
        optional: true,
      },
      json: jsonFlag,
    },
  },
  async func(flags) {
    await answer(this, flags, async (progress) => {
      const options = placeOptions(flags);
      if (flags.share !== undefined && flags.attack === undefined) {
        throw oracleError("ORC_BAD_OPTION", "--share: needs --attack");
      }
      const { epochs } = await simulate({
        ...options,
        days: flags.days,
        outDir: flags.out,
        parameters: readParameters(flags.parameters),
        attack: attackOf(flags),
        privateShare: (flags.private ?? 0) / 100,
        onProgress: (done, total, label) => progress.show(done, total, label),
      });
      return { json: { epochs }, text: epochsText(epochs) };
    });
  },
});

function attackOf({ attack: name, strength, share = DEFAULT_SHARE_PERCENT }: SimulateFlags): Attack | undefined {
  return name === undefined ? undefined : { name, strength, share: share / 100, intensity: 1 };
}

function readParameters(path: string | undefined): NetworkParameters {
  return path === undefined ? earshot : parseParameters(readWhole(path, "expected rules as a parameters.json"), path);
}

function epochsText(epochs: readonly SimulatedEpoch[]): string {
  const rows = epochs.map(({ folder, hotspots, challenges, intake }) => [
    folder,
    count(hotspots),
    count(challenges),
    count(intake.uploads),
    count(intake.uploads - intake.accepted),
    count(intake.beacons),
    count(intake.witnesses),
    count(intake.receipts),
  ]);
  const header = ["folder", "hotspots", "challenges", "uploads", "refused", "beacons", "witnesses", "packets"];
  return table([header, ...rows], [1, 2, 3, 4, 5, 6, 7], "");
}
