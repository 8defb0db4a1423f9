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
import type { BeaconVerdicts } from "./judge-beacons.ts";

const SLOT_STRIDE = 4;

export interface PayloadTable {
  /** hi, lo, beacon row + 1, unused. */
  readonly slots: Int32Array;
  readonly mask: number;
}

/** Enters the payload of every matching beacon; of two with one key the first in log order is kept. */
export function buildPayloadTable(verdicts: BeaconVerdicts): PayloadTable {
  const { beacons, matches, count } = verdicts;
  let entries = 0;
  for (let row = 0; row < count; row++) entries += matches[row];
  let size = 16;
  while (size < entries * 2) size *= 2;
  const slots = new Int32Array(size * SLOT_STRIDE);
  const mask = size - 1;
  for (let row = 0; row < count; row++) {
    if (matches[row] === 0) continue;
    const hi = beacons.payload_key_hi[row] | 0;
    const lo = beacons.payload_key_lo[row] | 0;
    let slot = (lo & mask) * SLOT_STRIDE;
    while (slots[slot + 2] !== 0 && !(slots[slot + 1] === lo && slots[slot] === hi))
      slot = (slot + SLOT_STRIDE) & (mask * SLOT_STRIDE);
    if (slots[slot + 2] !== 0) continue;
    slots[slot] = hi;
    slots[slot + 1] = lo;
    slots[slot + 2] = row + 1;
  }
  return { slots, mask };
}

/** Beacon row of every witness row; `verdicts.count` where no beacon has the payload. */
export function lookupBeacons(table: PayloadTable, witnesses: EpochInput["witnesses"], unmatched: number): Uint32Array {
  const { slots, mask } = table;
  const { payload_key_hi: keyHi, payload_key_lo: keyLo } = witnesses;
  const rows = keyLo.length;
  const beaconOf = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const lo = keyLo[row] | 0;
    const hi = keyHi[row] | 0;
    let slot = (lo & mask) * SLOT_STRIDE;
    let beacon = unmatched;
    for (;;) {
      const entry = slots[slot + 2];
      if (entry === 0) break;
      if (slots[slot + 1] === lo && slots[slot] === hi) {
        beacon = entry - 1;
        break;
      }
      slot = (slot + SLOT_STRIDE) & (mask * SLOT_STRIDE);
    }
    beaconOf[row] = beacon;
  }
  return beaconOf;
}

/** Witness rows grouped by beacon, in log order inside a group; the last group holds rows that match no beacon. */
export interface WitnessGroups {
  /** Beacon row of each group: by resolution-8 cell of the beaconer, then log order; the last entry is `verdicts.count`. */
  readonly beaconOfGroup: Uint32Array;
  readonly starts: Uint32Array;
  /** Packed rows (witness-kernel.ts). */
  readonly rows: Int32Array;
  /** Row of the witnesses table behind each packed row. */
  readonly source: Uint32Array;
  /** Beacon lines in group order. */
  readonly beaconLines: Int32Array;
}

/**
 * Groups rows that are in log order. `groupOrder`: beacon rows in the order the groups shall have; beacons it leaves out must have
 * no rows. `unregistered`: the id that stands for senders the registry does not hold.
 */
export function groupWitnesses(
  witnesses: EpochInput["witnesses"],
  beaconOf: Uint32Array,
  verdicts: BeaconVerdicts,
  groupOrder: Uint32Array,
  unregistered: number,
): WitnessGroups {
  const groups = groupOrder.length + 1;
  const rows = beaconOf.length;
  const groupOf = new Uint32Array(verdicts.count + 1).fill(groups);
  const beaconOfGroup = new Uint32Array(groups);
  const beaconLines = new Int32Array(groups * BEACON_STRIDE);
  for (let group = 0; group < groups - 1; group++) {
    const beacon = groupOrder[group];
    groupOf[beacon] = group;
    beaconOfGroup[group] = beacon;
    for (let i = 0; i < BEACON_STRIDE; i++)
      beaconLines[group * BEACON_STRIDE + i] = verdicts.lines[beacon * BEACON_STRIDE + i];
  }
  groupOf[verdicts.count] = groups - 1;
  beaconOfGroup[groups - 1] = verdicts.count;

  const starts = new Uint32Array(groups + 1);
  for (let row = 0; row < rows; row++) starts[groupOf[beaconOf[row]] + 1]++;
  for (let group = 0; group < groups; group++) starts[group + 1] += starts[group];
  if (starts[groups] !== rows)
    throw pocError("POC_INVARIANT", `grouping: ${rows} rows came in, ${starts[groups]} have a group`);

  const next = starts.slice(0, groups);
  const packed = new Int32Array(rows * ROW_STRIDE);
  const source = new Uint32Array(rows);
  const {
    hotspot,
    receive_offset_ms: receive,
    frequency_hz: frequency,
    rssi_ddbm: rssi,
    snr_ddb: snr,
    data_rate: dataRate,
  } = witnesses;
  for (let row = 0; row < rows; row++) {
    const place = next[groupOf[beaconOf[row]]]++;
    const sender = hotspot[row];
    const at = place * ROW_STRIDE;
    packed[at] = Math.min(sender, unregistered) | (dataRate[row] << 24);
    packed[at + 1] = frequency[row];
    packed[at + 2] = (rssi[row] << 16) | (snr[row] & 0xffff);
    packed[at + 3] = receive[row];
    source[place] = row;
  }
  return { beaconOfGroup, starts, rows: packed, source, beaconLines };
}
