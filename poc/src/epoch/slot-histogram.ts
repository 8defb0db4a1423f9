/** A histogram of power ratios by their upper bits, from which the median of a cell is taken (cell-sums.ts). */

/** A slot is sign, exponent and six mantissa bits of a ratio from 0 to 1 (bits below 0x3f800001). */
export const SLOT_SHIFT = 17;
const SLOTS = (0x3f800000 >>> SLOT_SHIFT) + 1;
const BUCKET_BITS = 6;
const BUCKET = 1 << BUCKET_BITS;

/** Counts by slot, and by BUCKET of them so that a median is found without reading all. */
export interface SlotHistogram {
  readonly fine: Uint32Array;
  readonly coarse: Uint32Array;
}

export function emptyHistogram(): SlotHistogram {
  return { fine: new Uint32Array(SLOTS + BUCKET), coarse: new Uint32Array(Math.ceil(SLOTS / BUCKET)) };
}

/** Counts slots `from` to `to` of a column. */
export function countSlots({ fine, coarse }: SlotHistogram, slots: Uint16Array, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    const slot = slots[at];
    fine[slot]++;
    coarse[slot >>> BUCKET_BITS]++;
  }
}

/**
 * Slot of the upper median of the `count` ratios counted, which is the lower median of excess loss; leaves the histogram empty.
 * Reads from the greatest ratio down: receptions lose tens of dB, not hundreds.
 */
export function takeMedian({ fine, coarse }: SlotHistogram, count: number): number {
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
