/**
 * What the tables of an epoch folder must say to be judged: orders, ranges, references between tables, places in the log.
 *
 * Run once where a folder is read, so that the engine meets only rows it can judge. Whatever a hotspot may report wrongly (an
 * absurd RSSI, a frequency of 0) passes: that is for a verdict. The first row that breaks a rule is refused as ORC_BAD_ROW.
 */
import { ASSERTED_RESOLUTION, isCell, PUBLIC_RESOLUTION, parentHi, parentLo } from "@earshot/geo";
import { type AnyColumn, DETECTORS, type EpochInput, NO_ROW, reasonByNumber, type TableDefinition } from "@earshot/poc";
import { deviceKeyKind, sha256 } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import { checkSplits } from "./check-splits.ts";

const KEY_BYTES = 33;
const WALLET_BYTES = 32;
const HASH_BYTES = 32;

/** Refuses a row: `table.column`, the row's number and what is wrong. `folder` is what messages begin with. */
export type Refuse = (table: string, column: string, row: number, what: string) => never;

/** A `Refuse` that names the files of a folder. */
export function refuseRowsOf(folder: string): Refuse {
  return (table, column, row, what) => {
    throw oracleError("ORC_BAD_ROW", `${folder}/${table}.arrow: ${column}: row ${row}: ${what}`);
  };
}

/** Checks the input of an epoch; every message names file, column and first row. Throws ORC_BAD_ROW. */
export function checkInputTables(input: EpochInput, refuse: Refuse): void {
  const { hotspots, entropy, challenges, beacons, witnesses, packets } = input;
  checkHotspots(hotspots, refuse);
  checkSplits(input, refuse);
  const { entropyMs, epochMs, graceMs } = input.parameters.time;
  checkAscending(
    "entropy",
    "minute",
    entropy.minute.length,
    refuse,
    (row) => entropy.minute[row] - entropy.minute[row - 1],
  );
  for (let row = 0; row < entropy.minute.length; row++) {
    if (Number(entropy.block_time_s[row]) * 1000 < entropy.minute[row] * entropyMs) {
      refuse("entropy", "block_time_s", row, `the block is older than minute ${entropy.minute[row]}`);
    }
  }
  const rows = { hotspots: hotspots.region.length, challenges: challenges.minute.length };
  checkBelow("challenges", "hotspot", challenges.hotspot, rows.hotspots, refuse, false);
  checkAscending("challenges", "hotspot", rows.challenges, refuse, (row) =>
    challenges.minute[row] !== challenges.minute[row - 1]
      ? challenges.minute[row] - challenges.minute[row - 1]
      : challenges.hotspot[row] - challenges.hotspot[row - 1],
  );
  checkBytesAscending("state-in", "key", input.stateIn.key, KEY_BYTES, refuse);
  checkStateTimes(input.stateIn, refuse);
  checkBytesAscending("ledger-in", "beneficiary", input.ledgerIn.beneficiary, WALLET_BYTES, refuse);
  checkServed(input.servedIn, refuse);
  checkAnomalyTables(input, refuse);
  checkBelow("beacons", "challenge", beacons.challenge, rows.challenges, refuse, true);
  checkAtMost("beacons", "proof_status", beacons.proof_status, 2, refuse);
  for (const [table, columns] of Object.entries({ beacons, witnesses, packets })) {
    checkBelow(table, "hotspot", columns.hotspot, rows.hotspots, refuse, true);
    checkAtMost(table, "receive_offset_ms", columns.receive_offset_ms, epochMs + graceMs, refuse);
  }
  checkLogIndices(input, refuse);
}

/** State of the detectors, conduct and upheld appeals, where there are any. */
function checkAnomalyTables({ appeals, conduct, suspicionIn }: EpochInput, refuse: Refuse): void {
  if (suspicionIn !== undefined) {
    checkBytesAscending("suspicion-in", "key", suspicionIn.key, KEY_BYTES, refuse);
    for (const [name, column] of Object.entries(suspicionIn))
      if (name.endsWith("_e4")) checkAtMost("suspicion-in", name, column as Uint16Array, 10_000, refuse);
  }
  if (conduct !== undefined) checkBytesAscending("conduct", "key", conduct.key, KEY_BYTES, refuse);
  if (appeals === undefined) return;
  checkAtMost("appeals", "detector", appeals.detector, DETECTORS.length - 1, refuse);
  for (let row = 0; row < appeals.detector.length; row++) {
    if (appeals.until_epoch[row] <= appeals.from_epoch[row]) refuse("appeals", "until_epoch", row, "lifts no epoch");
    if (row === 0) continue;
    const order = Buffer.compare(keyOf(appeals.key, row - 1), keyOf(appeals.key, row));
    if (order > 0 || (order === 0 && appeals.detector[row - 1] >= appeals.detector[row]))
      refuse("appeals", "key", row, "not in order of key and detector");
  }
}

function keyOf(keys: Uint8Array, row: number): Uint8Array {
  return keys.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES);
}

/** Checks the references of an output table: hotspots, challenges and reasons that exist. Throws ORC_BAD_ROW. */
export function checkOutputTable(
  table: TableDefinition,
  columns: Readonly<Record<string, AnyColumn>>,
  rows: { readonly hotspots: number; readonly challenges: number },
  refuse: Refuse,
): void {
  const { hotspot, challenge, reason } = columns as Partial<Record<string, Uint32Array>>;
  if (hotspot !== undefined) checkBelow(table.name, "hotspot", hotspot, rows.hotspots, refuse, true);
  if (challenge !== undefined) checkBelow(table.name, "challenge", challenge, rows.challenges, refuse, true);
  if (hotspot !== undefined && (table.name === "shares" || table.name === "rewards")) {
    checkRowPerHotspot(table.name, hotspot, rows.hotspots, refuse);
  }
  if (reason === undefined) return;
  const known = Array.from({ length: 256 }, (_, number) => reasonByNumber(number) !== undefined);
  for (let row = 0; row < reason.length; row++) {
    if (!known[reason[row]]) refuse(table.name, "reason", row, `no reason has the number ${reason[row]}`);
  }
}

/** Shares have a row per hotspot, rewards one more for the treasury: readers find a hotspot by its row. */
function checkRowPerHotspot(table: string, hotspot: ArrayLike<number>, hotspots: number, refuse: Refuse): void {
  const expected = table === "rewards" ? hotspots + 1 : hotspots;
  if (hotspot.length !== expected) {
    refuse(table, "hotspot", Math.min(hotspot.length, expected), `${hotspot.length} rows, ${expected} expected`);
  }
  for (let row = 0; row < expected; row++) {
    const wanted = row < hotspots ? row : NO_ROW;
    if (hotspot[row] !== wanted) refuse(table, "hotspot", row, `expected ${wanted}, got ${hotspot[row]}`);
  }
}

function checkHotspots(hotspots: EpochInput["hotspots"], refuse: Refuse): void {
  const { key, gateway_id: gatewayId, cell, cell_public: cellPublic } = hotspots;
  checkAtMost("hotspots", "capability", hotspots.capability, 1, refuse);
  checkAtMost("hotspots", "suspended", hotspots.suspended, 1, refuse);
  for (let row = 0; row < cell.length; row++) {
    const own = key.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES);
    if (deviceKeyKind(own[0]) === undefined) refuse("hotspots", "key", row, `unknown tag ${own[0]}`);
    const digest = sha256(own);
    for (let i = 0; i < 8; i++) {
      if (gatewayId[row * 8 + i] !== digest[i]) refuse("hotspots", "gateway_id", row, "not the hash of the key");
    }
    if (cell[row] === 0n) checkPrivate(hotspots, row, refuse);
    else checkOpen(cell[row], cellPublic[row], row, refuse);
  }
  checkAscending("hotspots", "cell", cell.length, refuse, (row) =>
    cell[row] !== cell[row - 1]
      ? Number(cell[row] > cell[row - 1]) - Number(cell[row] < cell[row - 1])
      : compareBytes(key, row, row - 1, KEY_BYTES),
  );
  checkKeysOnce(key, refuse);
}

/** The registry holds a key once: one concentrator, one hotspot. Rows are by cell, so equal keys need not be neighbours. */
function checkKeysOnce(key: Uint8Array, refuse: Refuse): void {
  const seen = new Set<string>();
  for (let row = 0; row * KEY_BYTES < key.length; row++) {
    const text = Buffer.from(key.buffer, key.byteOffset + row * KEY_BYTES, KEY_BYTES).toString("latin1");
    if (seen.has(text)) refuse("hotspots", "key", row, "is the key of a row before");
    seen.add(text);
  }
}

/** Times are read as doubles. */
function checkStateTimes(state: EpochInput["stateIn"], refuse: Refuse): void {
  const columns = ["last_beacon_ms", "last_reciprocal_beacon_ms", "last_witness_ms"] as const;
  for (const column of columns) {
    const row = state[column].findIndex((ms) => ms > BigInt(Number.MAX_SAFE_INTEGER));
    if (row !== -1) refuse("state-in", column, row, `${state[column][row]} is no time in ms`);
  }
}

function checkOpen(cell: bigint, cellPublic: bigint, row: number, refuse: Refuse): void {
  const hi = Number(cell >> 32n);
  const lo = Number(cell & 0xffff_ffffn);
  if (!isCellOf(cell, ASSERTED_RESOLUTION)) {
    refuse("hotspots", "cell", row, `${cell.toString(16)} is no cell of resolution ${ASSERTED_RESOLUTION}`);
  }
  const parent = (BigInt(parentHi(hi, lo, PUBLIC_RESOLUTION)) << 32n) | BigInt(parentLo(hi, lo, PUBLIC_RESOLUTION));
  if (cellPublic !== parent) refuse("hotspots", "cell_public", row, "not the parent of the asserted cell");
}

/** A private location is a public cell and a commitment, which go together; one that was never asserted has neither. */
function checkPrivate(hotspots: EpochInput["hotspots"], row: number, refuse: Refuse): void {
  const cellPublic = hotspots.cell_public[row];
  const commitment = hotspots.location_commitment.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
  const isCommitted = commitment.some((byte) => byte !== 0);
  if (cellPublic === 0n && !isCommitted) return;
  if (!isCellOf(cellPublic, PUBLIC_RESOLUTION)) {
    const what = `${cellPublic.toString(16)} is no cell of resolution ${PUBLIC_RESOLUTION}`;
    refuse("hotspots", "cell_public", row, what);
  }
  if (!isCommitted) refuse("hotspots", "location_commitment", row, "a private location commits to its finer digits");
}

function isCellOf(cell: bigint, resolution: number): boolean {
  const hi = Number(cell >> 32n);
  return isCell(hi, Number(cell & 0xffff_ffffn)) && ((hi >>> 20) & 15) === resolution;
}

function checkServed(served: EpochInput["servedIn"], refuse: Refuse): void {
  const { epoch, cell, payer } = served;
  checkAscending("served-in", "cell", epoch.length, refuse, (row) => {
    if (epoch[row] !== epoch[row - 1]) return epoch[row] - epoch[row - 1];
    if (cell[row] !== cell[row - 1]) return cell[row] > cell[row - 1] ? 1 : -1;
    return compareBytes(payer, row, row - 1, WALLET_BYTES);
  });
  for (let row = 0; row < cell.length; row++) {
    if (!isCellOf(cell[row], PUBLIC_RESOLUTION)) {
      refuse("served-in", "cell", row, `${cell[row].toString(16)} is no cell of resolution ${PUBLIC_RESOLUTION}`);
    }
  }
}

/** Places in the log: over beacons, witnesses and packets together, each of 0 … n − 1 exactly once. */
function checkLogIndices({ beacons, witnesses, packets }: EpochInput, refuse: Refuse): void {
  const total = beacons.log_index.length + witnesses.log_index.length + packets.log_index.length;
  const seen = new Uint8Array(total);
  for (const [table, { log_index: logIndex }] of Object.entries({ beacons, witnesses, packets })) {
    for (let row = 0; row < logIndex.length; row++) {
      const index = logIndex[row];
      if (index >= total) refuse(table, "log_index", row, `${index} in a log of ${total} reports`);
      if (seen[index] !== 0) refuse(table, "log_index", row, `${index} is taken by another report`);
      seen[index] = 1;
    }
  }
}

function checkBelow(
  table: string,
  column: string,
  values: ArrayLike<number>,
  rows: number,
  refuse: Refuse,
  mayLack: boolean,
): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value >= rows && !(mayLack && value === NO_ROW)) refuse(table, column, row, `${value} of ${rows} rows`);
  }
}

/** Checks that no value is above `maximum`. Throws ORC_BAD_ROW. */
export function checkAtMost(
  table: string,
  column: string,
  values: ArrayLike<number>,
  maximum: number,
  refuse: Refuse,
): void {
  for (let row = 0; row < values.length; row++) {
    if (values[row] > maximum) refuse(table, column, row, `${values[row]} is more than ${maximum}`);
  }
}

/** Checks `step(row)`, how a row compares with the one before: it must be above 0. Throws ORC_BAD_ROW. */
export function checkAscending(
  table: string,
  column: string,
  rows: number,
  refuse: Refuse,
  step: (row: number) => number,
): void {
  for (let row = 1; row < rows; row++) {
    if (!(step(row) > 0)) refuse(table, column, row, "out of order, or the same as the row before");
  }
}

/** Checks that fixed-width byte rows ascend, each once. Throws ORC_BAD_ROW. */
export function checkBytesAscending(
  table: string,
  column: string,
  bytes: Uint8Array,
  width: number,
  refuse: Refuse,
): void {
  checkAscending(table, column, bytes.length / width, refuse, (row) => compareBytes(bytes, row, row - 1, width));
}

/** How two rows of fixed width compare, byte by byte. */
export function compareBytes(bytes: Uint8Array, rowA: number, rowB: number, width: number): number {
  for (let i = 0; i < width; i++) {
    const difference = bytes[rowA * width + i] - bytes[rowB * width + i];
    if (difference !== 0) return difference;
  }
  return 0;
}
