/**
 * Joins witness rows with the beacon whose payload they heard, and packs them grouped by beacon.
 *
 * Both sides come in log order, so nearly every row is of a beacon of the last seconds: `lookup` keeps the latest beacons in a small
 * table and asks payload-keys.ts for the few rows it does not find there. `group` is a counting sort that writes a row as four int32
 * at once.
 */
import { BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import type { EpochInput } from "./epoch-input.ts";
import { type BeaconVerdicts, writeStaleLine } from "./judge-beacons.ts";
import { findFirstGroups, findRepeatedGroups, type PayloadKeys } from "./payload-keys.ts";

/** Group of every witness row, and where the rows of each group will start; the last group takes rows that match no beacon. */
export interface WitnessMatches {
  readonly groupOf: Uint32Array;
  /** One more entry than there are groups. */
  readonly starts: Uint32Array;
}

/** Rows between two looks at which beacons have come. */
const RECENT_ROWS = 1024;
/** Slots for the latest beacons, and their int32 fields: lower and upper word of the key, group or NONE. 256 KiB, few of them in use. */
const RECENT_SLOTS = 1 << 14;
const RECENT = { lower: 0, upper: 1, group: 2 } as const;
const RECENT_STRIDE = 4;
const NONE = -1;
/** Rows that wait for their group at most; they are looked up together. */
const WAITING_ROWS = 1 << 18;

/**
 * Finds every row's group among those of `keys`, which are in log order; rows that match none fall to one more group behind them. Of two
 * groups with one key the first has all rows.
 */
export function lookupGroups(keys: PayloadKeys, witnesses: EpochInput["witnesses"]): WitnessMatches {
  const { beaconOf, lower, upper, logIndex } = keys;
  const { payload_key_hi: keyHi, payload_key_lo: keyLo, log_index: index } = witnesses;
  const groups = beaconOf.length;
  const rows = keyLo.length;
  const groupOf = new Uint32Array(rows);
  const starts = new Uint32Array(groups + 2);
  const recent = new Int32Array(RECENT_SLOTS * RECENT_STRIDE).fill(NONE);
  let waiting = new Uint32Array(RECENT_ROWS);
  let waits = 0;
  let group = 0;
  for (let from = 0; from < rows; from += RECENT_ROWS) {
    const to = Math.min(from + RECENT_ROWS, rows);
    for (; group < groups && logIndex[beaconOf[group]] < index[to - 1]; group++) {
      const own = beaconOf[group];
      const slot = (lower[own] & (RECENT_SLOTS - 1)) * RECENT_STRIDE;
      recent[slot + RECENT.lower] = lower[own];
      recent[slot + RECENT.upper] = upper[own];
      recent[slot + RECENT.group] = group;
    }
    if (waits + RECENT_ROWS > waiting.length) {
      if (waiting.length < WAITING_ROWS) {
        const more = new Uint32Array(waiting.length * 4);
        more.set(waiting);
        waiting = more;
      } else {
        settleWaiting(keys, witnesses, waiting, waits, groupOf, starts);
        waits = 0;
      }
    }
    for (let row = from; row < to; row++) {
      const lo = keyLo[row] | 0;
      const slot = (lo & (RECENT_SLOTS - 1)) * RECENT_STRIDE;
      const own = recent[slot + RECENT.group];
      if (recent[slot + RECENT.lower] === lo && recent[slot + RECENT.upper] === (keyHi[row] | 0) && own !== NONE) {
        groupOf[row] = own;
        starts[own + 1]++;
      } else {
        waiting[waits++] = row;
      }
    }
  }
  settleWaiting(keys, witnesses, waiting, waits, groupOf, starts);
  moveRepeated(keys, groupOf, starts);
  for (let own = 0; own <= groups; own++) starts[own + 1] += starts[own];
  return { groupOf, starts };
}

/** Groups of the first `waits` waiting rows. */
function settleWaiting(
  keys: PayloadKeys,
  { payload_key_hi: keyHi, payload_key_lo: keyLo }: EpochInput["witnesses"],
  waiting: Uint32Array,
  waits: number,
  groupOf: Uint32Array,
  starts: Uint32Array,
): void {
  const first = findFirstGroups(keys, keyHi, keyLo, waiting.subarray(0, waits));
  for (let at = 0; at < waits; at++) {
    groupOf[waiting[at]] = first[at];
    starts[first[at] + 1]++;
  }
}

/** Gives rows of groups whose key an earlier group has to that one. Nobody gets there by chance: keys are 64 bits of SHA-256. */
function moveRepeated(keys: PayloadKeys, groupOf: Uint32Array, starts: Uint32Array): void {
  const firstOf = findRepeatedGroups(keys);
  if (firstOf.size === 0) return;
  for (let row = 0; row < groupOf.length; row++) {
    const first = firstOf.get(groupOf[row]);
    if (first === undefined) continue;
    starts[groupOf[row] + 1]--;
    starts[first + 1]++;
    groupOf[row] = first;
  }
}

/**
 * Packed rows (witness-job.ts) of rows that are in log order, grouped, in log order inside a group. `unregistered`: the id that
 * stands for senders the registry does not hold.
 */
export function groupWitnesses(
  witnesses: EpochInput["witnesses"],
  matches: WitnessMatches,
  unregistered: number,
): Int32Array {
  const { groupOf, starts } = matches;
  const next = starts.slice(0, starts.length - 1);
  const rows = new Int32Array(groupOf.length * ROW_STRIDE);
  const { hotspot, receive_offset_ms: receive, frequency_hz: frequency } = witnesses;
  const { rssi_ddbm: rssi, snr_ddb: snr, data_rate: dataRate } = witnesses;
  for (let row = 0; row < groupOf.length; row++) {
    const sender = hotspot[row];
    const at = next[groupOf[row]]++ * ROW_STRIDE;
    rows[at] = (sender < unregistered ? sender : unregistered) | (dataRate[row] << 24);
    rows[at + 1] = frequency[row];
    rows[at + 2] = (rssi[row] << 16) | (snr[row] & 0xffff);
    rows[at + 3] = receive[row];
  }
  return rows;
}

/**
 * Beacon lines in group order, and one for the group without a beacon, whose rows are stale. `groupOrder` is ascending, so when it
 * leaves out no beacon the lines are those of the verdicts themselves, whose last line is the stale one.
 */
export function groupBeaconLines(verdicts: BeaconVerdicts, groupOrder: Uint32Array): Int32Array {
  if (groupOrder.length === verdicts.count) return verdicts.lines;
  const lines = new Int32Array((groupOrder.length + 1) * BEACON_STRIDE);
  for (let group = 0; group < groupOrder.length; group++) {
    const from = groupOrder[group] * BEACON_STRIDE;
    for (let i = 0; i < BEACON_STRIDE; i++) lines[group * BEACON_STRIDE + i] = verdicts.lines[from + i];
  }
  writeStaleLine(lines, groupOrder.length);
  return lines;
}
