/**
 * epoch.json, parameters.json and intake.json: the values of an epoch that are no table, read with every field checked.
 *
 * A field that is missing, unknown, of another type or out of its range is refused with its path (`time.epochMs`), so that a typo
 * never runs as a rule.
 */
import type { EpochHeader, NetworkParameters } from "@earshot/poc";
import { oracleError } from "../errors.ts";
import type { Intake } from "../load/intake.ts";
import { decimal, hash, U16_MAX, U32_MAX } from "./common-shapes.ts";
import { integer, object, record, type Shape, text } from "./json-shape.ts";
import { parametersShape } from "./parameters-shape.ts";

/** epoch.json: the engine's header, and what only the loading of uploads needs. */
export interface FolderHeader extends EpochHeader {
  /** Network number that uploads must name (poc/protocol). */
  readonly network: number;
}

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

const headerShape = object(
  {
    epoch: integer(0, U32_MAX),
    network: integer(0, U16_MAX),
    previousManifestHash: hash,
    tokenPriceUsdE8: integer(1, Number.MAX_SAFE_INTEGER),
  },
  // Simulated epochs have no chain that issues anything.
  { budgetAtoms: decimal },
);

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
