/**
 * What an epoch says of each resolution-8 cell, counted over the proofs sent from it.
 *
 * Groups of a partition stand in cell order, so a cell is one run in every partition and the sums are merged cell by cell. Excess
 * loss is what a valid reception lost beyond free space, EIRP + gain − loss − RSSI. The kernel leaves it as a power ratio in single
 * precision, whose upper bits count in a histogram of 64 slots an octave (0.047 dB); the median slot gives the median, in 0.1 dB.
 */
import { lossDdb } from "../radio/path-loss.ts";
import { REASON } from "../verify/reason.ts";
import { ROW_STRIDE } from "../verify/witness-job.ts";
import type { EpochContext } from "./epoch-context.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

/** The number alone, not a property, in loops over rows. */
const VALID: number = REASON.valid;

/** One row per cell that holds hotspots, in cell order, and a last one for beaconers without a cell. */
export interface CellSums {
  readonly witnessReports: Uint32Array;
  readonly witnessesValid: Uint32Array;
  readonly witnessesSelected: Uint32Array;
  /** Valid witnesses whose owner is not the beaconer's. */
  readonly foreignValid: Uint32Array;
  /** Lower median of the excess loss, 0.1 dB; NO_MEDIAN without valid witnesses. */
  readonly medianExcessLossDdb: Int32Array;
  /** Witness reports by reason, at cell × REASON_SLOTS + reason. */
  readonly byReason: Uint32Array;
}

export const NO_MEDIAN = -0x80000000;
export const REASON_SLOTS = 40;

/** A slot is sign, exponent and six mantissa bits of a ratio from 0 to 1 (bits below 0x3f800001). */
const SLOT_SHIFT = 17;
const SLOTS = (0x3f800000 >>> SLOT_SHIFT) + 1;
/** Ratios below this, 290 dB, are as good as nothing. */
const LEAST_RATIO = 1e-29;
const BUCKET_BITS = 6;
const BUCKET = 1 << BUCKET_BITS;

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
    foreignValid: new Uint32Array(cells),
    medianExcessLossDdb: new Int32Array(cells).fill(NO_MEDIAN),
    byReason: new Uint32Array(cells * REASON_SLOTS),
  };
  const histogram = {
    fine: new Uint32Array(SLOTS + BUCKET),
    coarse: new Uint32Array(Math.ceil(SLOTS / BUCKET)),
  };
  const runs = partitions.map((verdicts) => new CellRuns(context, verdicts));
  for (let cell = 0; cell < cells; cell++) {
    for (const run of runs) run.sum(cell, owner, sums, histogram);
    const valid = sums.witnessesValid[cell];
    if (valid > 0) sums.medianExcessLossDdb[cell] = excessLossDdb(context, takeMedian(histogram, valid));
  }
  return sums;
}

/** Walks one partition's groups, which stand in cell order, a cell at a time. */
class CellRuns {
  readonly #beacons: EpochContext["beacons"];
  readonly #cellOf: Uint32Array;
  readonly #verdicts: PartitionVerdicts;
  readonly #ratioBits: Uint32Array;
  #group = 0;

  constructor(context: EpochContext, verdicts: PartitionVerdicts) {
    this.#beacons = context.beacons;
    this.#cellOf = context.cells8.of;
    this.#verdicts = verdicts;
    const { linkRatio } = verdicts;
    this.#ratioBits = new Uint32Array(linkRatio.buffer, linkRatio.byteOffset, linkRatio.length);
  }

  /** Adds the groups of the next cell; cells must be asked for in order. */
  sum(cell: number, owner: Uint32Array, sums: CellSums, histogram: Histogram): void {
    const { beaconOfGroup, reason, rows, selected, starts } = this.#verdicts;
    const groups = beaconOfGroup.length - 1;
    const beaconers = this.#beacons.hotspot;
    const cellOf = this.#cellOf;
    const ratioBits = this.#ratioBits;
    const { fine, coarse } = histogram;
    const { byReason } = sums;
    const base = cell * REASON_SLOTS;
    const first = this.#group;
    let group = first;
    let valid = 0;
    let chosen = 0;
    let foreign = 0;
    for (; group < groups; group++) {
      const beaconer = beaconers[beaconOfGroup[group]];
      if (cellOf[beaconer] !== cell) break;
      const own = owner[beaconer];
      const to = starts[group + 1];
      for (let row = starts[group]; row < to; row++) {
        const why = reason[row];
        if (why !== VALID) {
          byReason[base + why]++;
          continue;
        }
        valid++;
        const slot = ratioBits[row] >>> SLOT_SHIFT;
        fine[slot]++;
        coarse[slot >>> BUCKET_BITS]++;
        chosen += selected[row];
        if (owner[rows[row * ROW_STRIDE] & 0xffffff] !== own) foreign++;
      }
    }
    if (group === first) return;
    this.#group = group;
    byReason[base] += valid;
    sums.witnessReports[cell] += starts[group] - starts[first];
    sums.witnessesValid[cell] += valid;
    sums.witnessesSelected[cell] += chosen;
    sums.foreignValid[cell] += foreign;
  }
}

/** The excess loss in the middle of a slot of ratios, 0.1 dB rounded down, without the tolerance the rules add. */
function excessLossDdb(context: EpochContext, slot: number): number {
  const { loss, toleranceDdb } = context.rules;
  slotBits[0] = (slot << SLOT_SHIFT) | (1 << (SLOT_SHIFT - 1));
  const ratio = Math.max(Math.min(slotRatio[0], 1), LEAST_RATIO);
  // The least k with 10^(k/100) at or above 1 / ratio is the loss rounded up.
  return Math.max(lossDdb(loss, loss.thresholds[0] / ratio) - 1, 0) - toleranceDdb;
}

/** Counts by slot, and by BUCKET of them so that a median is found without reading all. */
interface Histogram {
  readonly fine: Uint32Array;
  readonly coarse: Uint32Array;
}

/**
 * Slot of the upper median of the `count` ratios counted, which is the lower median of excess loss; leaves the histogram empty.
 * Reads from the greatest ratio down: receptions lose tens of dB, not hundreds.
 */
function takeMedian({ fine, coarse }: Histogram, count: number): number {
  const wanted = Math.floor((count - 1) / 2);
  let first = -1;
  let last = 0;
  let above = 0;
  let median = -1;
  for (let bucket = coarse.length - 1, seen = 0; seen < count; bucket--) {
    const here = coarse[bucket];
    if (here === 0) continue;
    if (first < 0) first = bucket;
    last = bucket;
    if (median < 0 && seen + here > wanted) {
      median = (bucket + 1) * BUCKET - 1;
      above = seen;
    }
    seen += here;
  }
  for (above += fine[median]; above <= wanted; above += fine[median]) median--;
  coarse.fill(0, last, first + 1);
  fine.fill(0, last * BUCKET, (first + 1) * BUCKET);
  return median;
}
