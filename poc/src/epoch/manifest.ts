/**
 * The manifest of an epoch: one canonical JSON (RFC 8785) that fixes every input and output, hashed into the next one.
 *
 * Two folders with the same manifest bytes hold the same tables whatever their files look like, and the same accepted uploads.
 * Amounts are decimal strings. An epoch that came from no log (Helium's reports) has no `network`, `uploads` and log tables.
 */

import type { NetworkParameters } from "../parameters/network-parameters.ts";
import { canonicalJsonBytes } from "../protocol/canonical-json.ts";
import { sha256 } from "../protocol/hash.ts";
import { hashTable, type TableHash } from "./canonical-hash.ts";
import { allocateColumns, assertColumns } from "./columns.ts";
import type { EpochInput, EpochLog } from "./epoch-input.ts";
import type { EpochOutput } from "./epoch-output.ts";
import { bytesToHex } from "./hex.ts";
import {
  anomalyInputTables,
  anomalyOutputTables,
  inputTables,
  logTables,
  outputTables,
  splitsTable,
  type TableDefinition,
  tableField,
} from "./tables.ts";

/** Raised whenever the same input may give other bytes. */
export const ENGINE_VERSION = "1";

/** What the manifest says of the raw log: how many uploads, and SHA-256 over their ids in log order. */
export interface UploadsDigest {
  readonly count: number;
  readonly sha256: string;
  /** Refusal code → uploads that were logged and refused. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Where the reports of an epoch came from. */
export interface ManifestLog extends EpochLog {
  /** Network number that uploads name. */
  readonly network: number;
  readonly uploads: UploadsDigest;
}

export interface EpochManifest {
  readonly manifestVersion: 1;
  readonly engineVersion: string;
  /** Name of the rule set; `parameterHash` is what it says. */
  readonly rules: string;
  readonly network?: number;
  readonly epoch: number;
  readonly previousManifestHash: string;
  readonly parameterHash: string;
  readonly tokenPriceUsdE8: number;
  /** What the chain issued for the epoch; absent where the budget is the parameters' emission. */
  readonly budgetAtoms?: string;
  readonly uploads?: UploadsDigest;
  /** SHA-256 over the codes of denied pairs in ascending order, each a u64, little-endian; absent without such pairs. */
  readonly deniedEdges?: { readonly count: number; readonly sha256: string };
  readonly tables: Readonly<Record<string, TableHash>>;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly root: { readonly hash: string; readonly totalAtoms: string; readonly leafCount: number };
}

/** SHA-256 of the parameters' canonical JSON, hex. */
export function parameterHash(parameters: NetworkParameters): string {
  return bytesToHex(sha256(canonicalJsonBytes(parameters)));
}

/** The manifest; `log` when the reports came from uploads. Throws POC_BAD_COLUMNS. */
export function buildManifest(input: EpochInput, output: EpochOutput, log?: ManifestLog): EpochManifest {
  const tables: Record<string, TableHash> = {};
  const hash = (definitions: readonly TableDefinition[], from: object) => {
    for (const table of definitions) {
      const columns = (from as Readonly<Record<string, never>>)[tableField(table.name)];
      tables[table.name] = hashTable(table, columns, assertColumns(table, columns));
    }
  };
  hash(inputTables, { ...emptyTables([splitsTable]), ...input });
  if (log !== undefined) hash(logTables, log);
  hash(outputTables, output);
  if (input.parameters.anomaly !== undefined) {
    hash(anomalyInputTables, { ...emptyTables(anomalyInputTables), ...input });
    hash(anomalyOutputTables, output);
  }
  const { root } = output.tree;
  return {
    manifestVersion: 1,
    engineVersion: ENGINE_VERSION,
    rules: input.parameters.name,
    ...(log === undefined ? {} : { network: log.network, uploads: log.uploads }),
    ...(input.deniedEdges === undefined ? {} : { deniedEdges: edgesDigest(input.deniedEdges) }),
    epoch: input.header.epoch,
    previousManifestHash: input.header.previousManifestHash,
    parameterHash: parameterHash(input.parameters),
    tokenPriceUsdE8: input.header.tokenPriceUsdE8,
    ...(input.header.budgetAtoms === undefined ? {} : { budgetAtoms: input.header.budgetAtoms }),
    tables,
    summary: Object.fromEntries(
      Object.entries(output.summary).map(([name, value]) => [
        name,
        typeof value === "bigint" ? value.toString() : value,
      ]),
    ),
    root: { hash: bytesToHex(root.hash), totalAtoms: root.totalAtoms.toString(), leafCount: root.leafCount },
  };
}

/** Tables without rows, for input that was not given. */
function emptyTables(definitions: readonly TableDefinition[]) {
  return Object.fromEntries(definitions.map((table) => [tableField(table.name), allocateColumns(table, 0)]));
}

function edgesDigest(edges: ReadonlySet<number>): NonNullable<EpochManifest["deniedEdges"]> {
  const codes = Float64Array.from(edges).sort();
  const bytes = new DataView(new ArrayBuffer(codes.length * 8));
  codes.forEach((code, i) => {
    bytes.setBigUint64(i * 8, BigInt(code), true);
  });
  return { count: codes.length, sha256: bytesToHex(sha256(new Uint8Array(bytes.buffer))) };
}

/** The bytes that are hashed and written as manifest.json. */
export function manifestBytes(manifest: EpochManifest): Uint8Array {
  return canonicalJsonBytes(manifest);
}

/** SHA-256 of the manifest's bytes, hex: what the next manifest names as its predecessor. */
export function manifestHash(manifest: EpochManifest): string {
  return bytesToHex(sha256(manifestBytes(manifest)));
}
