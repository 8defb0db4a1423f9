/**
 * epoch.json, parameters.json and intake.json: the values of an epoch that are no table, read with every field checked.
 *
 * A field that is missing, unknown, of another type or out of its range is refused with its path (`time.epochMs`), so that a typo
 * never runs as a rule. The shape of NetworkParameters (poc) is spelled out here once more because types are gone at run time.
 */
import type { EpochHeader, NetworkParameters } from "@earshot/poc";
import { oracleError } from "../errors.ts";
import type { Intake } from "../load/intake.ts";

/** epoch.json: the engine's header, and what only the loading of uploads needs. */
export interface FolderHeader extends EpochHeader {
  /** Network number that uploads must name (poc/protocol). */
  readonly network: number;
}

/** Checks a value and says what was expected where it is not, or undefined. */
type Shape = (value: unknown, path: string) => string | undefined;

const MAX_MS = 366 * 86_400_000;
const U16_MAX = 0xffff;
const U32_MAX = 0xffffffff;

function integer(minimum: number, maximum: number): Shape {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? undefined
      : `${path}: expected an integer from ${minimum} to ${maximum}, got ${shown(value)}`;
}

function oneOf(...values: readonly unknown[]): Shape {
  return (value, path) =>
    values.includes(value) ? undefined : `${path}: expected ${values.map(shown).join(" or ")}, got ${shown(value)}`;
}

function text(pattern: RegExp, what: string): Shape {
  return (value, path) =>
    typeof value === "string" && pattern.test(value) ? undefined : `${path}: expected ${what}, got ${shown(value)}`;
}

function orNull(shape: Shape): Shape {
  return (value, path) => (value === null ? undefined : shape(value, path));
}

function list(shape: Shape, minimum: number, maximum: number): Shape {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < minimum || value.length > maximum) {
      return `${path}: expected a list of ${minimum} to ${maximum}, got ${shown(value)}`;
    }
    return firstFlaw(value.map((entry, index) => () => shape(entry, `${path}[${index}]`)));
  };
}

function object(fields: Readonly<Record<string, Shape>>): Shape {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return `${path}: expected an object, got ${shown(value)}`;
    }
    const unknown = Object.keys(value).find((name) => !(name in fields));
    if (unknown !== undefined) return `${path}.${unknown}: unknown field`;
    const byName = value as Readonly<Record<string, unknown>>;
    return firstFlaw(
      Object.entries(fields).map(
        ([name, shape]) =>
          () =>
            shape(byName[name], path === "" ? name : `${path}.${name}`),
      ),
    );
  };
}

function record(name: Shape, shape: Shape): Shape {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return `${path}: expected an object, got ${shown(value)}`;
    }
    return firstFlaw(
      Object.entries(value).map(
        ([key, entry]) =>
          () =>
            name(key, `${path}: name`) ?? shape(entry, `${path}.${key}`),
      ),
    );
  };
}

function firstFlaw(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const flaw = check();
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value)?.slice(0, 60) ?? String(value));
}

const share = integer(0, 10_000);
const milliseconds = integer(0, MAX_MS);
const hash = text(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits");
const decimal = text(/^(0|[1-9][0-9]{0,19})$/, "a decimal number of at most 20 digits");
const checkName = text(/^[a-z][a-z_]{0,39}$/, "the name of a check");

const parametersShape = object({
  version: oneOf(1),
  name: text(/^[a-z][a-z0-9-]{0,31}$/, "a short name"),
  time: object({
    epochMs: integer(1000, MAX_MS),
    entropyMs: integer(100, MAX_MS),
    intervalMs: integer(100, MAX_MS),
    transmitDelayMs: milliseconds,
    transmitSpreadMs: milliseconds,
    windowMs: milliseconds,
    earlyToleranceMs: milliseconds,
    graceMs: milliseconds,
    vetoMs: milliseconds,
  }),
  challenge: object({
    kind: oneOf("sortition", "reported-entropy"),
    beaconBytes: integer(1, 255),
    dataRate: integer(0, 255),
  }),
  beaconChecks: list(checkName, 0, 64),
  witnessChecks: list(checkName, 0, 64),
  radio: object({
    speedOfLightMPerS: integer(1, U32_MAX),
    gains: oneOf("ddb", "whole-dbi"),
    rssiToleranceDdb: integer(-3000, 3000),
    snrFloorDdb: list(integer(-0x8000, 0x7fff), 8, 8),
    frequencyToleranceHz: integer(0, U32_MAX),
    frequencyDifference: oneOf("exact", "int32"),
    regionPlans: oneOf("corrected", "upstream"),
  }),
  distance: object({
    minimumKind: oneOf("metres", "grid"),
    minimum: integer(0, U32_MAX),
    maximumM: integer(0, 20_100_000),
    rounding: oneOf("position", "haversine"),
  }),
  lag: orNull(object({ behindBeaconMs: milliseconds, behindWitnessMs: milliseconds })),
  selection: object({ kind: oneOf("entropy-rank", "first-received"), maximumWitnesses: integer(0, U16_MAX) }),
  reciprocity: object({ kind: oneOf("closed-state", "running"), withinMs: milliseconds }),
  density: object({
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
  rewards: object({
    emission: list(
      object({ startEpoch: integer(0, U32_MAX), epochs: integer(1, U32_MAX), totalAtoms: decimal }),
      0,
      1024,
    ),
    coverageE4: share,
    dataE4: share,
    atomsPerToken: decimal,
    treasury: hash,
    distributor: hash,
    bytesPerDataCredit: integer(1, U16_MAX),
    dataCreditUsdE8: integer(1, Number.MAX_SAFE_INTEGER),
    kind: oneOf("weighted", "helium"),
  }),
});

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
  receiptsOfNextEpoch: count,
});

const headerShape = object({
  epoch: integer(0, U32_MAX),
  network: integer(0, U16_MAX),
  previousManifestHash: hash,
  tokenPriceUsdE8: integer(1, Number.MAX_SAFE_INTEGER),
});

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
  return checked(parametersShape, parseJsonFile(bytes, path), path) as unknown as NetworkParameters;
}

/** The header from epoch.json. Throws ORC_DAMAGED_FILE, ORC_BAD_HEADER. */
export function parseHeader(bytes: Uint8Array, path: string): FolderHeader {
  return checked(headerShape, parseJsonFile(bytes, path), path) as unknown as FolderHeader;
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
