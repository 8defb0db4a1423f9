/**
 * What an epoch says of each resolution-8 cell, counted over the proofs sent from it.
 *
 * Groups stand in log order, so rows are tallied into their cells as they come; slots of valid rows are gathered by cell. Excess
 * loss is what a valid reception lost beyond free space, EIRP + gain − loss − RSSI. The kernel leaves it as a power ratio in single
 * precision, whose upper bits count in a histogram of 64 slots an octave (0.047 dB); the median slot gives the median, in 0.1 dB.
 */
import { pocError } from "../errors.ts";
import { lossDdb } from "../radio/path-loss.ts";
import { REASON } from "../verify/reason.ts";
import { ROW_STRIDE } from "../verify/witness-job.ts";
import type { EpochContext } from "./epoch-context.ts";
import { countSlots, emptyHistogram, SLOT_SHIFT, takeMedian } from "./slot-histogram.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

/** The number alone, not a property, in loops over rows. */
const VALID: number = REASON.valid;

/** One row per cell that holds hotspots, in cell order, and a last one for beaconers without a cell. */
export interface CellSums {
  readonly witnessReports: Uint32Array;
  readonly witnessesValid: Uint32Array;
  readonly witnessesSelected: Uint32Array;
  /** 1 where a valid witness has another owner than its beaconer, else 0. */
  readonly hasForeignValid: Uint8Array;
  /** Lower median of the excess loss, 0.1 dB; NO_MEDIAN without valid witnesses. */
  readonly medianExcessLossDdb: Int32Array;
  /** Witness reports by reason, at cell × REASON_SLOTS + reason. */
  readonly byReason: Uint32Array;
}

export const NO_MEDIAN = -0x80000000;
export const REASON_SLOTS = 40;

/** Ratios below this, 290 dB, are as good as nothing. */
const LEAST_RATIO = 1e-29;

const slotRatio = new Float32Array(1);
const slotBits = new Uint32Array(slotRatio.buffer);

/** Sums all partitions. `owner`: dense owner id by hotspot. */
export function sumCells(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  owner: Uint32Array,
): CellSums {
  const cells = context.cells8.hi.length + 1;
  const sums: CellSums = {
    witnessReports: new Uint32Array(cells),
    witnessesValid: new Uint32Array(cells),
    witnessesSelected: new Uint32Array(cells),
    hasForeignValid: new Uint8Array(cells),
    medianExcessLossDdb: new Int32Array(cells).fill(NO_MEDIAN),
    byReason: new Uint32Array(cells * REASON_SLOTS),
  };
  // Room for every report of a cell; valid ones fill the front of it.
  const tallies = new Uint32Array(cells * TALLY_STRIDE);
  for (const { beaconOfGroup, starts } of partitions) {
    for (let group = 0; group < beaconOfGroup.length - 1; group++) {
      sums.witnessReports[cellOf(context, beaconOfGroup[group])] += starts[group + 1] - starts[group];
    }
  }
  let reports = 0;
  for (let cell = 0; cell < cells; cell++) {
    tallies[cell * TALLY_STRIDE + TALLY.next] = reports;
    reports += sums.witnessReports[cell];
  }
  const slots = new Uint16Array(reports);
  for (const verdicts of partitions) tallyPartition(context, verdicts, owner, sums.byReason, tallies, slots);
  const histogram = emptyHistogram();
  for (let cell = 0; cell < cells; cell++) {
    const at = cell * TALLY_STRIDE;
    const valid = tallies[at + TALLY.valid];
    sums.byReason[cell * REASON_SLOTS + VALID] = valid;
    sums.witnessesValid[cell] = valid;
    sums.witnessesSelected[cell] = tallies[at + TALLY.selected];
    sums.hasForeignValid[cell] = tallies[at + TALLY.foreign];
    if (valid === 0) continue;
    const end = tallies[at + TALLY.next];
    countSlots(histogram, slots, end - valid, end);
    sums.medianExcessLossDdb[cell] = excessLossDdb(context, takeMedian(histogram, valid));
  }
  return sums;
}

function cellOf(context: EpochContext, beacon: number): number {
  return context.cells8.of[context.beacons.hotspot[beacon]];
}

/** Counts of a cell side by side, one cache line for all; `next` is where its next valid row writes its slot. */
const TALLY = { next: 0, valid: 1, selected: 2, foreign: 3 } as const;
const TALLY_STRIDE = 4;

/** Groups whose cells are read ahead, one after the other without a branch, so that the memory answers for all of them at once. */
const BLOCK_GROUPS = 64;
const blockCells = new Uint32Array(BLOCK_GROUPS);
/** Failed rows that wait to be counted by reason, for the same cause. */
const FAILED_ROWS = 1024;
const failedAt = new Uint32Array(FAILED_ROWS);

/** Counts the rows of one partition, and writes the ratio slots of its valid rows. */
function tallyPartition(
  context: EpochContext,
  verdicts: PartitionVerdicts,
  owner: Uint32Array,
  byReason: Uint32Array,
  tallies: Uint32Array,
  slots: Uint16Array,
): void {
  const { beaconOfGroup, linkRatio, reason, rows, selectedCount, starts } = verdicts;
  const ratioBits = new Uint32Array(linkRatio.buffer, linkRatio.byteOffset, linkRatio.length);
  const beaconers = context.beacons.hotspot;
  const cells = context.cells8.of;
  const groups = beaconOfGroup.length - 1;
  let furthest = 0;
  let failed = 0;
  for (let first = 0; first < groups; first += BLOCK_GROUPS) {
    const last = Math.min(first + BLOCK_GROUPS, groups);
    for (let group = first; group < last; group++) {
      const cell = cells[beaconers[beaconOfGroup[group]]];
      blockCells[group - first] = cell;
      furthest = Math.max(furthest, tallies[cell * TALLY_STRIDE]);
    }
    for (let group = first; group < last; group++) {
      const cell = blockCells[group - first];
      const tally = cell * TALLY_STRIDE;
      const before = tallies[tally];
      const from = starts[group];
      const to = starts[group + 1];
      let at = before;
      for (let row = from; row < to; row++) {
        const why = reason[row];
        if (why === VALID) {
          slots[at++] = ratioBits[row] >>> SLOT_SHIFT;
          continue;
        }
        if (failed === FAILED_ROWS) failed = countFailed(byReason, failed);
        failedAt[failed++] = cell * REASON_SLOTS + why;
      }
      tallies[tally] = at;
      tallies[tally + 1] += at - before;
      tallies[tally + 2] += selectedCount[group];
      if (tallies[tally + 3] === 0 && at > before) {
        const own = owner[beaconers[beaconOfGroup[group]]];
        for (let row = from; row < to; row++) {
          if (reason[row] === VALID && owner[rows[row * ROW_STRIDE] & 0xffffff] !== own) tallies[tally + 3] = 1;
        }
      }
    }
  }
  countFailed(byReason, failed);
  if (furthest > slots.length) throw pocError("POC_INVARIANT", "a cell's slots start beyond their column");
}

/** Counts the first `failed` waiting rows; returns how many are left to wait: none. */
function countFailed(byReason: Uint32Array, failed: number): number {
  for (let index = 0; index < failed; index++) byReason[failedAt[index]]++;
  return 0;
}

/** The excess loss in the middle of a slot of ratios, 0.1 dB rounded down, without the tolerance the rules add. */
function excessLossDdb(context: EpochContext, slot: number): number {
  const { loss, toleranceDdb } = context.rules;
  slotBits[0] = (slot << SLOT_SHIFT) | (1 << (SLOT_SHIFT - 1));
  const ratio = Math.max(Math.min(slotRatio[0], 1), LEAST_RATIO);
  // The least k with 10^(k/100) at or above 1 / ratio is the loss rounded up.
  return Math.max(lossDdb(loss, loss.thresholds[0] / ratio) - 1, 0) - toleranceDdb;
}
