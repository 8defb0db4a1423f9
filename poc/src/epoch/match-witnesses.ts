/**
 * Joins witness rows with the beacon whose payload they heard, and packs them grouped by beacon.
 *
 * `lookup` is one open-addressing table over 64-bit payload keys, its entries 16 bytes so that a probe is one cache line. Keys of
 * payloads are folds of SHA-256 digests, so they need no further mixing: a hotspot cannot choose many, since only the first
 * report of a challenge is entered. `group` is a counting sort that writes a row as four int32 at once.
 */
import { pocError } from "../errors.ts";
import { BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import type { EpochInput } from "./epoch-input.ts";
import { type BeaconVerdicts, writeStaleLine } from "./judge-beacons.ts";

const SLOT_STRIDE = 2;
/** Slots of this many keys are read ahead without a branch, so that the memory answers for all of them at once. */
const TOUCH_ROWS = 64;

export interface PayloadTable {
  /** Lower word of the key, group + 1. */
  readonly slots: Int32Array;
  readonly mask: number;
  /** Key and log index by group. */
  readonly upper: Int32Array;
  readonly lower: Int32Array;
  readonly logIndex: Uint32Array;
  /** False when two groups have one key. */
  readonly isUnique: boolean;
}

/**
 * Enters the payload of each group's beacon; of two with one key the first in log order is kept. `groupOrder`: beacon row of each
 * group, ascending.
 */
export function buildPayloadTable(verdicts: BeaconVerdicts, groupOrder: Uint32Array): PayloadTable {
  const { payload_key_hi: keyHi, payload_key_lo: keyLo, log_index: index } = verdicts.beacons;
  const groups = groupOrder.length;
  let size = 16;
  while (size < groups * 2) size *= 2;
  const slots = new Int32Array(size * SLOT_STRIDE);
  const mask = size - 1;
  const upper = new Int32Array(groups);
  const lower = new Int32Array(groups);
  const logIndex = new Uint32Array(groups);
  for (let group = 0; group < groups; group++) {
    const beacon = groupOrder[group];
    upper[group] = keyHi[beacon];
    lower[group] = keyLo[beacon];
    logIndex[group] = index[beacon];
  }
  let isUnique = true;
  let touched = 0;
  for (let group = 0; group < groups; group++) {
    if (group % TOUCH_ROWS === 0) {
      const to = Math.min(group + TOUCH_ROWS, groups);
      for (let ahead = group; ahead < to; ahead++) touched |= slots[(lower[ahead] & mask) * SLOT_STRIDE + 1];
    }
    const hi = upper[group];
    const lo = lower[group];
    let slot = (lo & mask) * SLOT_STRIDE;
    let entry = slots[slot + 1];
    while (entry !== 0 && !(slots[slot] === lo && upper[entry - 1] === hi)) {
      slot = (slot + SLOT_STRIDE) & (mask * SLOT_STRIDE);
      entry = slots[slot + 1];
    }
    if (entry !== 0) {
      isUnique = false;
      continue;
    }
    slots[slot] = lo;
    slots[slot + 1] = group + 1;
  }
  if (touched < 0) throw pocError("POC_INVARIANT", "a payload table holds a negative group");
  return { slots, mask, upper, lower, logIndex, isUnique };
}

/** Group of every witness row, and where the rows of each group will start; the last group takes rows that match no beacon. */
export interface WitnessMatches {
  readonly groupOf: Uint32Array;
  /** One more entry than there are groups. */
  readonly starts: Uint32Array;
}

/** Rows between two looks at which beacons have come, and slots for the latest beacons: 128 KiB, inside any L2 cache. */
const RECENT_ROWS = 1024;
const RECENT_SLOTS = 1 << 14;

/**
 * Finds every row's group among `groups`, of which the last one is for rows without a beacon. Rows come in log order, so nearly all
 * are of a beacon of the last seconds: those stand in a small table of the latest beacons, and only the rest ask the whole one.
 */
export function lookupGroups(table: PayloadTable, witnesses: EpochInput["witnesses"], groups: number): WitnessMatches {
  const { upper, lower, logIndex, isUnique } = table;
  const { payload_key_hi: keyHi, payload_key_lo: keyLo, log_index: index } = witnesses;
  const rows = keyLo.length;
  const groupOf = new Uint32Array(rows);
  const starts = new Uint32Array(groups + 1);
  const recent = new Int32Array(RECENT_SLOTS * SLOT_STRIDE);
  // Of two beacons with one key the first counts, and it may have left the small table.
  const entered = isUnique ? groups - 1 : 0;
  let group = 0;
  for (let from = 0; from < rows; from += RECENT_ROWS) {
    const to = Math.min(from + RECENT_ROWS, rows);
    for (; group < entered && logIndex[group] < index[to - 1]; group++) {
      const slot = (lower[group] & (RECENT_SLOTS - 1)) * SLOT_STRIDE;
      recent[slot] = lower[group];
      recent[slot + 1] = group + 1;
    }
    for (let row = from; row < to; row++) {
      const lo = keyLo[row] | 0;
      const hi = keyHi[row] | 0;
      const slot = (lo & (RECENT_SLOTS - 1)) * SLOT_STRIDE;
      const entry = recent[slot + 1];
      const isRecent = recent[slot] === lo && entry !== 0 && upper[entry - 1] === hi;
      const own = isRecent ? entry - 1 : findGroup(table, hi, lo, groups - 1);
      groupOf[row] = own;
      starts[own + 1]++;
    }
  }
  for (let own = 0; own < groups; own++) starts[own + 1] += starts[own];
  return { groupOf, starts };
}

/** Group of a key, or `unmatched`. */
function findGroup(table: PayloadTable, hi: number, lo: number, unmatched: number): number {
  const { slots, mask, upper } = table;
  let slot = (lo & mask) * SLOT_STRIDE;
  for (;;) {
    const entry = slots[slot + 1];
    if (entry === 0) return unmatched;
    if (slots[slot] === lo && upper[entry - 1] === hi) return entry - 1;
    slot = (slot + SLOT_STRIDE) & (mask * SLOT_STRIDE);
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
