/**
 * The gateways of an epoch as `hotspots` rows, with the denylist folded in: a denied key is suspended, denied pairs are row ids.
 *
 * Upstream fails closed: until a denylist has been loaded every key is denied (§3.7). A location that is no cell, or is not of
 * resolution 12, has no row form and counts as not asserted; Helium's chain accepted none. Elevation decides nothing and saturates.
 */
import { cellToBigInt, isCell, parentHi, parentLo } from "@earshot/geo";
import { allocateColumns, type Columns } from "../epoch/columns.ts";
import { hotspotsTable, stateInTable } from "../epoch/tables.ts";
import { pocError } from "../errors.ts";
import { sha256 } from "../protocol/hash.ts";
import { edgeCode } from "../verify/witness-job.ts";
import { bytesText, compareText } from "./bytes-text.ts";
import type { HeliumDenylist, HeliumGateway, HeliumGatewayState } from "./reports.ts";

export const heliumKeyBytes = 33;
const ASSERTED_RESOLUTION = 12;
const PUBLIC_RESOLUTION = 8;

/** A gateway whose location the tables can say, or null where upstream would not have taken it as asserted. */
export interface RegistryEntry {
  readonly gateway: HeliumGateway;
  readonly cellHi: number;
  readonly cellLo: number;
  readonly isAsserted: boolean;
}

export interface Registry {
  readonly columns: Columns<typeof hotspotsTable>;
  /** In row order. */
  readonly entries: readonly RegistryEntry[];
  /** Row of a key, by `bytesText`. */
  readonly rowOf: ReadonlyMap<string, number>;
  /** Denied pairs as `edgeCode` of their rows; pairs with an unknown key are left out. */
  readonly deniedEdges: ReadonlySet<number>;
}

/** Throws POC_BAD_LENGTH for a key or wallet of another length, POC_BAD_ENCODING for a repeated key or a figure out of its column. */
export function buildRegistry(gateways: Iterable<HeliumGateway>, denylist: HeliumDenylist | null): Registry {
  const entries = Array.from(gateways, entryOf).sort(
    (a, b) =>
      a.cellHi - b.cellHi || a.cellLo - b.cellLo || compareText(bytesText(a.gateway.key), bytesText(b.gateway.key)),
  );
  const rowOf = new Map<string, number>();
  entries.forEach((entry, row) => {
    const key = bytesText(entry.gateway.key);
    if (rowOf.has(key)) throw pocError("POC_BAD_ENCODING", `gateways: the key of row ${row} is there twice`);
    rowOf.set(key, row);
  });
  const columns = allocateColumns(hotspotsTable, entries.length);
  const denied = denylist === null ? null : new Set(Array.from(denylist.keys, bytesText));
  entries.forEach((entry, row) => {
    writeRow(columns, row, entry, denied === null || denied.has(bytesText(entry.gateway.key)));
  });
  return { columns, entries, rowOf, deniedEdges: deniedEdgesOf(denylist, rowOf) };
}

/** The last times of the gateways the state names, by key. Throws POC_BAD_ENCODING for a repeated key or a time that is none. */
export function stateColumns(state: Iterable<HeliumGatewayState>): Columns<typeof stateInTable> {
  const rows = Array.from(state, (row) => ({ ...row, text: bytesText(row.key) })).sort((a, b) =>
    compareText(a.text, b.text),
  );
  const columns = allocateColumns(stateInTable, rows.length);
  rows.forEach((row, index) => {
    if (row.key.length !== heliumKeyBytes) throw badKey(row.key);
    if (index > 0 && row.text === rows[index - 1].text) {
      throw pocError("POC_BAD_ENCODING", `state: the key of row ${index} is there twice`);
    }
    columns.key.set(row.key, index * heliumKeyBytes);
    columns.last_beacon_ms[index] = timeOf(row.lastBeaconMs);
    columns.last_reciprocal_beacon_ms[index] = timeOf(row.lastReciprocalBeaconMs);
    columns.last_witness_ms[index] = timeOf(row.lastWitnessMs);
  });
  return columns;
}

function timeOf(timeMs: number | null): bigint {
  if (timeMs === null) return 0n;
  if (!Number.isSafeInteger(timeMs) || timeMs < 0)
    throw pocError("POC_BAD_ENCODING", `state: ${timeMs} is no time in ms`);
  return BigInt(timeMs);
}

function entryOf(gateway: HeliumGateway): RegistryEntry {
  if (gateway.key.length !== heliumKeyBytes) throw badKey(gateway.key);
  const { asserted } = gateway;
  if (asserted === null || asserted.location < 0n || asserted.location > 0xffff_ffff_ffff_ffffn)
    return notAsserted(gateway);
  const cellHi = Number(asserted.location >> 32n);
  const cellLo = Number(asserted.location & 0xffff_ffffn);
  const isAsserted = isCell(cellHi, cellLo) && ((cellHi >>> 20) & 15) === ASSERTED_RESOLUTION;
  return isAsserted ? { gateway, cellHi, cellLo, isAsserted } : notAsserted(gateway);
}

function notAsserted(gateway: HeliumGateway): RegistryEntry {
  return { gateway, cellHi: 0, cellLo: 0, isAsserted: false };
}

function writeRow(columns: Columns<typeof hotspotsTable>, row: number, entry: RegistryEntry, isDenied: boolean): void {
  const { gateway, cellHi, cellLo } = entry;
  const owner = gateway.owner ?? gateway.key.subarray(1);
  if (owner.length !== 32) throw pocError("POC_BAD_LENGTH", `owner: 32 bytes expected, ${owner.length} given`);
  columns.key.set(gateway.key, row * heliumKeyBytes);
  columns.gateway_id.set(sha256(gateway.key).subarray(0, 8), row * 8);
  columns.owner.set(owner, row * 32);
  columns.beneficiary.set(owner, row * 32);
  columns.capability[row] = gateway.isFull ? 1 : 0;
  columns.suspended[row] = isDenied ? 1 : 0;
  if (!entry.isAsserted || gateway.asserted === null) return;
  const { gainDdbi, elevationM, region } = gateway.asserted;
  columns.cell[row] = cellToBigInt(cellHi, cellLo);
  columns.cell_public[row] = cellToBigInt(
    parentHi(cellHi, cellLo, PUBLIC_RESOLUTION),
    parentLo(cellHi, cellLo, PUBLIC_RESOLUTION),
  );
  columns.gain_ddbi[row] = integerWithin(gainDdbi, -32768, 32767, "gain, 0.1 dBi");
  columns.elevation_m[row] = Math.max(-32768, Math.min(32767, Math.trunc(elevationM)));
  columns.region[row] = integerWithin(region, 0, 255, "region");
}

function integerWithin(value: number, least: number, greatest: number, name: string): number {
  if (Number.isInteger(value) && value >= least && value <= greatest) return value;
  throw pocError("POC_BAD_ENCODING", `${name}: integer from ${least} to ${greatest} expected, ${value} given`);
}

function deniedEdgesOf(denylist: HeliumDenylist | null, rowOf: ReadonlyMap<string, number>): ReadonlySet<number> {
  const codes = new Set<number>();
  for (const [a, b] of denylist?.edges ?? []) {
    const rowA = rowOf.get(bytesText(a));
    const rowB = rowOf.get(bytesText(b));
    if (rowA !== undefined && rowB !== undefined) codes.add(edgeCode(rowA, rowB));
  }
  return codes;
}

function badKey(key: Uint8Array) {
  return pocError("POC_BAD_LENGTH", `key: ${heliumKeyBytes} bytes expected, ${key.length} given`);
}
