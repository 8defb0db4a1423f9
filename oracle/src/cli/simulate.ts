/** `oracle simulate`: plays days of coverage over real hotspot positions and writes an epoch folder for each. */
import {
  ATTACK_NAMES,
  ATTACK_STRENGTHS,
  type AttackName,
  type AttackStrength,
  realFilePath,
  usHotspotsFile,
} from "@earshot/fixtures";
import { earshot, type NetworkParameters } from "@earshot/poc";
import { buildCommand } from "@stricli/core";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { parseParameters } from "../epoch-folder/parameters-file.ts";
import { oracleError } from "../errors.ts";
import { type Attack, MAX_DAYS, type SimulatedEpoch, simulate } from "../simulate/index.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { count, table } from "./format.ts";
import { integerParser, placeParser, positiveParser, textParser } from "./parse.ts";

interface SimulateFlags extends JsonFlag {
  readonly hotspots?: string;
  readonly near?: { readonly latDeg: number; readonly lngDeg: number };
  readonly radiusKm?: number;
  readonly days: number;
  readonly seed: string;
  readonly out: string;
  readonly parameters?: string;
  readonly attack?: AttackName;
  readonly strength: AttackStrength;
  readonly share?: number;
}

/** Half of the Earth's circumference: everything. */
const MAX_RADIUS_KM = 20_040;
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
      hotspots: {
        kind: "parsed",
        parse: textParser,
        brief: "List of hotspots; without it the US list of 2020 in fixtures",
        placeholder: "CSV",
        optional: true,
      },
      near: {
        kind: "parsed",
        parse: placeParser,
        brief: "Only hotspots around this place, degrees",
        placeholder: "LAT,LNG",
        optional: true,
      },
      radiusKm: {
        kind: "parsed",
        parse: positiveParser(MAX_RADIUS_KM),
        brief: "How far around --near, km; 25 without it",
        placeholder: "R",
        optional: true,
      },
      days: {
        kind: "parsed",
        parse: integerParser(1, MAX_DAYS),
        brief: "Epochs to play",
        placeholder: "N",
        default: "1",
      },
      seed: { kind: "parsed", parse: textParser, brief: "Seed of everything random", placeholder: "S", default: "1" },
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
      json: jsonFlag,
    },
  },
  async func(flags) {
    await answer(this, flags, async (progress) => {
      if (flags.radiusKm !== undefined && flags.near === undefined) {
        throw oracleError("ORC_BAD_OPTION", "--radius-km: needs --near");
      }
      if (flags.share !== undefined && flags.attack === undefined) {
        throw oracleError("ORC_BAD_OPTION", "--share: needs --attack");
      }
      const { epochs } = await simulate({
        hotspotsCsv: flags.hotspots ?? realFilePath(usHotspotsFile),
        near: flags.near,
        radiusKm: flags.radiusKm,
        days: flags.days,
        seed: flags.seed,
        outDir: flags.out,
        parameters: readParameters(flags.parameters),
        attack: attackOf(flags),
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
