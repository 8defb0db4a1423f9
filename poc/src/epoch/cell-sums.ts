/**
 * What an epoch says of each resolution-8 cell, counted over the proofs sent from it.
 *
 * Groups of a partition stand in cell order, so a cell is one run in every partition and the sums are merged cell by cell; the
 * median is taken over all of them together, from a histogram in 0.1 dB.
 */
import { REASON } from "../verify/reason.ts";
import type { EpochContext } from "./epoch-context.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

/** One row per cell that holds hotspots, in cell order, and a last one for beaconers without a cell. */
export interface CellSums {
  readonly witnessReports: Uint32Array;
  readonly witnessesValid: Uint32Array;
  readonly witnessesSelected: Uint32Array;
  /** Selected witnesses whose owner is not the beaconer's. */
  readonly foreignSelected: Uint32Array;
  /** Median excess loss, 0.1 dB; NO_MEDIAN without valid witnesses. */
  readonly medianExcessLossDdb: Int32Array;
  /** Witness reports by reason, at cell × 64 + reason. */
  readonly byReason: Uint32Array;
}

export const NO_MEDIAN = -0x80000000;
export const REASON_SLOTS = 64;

/** Excess loss is clamped to ±409.5 dB: int16 figures cannot leave it by more. */
const HISTOGRAM_HALF = 4096;

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
    foreignSelected: new Uint32Array(cells),
    medianExcessLossDdb: new Int32Array(cells).fill(NO_MEDIAN),
    byReason: new Uint32Array(cells * REASON_SLOTS),
  };
  const histogram = new ExcessHistogram();
  const next = partitions.map(() => 0);
  for (let cell = 0; cell < cells; cell++) {
    for (let p = 0; p < partitions.length; p++) {
      const verdicts = partitions[p];
      let group = next[p];
      while (group < verdicts.beaconOfGroup.length - 1) {
        const beaconer = context.beacons.hotspot[verdicts.beaconOfGroup[group]];
        if (context.cells8.of[beaconer] !== cell) break;
        sumGroup(context, verdicts, group, cell, owner, sums, histogram);
        group++;
      }
      next[p] = group;
    }
    sums.medianExcessLossDdb[cell] = histogram.takeMedian();
  }
  return sums;
}

function sumGroup(
  context: EpochContext,
  verdicts: PartitionVerdicts,
  group: number,
  cell: number,
  owner: Uint32Array,
  sums: CellSums,
  histogram: ExcessHistogram,
): void {
  const { reason, measured, limit, selected, hotspot } = verdicts;
  const from = verdicts.starts[group];
  const to = verdicts.starts[group + 1];
  const tolerance = context.rules.toleranceDdb;
  const own = owner[context.beacons.hotspot[verdicts.beaconOfGroup[group]]];
  const { byReason } = sums;
  const base = cell * REASON_SLOTS;
  let valid = 0;
  let chosen = 0;
  let foreign = 0;
  for (let row = from; row < to; row++) {
    const why = reason[row];
    byReason[base + why]++;
    if (why !== REASON.valid) continue;
    valid++;
    histogram.add(limit[row] - tolerance - measured[row]);
    if (selected[row] === 0) continue;
    chosen++;
    if (owner[hotspot[row]] !== own) foreign++;
  }
  sums.witnessReports[cell] += to - from;
  sums.witnessesValid[cell] += valid;
  sums.witnessesSelected[cell] += chosen;
  sums.foreignSelected[cell] += foreign;
}

/** Counts of excess loss in 0.1 dB; only the touched range is read and cleared. */
class ExcessHistogram {
  readonly #counts = new Uint32Array(2 * HISTOGRAM_HALF);
  #low = 2 * HISTOGRAM_HALF;
  #high = -1;
  #total = 0;

  add(excessDdb: number): void {
    const slot = Math.max(0, Math.min(2 * HISTOGRAM_HALF - 1, excessDdb + HISTOGRAM_HALF));
    this.#counts[slot]++;
    if (slot < this.#low) this.#low = slot;
    if (slot > this.#high) this.#high = slot;
    this.#total++;
  }

  /** Lower median of what was added, or NO_MEDIAN; then empty again. */
  takeMedian(): number {
    if (this.#total === 0) return NO_MEDIAN;
    const wanted = Math.floor((this.#total - 1) / 2);
    let seen = 0;
    let median = this.#low;
    for (let slot = this.#low; slot <= this.#high; slot++) {
      seen += this.#counts[slot];
      if (seen > wanted) {
        median = slot;
        break;
      }
    }
    this.#counts.fill(0, this.#low, this.#high + 1);
    this.#low = 2 * HISTOGRAM_HALF;
    this.#high = -1;
    this.#total = 0;
    return median - HISTOGRAM_HALF;
  }
}
