/**
 * epoch.json, parameters.json and intake.json: the values of an epoch that are no table, read with every field checked.
 *
 * A field that is missing, unknown, of another type or out of its range is refused with its path (`time.epochMs`), so that a typo
 * never runs as a rule. The shape of NetworkParameters (poc) is spelled out here once more because types are gone at run time.
 */
import type {
  AnomalyParameters,
  DensityParameters,
  DistanceParameters,
  EpochHeader,
  HeliumRewardParameters,
  NetworkParameters,
  TimeParameters,
  WeightedRewardParameters,
} from "@earshot/poc";
import { isCanonicalDataRate } from "@earshot/poc/protocol";
import { regionPlans } from "@earshot/poc/radio";
import { oracleError } from "../errors.ts";
import type { Intake } from "../load/intake.ts";
import {
  byKind,
  distinct,
  fitting,
  integer,
  list,
  object,
  oneOf,
  orNull,
  record,
  type Shape,
  shown,
  text,
} from "./json-shape.ts";

/** epoch.json: the engine's header, and what only the loading of uploads needs. */
export interface FolderHeader extends EpochHeader {
  /** Network number that uploads must name (poc/protocol). */
  readonly network: number;
}

const MAX_MS = 366 * 86_400_000;
/** Steps of entropy in an interval that sortition has thresholds for (poc/protocol/sortition.ts): a day of minutes. */
const MAX_STEPS = 1440;
/** A frequency further off is another band's: 100 MHz. */
const MAX_FREQUENCY_TOLERANCE_HZ = 100_000_000;
/** Squared distances of positions stay exact far beyond this, and no LoRa link on the ground is longer, m. */
const MAX_DISTANCE_M = 300_000;
/** Grid distances are decided by metric bounds up to this many cells (geo/src/grid-distance.ts). */
const MAX_GRID_CELLS = 8;
/** Resolutions that density is computed at, and cells.arrow has rows for. */
const DENSITY_RESOLUTIONS = "10 9 8 7 6 5 4";
/** A bill that waits longer than a month is a dispute. */
const MAX_BILL_EPOCHS = 31;
const REGION_NAMES = regionPlans("corrected").map(({ name }) => name);
const U16_MAX = 0xffff;
const U32_MAX = 0xffffffff;

const share = integer(0, 10_000);
const milliseconds = integer(0, MAX_MS);
const hash = text(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits");
const decimal = text(/^(0|[1-9][0-9]{0,19})$/, "a decimal number of at most 20 digits");
const checkName = text(/^[a-z][a-z_]{0,39}$/, "the name of a check");

const dataRate: Shape = (value, path) =>
  typeof value === "number" && isCanonicalDataRate(value)
    ? undefined
    : `${path}: expected a data rate byte, got ${shown(value)}`;

const time = fitting(
  object({
    epochMs: integer(1000, MAX_MS),
    entropyMs: integer(1000, MAX_MS),
    intervalMs: integer(1000, MAX_MS),
    transmitDelayMs: milliseconds,
    transmitSpreadMs: integer(1, MAX_MS),
    windowMs: milliseconds,
    earlyToleranceMs: milliseconds,
    graceMs: milliseconds,
    vetoMs: milliseconds,
  }),
  ({ epochMs, entropyMs, intervalMs, transmitDelayMs, transmitSpreadMs, windowMs, graceMs }: TimeParameters) => {
    if (intervalMs % entropyMs !== 0) return `intervals of ${intervalMs} ms are not whole steps of ${entropyMs} ms`;
    if (epochMs % intervalMs !== 0) return `epochs of ${epochMs} ms are not whole intervals of ${intervalMs} ms`;
    if (intervalMs / entropyMs > MAX_STEPS) return `more than ${MAX_STEPS} steps of entropy in an interval`;
    if (transmitDelayMs + transmitSpreadMs > entropyMs) return "delay and spread are longer than a step of entropy";
    // A proof that is sent last in an epoch must be judged in it, and what its grace time holds by the next one at the latest.
    if (windowMs > graceMs || graceMs > epochMs) return "expected window ≤ grace time ≤ epoch";
    // Offsets in an epoch are 32-bit integers in the kernel.
    if (epochMs + graceMs + windowMs >= 2 ** 31) return "epoch, grace time and window together take 2^31 ms or more";
    return undefined;
  },
);

const challenge = byKind({
  sortition: object({
    kind: oneOf("sortition"),
    dataRate,
    regionDataRates: distinct(
      "region",
      list(object({ region: oneOf(...REGION_NAMES), dataRate }), 0, REGION_NAMES.length),
    ),
  }),
  "reported-entropy": object({ kind: oneOf("reported-entropy") }),
});

const density = fitting(
  object({
    limits: list(
      object({
        resolution: integer(0, 15),
        neighbours: integer(0, 7),
        target: integer(1, U32_MAX),
        maximum: integer(1, U32_MAX),
      }),
      0,
      16,
    ),
    active: oneOf("paid-proof", "recent-beacon"),
    withinMs: milliseconds,
    defaultScaleE4: share,
  }),
  ({ limits }: DensityParameters) => {
    const resolutions = limits.map(({ resolution }) => resolution).join(" ");
    return resolutions === DENSITY_RESOLUTIONS
      ? undefined
      : `expected limits for resolutions ${DENSITY_RESOLUTIONS}, got ${resolutions}`;
  },
);

const distance = fitting(
  object({
    minimumKind: oneOf("metres", "grid"),
    minimum: integer(0, MAX_DISTANCE_M),
    maximumM: integer(0, MAX_DISTANCE_M),
    rounding: oneOf("position", "haversine"),
  }),
  ({ minimumKind, minimum }: DistanceParameters) =>
    minimumKind === "grid" && minimum > MAX_GRID_CELLS
      ? `expected at most ${MAX_GRID_CELLS} grid cells, got ${minimum}`
      : undefined,
);

const commonRewards = {
  emission: list(
    object({ startEpoch: integer(0, U32_MAX), epochs: integer(1, U32_MAX), totalAtoms: decimal }),
    0,
    1024,
  ),
  atomsPerToken: decimal,
  treasury: hash,
  distributor: hash,
  bytesPerDataCredit: integer(1, U16_MAX),
  dataCreditUsdE8: integer(1, Number.MAX_SAFE_INTEGER),
  billWithinEpochs: integer(1, MAX_BILL_EPOCHS),
};

const rewards = byKind({
  weighted: fitting(
    object({ ...commonRewards, kind: oneOf("weighted"), coverageE4: share, dataE4: share }),
    ({ coverageE4, dataE4 }: WeightedRewardParameters) =>
      coverageE4 + dataE4 === 10_000 ? undefined : "coverage and data must be parts that sum to 10000",
  ),
  helium: fitting(
    object({
      ...commonRewards,
      kind: oneOf("helium"),
      beaconE4: share,
      witnessE4: share,
      dataE4: share,
      unusedToBeaconsE4: share,
    }),
    ({ beaconE4, witnessE4, dataE4 }: HeliumRewardParameters) =>
      beaconE4 + witnessE4 + dataE4 <= 10_000 ? undefined : "the parts are more than the whole",
  ),
});

/** Names of checks, among them those that everything after them relies on: without them reports of nobody and from nowhere are judged. */
const checkNames = fitting(list(checkName, 0, 64), (names: readonly string[]) => {
  const missing = ["gateway_not_found", "not_asserted"].find((name) => !names.includes(name));
  return missing === undefined ? undefined : `lacks ${missing}`;
});

const ramp = { fromE4: share, fullE4: integer(1, 10_000) };
const isRamp = ({ fromE4, fullE4 }: { readonly fromE4: number; readonly fullE4: number }) =>
  fromE4 < fullE4 ? undefined : "expected fromE4 < fullE4";

const anomaly = object({
  ruleVersion: integer(1, U16_MAX),
  minimumVoters: integer(1, U16_MAX),
  voids: object({ links: integer(1, U16_MAX), shareE4: share }),
  cleanEpochs: integer(0, U16_MAX),
  votes: fitting(object(ramp), isRamp),
  placement: fitting(
    object({
      bands: list(object({ fromM: integer(0, MAX_DISTANCE_M), excessDdb: integer(-3000, 2000) }), 1, 32),
      certainDdb: integer(-3000, 2000),
      certainVoters: integer(1, U16_MAX),
    }),
    ({ bands }: AnomalyParameters["placement"]) =>
      bands[0].fromM === 0 && bands.every(({ fromM }, index) => index === 0 || fromM > bands[index - 1].fromM)
        ? undefined
        : "expected bands from 0 m on, each farther than the one before",
  ),
  reciprocity: object({ toleranceDdb: integer(0, 3000) }),
  oneSided: object({ beacons: integer(1, U16_MAX), surely: integer(1, U16_MAX) }),
  silence: object({
    nearM: integer(1, MAX_DISTANCE_M),
    farM: integer(1, MAX_DISTANCE_M),
    farShareE4: integer(1, 10_000),
    silentFactorE4: integer(10_000, 1_000_000),
  }),
  twins: object({
    apartM: integer(0, MAX_DISTANCE_M),
    tellingDdb: integer(0, 3000),
    withinDdb: integer(0, 3000),
    voters: integer(1, U16_MAX),
    agreeE4: integer(1, 10_000),
  }),
  behaviour: fitting(object({ ...ramp, priorCount: integer(0, U16_MAX) }), isRamp),
  keptPerEpochE4: share,
  effectE4: share,
});

const parametersFields = {
  version: oneOf(1),
  name: text(/^[a-z][a-z0-9-]{0,31}$/, "a short name"),
  time,
  challenge,
  beaconChecks: checkNames,
  witnessChecks: checkNames,
  radio: object({
    speedOfLightMPerS: integer(1, U32_MAX),
    gains: oneOf("ddb", "whole-dbi"),
    rssiToleranceDdb: integer(-3000, 3000),
    snrFloorDdb: list(integer(-0x8000, 0x7fff), 8, 8),
    frequencyToleranceHz: integer(0, MAX_FREQUENCY_TOLERANCE_HZ),
    frequencyDifference: oneOf("exact", "int32"),
    regionPlans: oneOf("corrected", "upstream"),
  }),
  distance,
  lag: orNull(object({ behindBeaconMs: milliseconds, behindWitnessMs: milliseconds })),
  selection: object({ kind: oneOf("entropy-rank", "first-received"), maximumWitnesses: integer(0, U16_MAX) }),
  reciprocity: object({ kind: oneOf("closed-state", "running"), withinMs: milliseconds }),
  density,
  units: object({ targetWitnesses: integer(1, U16_MAX), decayE4: share, capE4: integer(0, U16_MAX) }),
  cellWeight: orNull(
    object({
      floorE4: share,
      halfDataCredits: integer(0, Number.MAX_SAFE_INTEGER),
      neighbourE4: share,
      epochs: integer(1, U16_MAX),
      payerCapDivisor: integer(1, U16_MAX),
    }),
  ),
  foreignWitnessRequired: oneOf(true, false),
  rewards,
};
const parametersShape = object(parametersFields);
const detectingShape = object({ ...parametersFields, anomaly });

const count = integer(0, Number.MAX_SAFE_INTEGER);

const intakeShape = object({
  uploads: count,
  accepted: count,
  sha256: hash,
  refused: record(text(/^[a-z][a-z_]{0,39}$/, "a refusal code"), integer(1, Number.MAX_SAFE_INTEGER)),
  beacons: count,
  witnesses: count,
  receipts: count,
  confirmations: count,
  billed: count,
  gaps: count,
  leftToNextEpoch: count,
  judgedInEpochBefore: count,
});

const headerFields = {
  epoch: integer(0, U32_MAX),
  network: integer(0, U16_MAX),
  previousManifestHash: hash,
  tokenPriceUsdE8: integer(1, Number.MAX_SAFE_INTEGER),
};
const headerShape = object(headerFields);
const budgetedShape = object({ ...headerFields, budgetAtoms: decimal });

/** Reads a JSON file that must be an object. Throws ORC_DAMAGED_FILE. */
export function parseJsonFile(bytes: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw oracleError("ORC_DAMAGED_FILE", `${path}: not JSON in UTF-8`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw oracleError("ORC_DAMAGED_FILE", `${path}: expected a JSON object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** The bytes of a JSON file: two spaces, one newline at the end. */
export function jsonFile(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

/** The parameters from parameters.json. Throws ORC_DAMAGED_FILE, ORC_BAD_HEADER. */
export function parseParameters(bytes: Uint8Array, path: string): NetworkParameters {
  const value = parseJsonFile(bytes, path);
  // Networks without detectors have no such field, so that their hash is that of a value without it.
  const shape = "anomaly" in value ? detectingShape : parametersShape;
  return checked(shape, value, path) as unknown as NetworkParameters;
}

/** The header from epoch.json. Throws ORC_DAMAGED_FILE, ORC_BAD_HEADER. */
export function parseHeader(bytes: Uint8Array, path: string): FolderHeader {
  const value = parseJsonFile(bytes, path);
  // Simulated epochs have no chain that issues anything.
  const shape = "budgetAtoms" in value ? budgetedShape : headerShape;
  return checked(shape, value, path) as unknown as FolderHeader;
}

/** The intake from intake.json. Throws ORC_DAMAGED_FILE, ORC_BAD_HEADER. */
export function parseIntake(bytes: Uint8Array, path: string): Intake {
  return checked(intakeShape, parseJsonFile(bytes, path), path) as unknown as Intake;
}

function checked(shape: Shape, value: Readonly<Record<string, unknown>>, path: string) {
  const flaw = shape(value, "");
  if (flaw !== undefined) throw oracleError("ORC_BAD_HEADER", `${path}: ${flaw.replace(/^\./, "")}`);
  return value;
}
