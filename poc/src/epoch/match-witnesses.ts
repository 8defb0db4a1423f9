/**
 * Joins witness rows with the beacon whose payload they heard, and packs them grouped by beacon.
 *
 * `lookup` is one open-addressing table over 64-bit payload keys, its entries 16 bytes so that a probe is one cache line. Keys of
 * payloads are folds of SHA-256 digests, so they need no further mixing: a hotspot cannot choose many, since only the first
 * report of a challenge is entered. `group` is a counting sort that writes a row as four int32 at once.
 */
import { pocError } from "../errors.ts";
import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import type { EpochInput } from "./epoch-input.ts";
import type { BeaconVerdicts } from "./judge-beacons.ts";

const SLOT_STRIDE = 4;
/** Slots of this many rows are read ahead without a branch, so that the memory answers for all of them at once. */
const TOUCH_ROWS = 64;

export interface PayloadTable {
  /** hi, lo, group + 1, unused. */
  readonly slots: Int32Array;
  readonly mask: number;
}

/**
 * Enters the payload of each group's beacon; of two with one key the first in log order is kept. `groupOrder`: beacon row of each
 * group.
 */
export function buildPayloadTable(verdicts: BeaconVerdicts, groupOrder: Uint32Array): PayloadTable {
  const { payload_key_hi: keyHi, payload_key_lo: keyLo } = verdicts.beacons;
  let size = 16;
  while (size < groupOrder.length * 2) size *= 2;
  const slots = new Int32Array(size * SLOT_STRIDE);
  const mask = size - 1;
  for (let group = 0; group < groupOrder.length; group++) {
    const beacon = groupOrder[group];
    const hi = keyHi[beacon] | 0;
    const lo = keyLo[beacon] | 0;
    let slot = (lo & mask) * SLOT_STRIDE;
    while (slots[slot + 2] !== 0 && !(slots[slot + 1] === lo && slots[slot] === hi)) {
      slot = (slot + SLOT_STRIDE) & (mask * SLOT_STRIDE);
    }
    // Groups stand by cell, so an entry found again may be of a later report.
    const other = slots[slot + 2];
    if (other !== 0 && groupOrder[other - 1] < beacon) continue;
    slots[slot] = hi;
    slots[slot + 1] = lo;
    slots[slot + 2] = group + 1;
  }
  return { slots, mask };
}

/** Group of every witness row, and where the rows of each group will start; the last group takes rows that match no beacon. */
export interface WitnessMatches {
  readonly groupOf: Uint32Array;
  /** One more entry than there are groups. */
  readonly starts: Uint32Array;
}

/** Finds every row's group among `groups`, of which the last one is for rows without a beacon. */
export function lookupGroups(table: PayloadTable, witnesses: EpochInput["witnesses"], groups: number): WitnessMatches {
  const { slots, mask } = table;
  const { payload_key_hi: keyHi, payload_key_lo: keyLo } = witnesses;
  const rows = keyLo.length;
  const groupOf = new Uint32Array(rows);
  const starts = new Uint32Array(groups + 1);
  let touched = 0;
  for (let row = 0; row < rows; row++) {
    if (row % TOUCH_ROWS === 0) {
      const to = Math.min(row + TOUCH_ROWS, rows);
      for (let ahead = row; ahead < to; ahead++) touched |= slots[(keyLo[ahead] & mask) * SLOT_STRIDE + 2];
    }
    const lo = keyLo[row] | 0;
    const hi = keyHi[row] | 0;
    let slot = (lo & mask) * SLOT_STRIDE;
    let group = groups - 1;
    for (;;) {
      const entry = slots[slot + 2];
      if (entry === 0) break;
      if (slots[slot + 1] === lo && slots[slot] === hi) {
        group = entry - 1;
        break;
      }
      slot = (slot + SLOT_STRIDE) & (mask * SLOT_STRIDE);
    }
    groupOf[row] = group;
    starts[group + 1]++;
  }
  for (let group = 0; group < groups; group++) starts[group + 1] += starts[group];
  if (touched < 0) throw pocError("POC_INVARIANT", "a payload table holds a negative group");
  return { groupOf, starts };
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

/** Beacon lines in group order, and one for the group without a beacon, whose rows are stale. */
export function groupBeaconLines(verdicts: BeaconVerdicts, groupOrder: Uint32Array): Int32Array {
  const lines = new Int32Array((groupOrder.length + 1) * BEACON_STRIDE);
  for (let group = 0; group < groupOrder.length; group++) {
    const from = groupOrder[group] * BEACON_STRIDE;
    for (let i = 0; i < BEACON_STRIDE; i++) lines[group * BEACON_STRIDE + i] = verdicts.lines[from + i];
  }
  const stale = groupOrder.length * BEACON_STRIDE;
  lines[stale + BEACON_LINE.reason] = REASON.stale;
  lines[stale + BEACON_LINE.limit] = 1;
  return lines;
}
