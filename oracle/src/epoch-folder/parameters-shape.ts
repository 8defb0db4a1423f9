/** NetworkParameters (poc) spelled out field by field once more, because types are gone at run time; with the rules between fields. */
import {
  type DensityParameters,
  type DistanceParameters,
  type HeliumRewardParameters,
  type NetworkParameters,
  privateLocationsFlaw,
  type TimeParameters,
  type WeightedRewardParameters,
} from "@earshot/poc";
import { isCanonicalDataRate } from "@earshot/poc/protocol";
import { regionPlans } from "@earshot/poc/radio";
import { anomalyShape } from "./anomaly-shape.ts";
import { decimal, hash, MAX_DISTANCE_M, share, U16_MAX, U32_MAX } from "./common-shapes.ts";
import {
  byKind,
  distinct,
  fitting,
  integer,
  list,
  object,
  oneOf,
  orNull,
  type Shape,
  shown,
  text,
} from "./json-shape.ts";

const MAX_MS = 366 * 86_400_000;
/** Steps of entropy in an interval that sortition has thresholds for (poc/protocol/sortition.ts): a day of minutes. */
const MAX_STEPS = 1440;
/** A frequency further off is another band's: 100 MHz. */
const MAX_FREQUENCY_TOLERANCE_HZ = 100_000_000;
/** Grid distances are decided by metric bounds up to this many cells (geo/src/grid-distance.ts). */
const MAX_GRID_CELLS = 8;
/** Resolutions that density is computed at, and cells.arrow has rows for. */
const DENSITY_RESOLUTIONS = "10 9 8 7 6 5 4";
/** A bill that waits longer than a month is a dispute. */
export const MAX_BILL_EPOCHS = 31;
const REGION_NAMES = regionPlans("corrected").map(({ name }) => name);

const milliseconds = integer(0, MAX_MS);
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
/** Networks without detectors or private locations have no such field, so that their hash is that of a value without it. */
export const parametersShape = fitting(
  object(parametersFields, { privateLocations: oneOf(true), anomaly: anomalyShape }),
  (parameters: NetworkParameters) => privateLocationsFlaw(parameters),
);
