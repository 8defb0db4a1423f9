/**
 * The permutation that puts rows of cells in cell order (`compareCells`), rows with equal cells in their given order.
 *
 * A radix sort over the 52 bits of base cell and digits in five passes that move row numbers only, never keys. A pass whose
 * digit is the same in all rows is skipped: for cells no finer than resolution 12 that is the first one. Mode, reserved bits and
 * resolution are not looked at; for cells they follow from the digits.
 */

import { geoError } from "./errors.ts";

/** The row numbers of `hi` and `lo` in cell order. Throws GEO_BAD_LENGTH when the halves differ in length. */
export function cellOrder(hi: Uint32Array, lo: Uint32Array): Int32Array {
  const rows = new Int32Array(hi.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  return cellOrderOfRows(hi, lo, rows);
}

/** `cellOrder` of the given rows only; `rows` is used up as working space. */
export function cellOrderOfRows(hi: Uint32Array, lo: Uint32Array, rows: Int32Array): Int32Array {
  if (hi.length !== lo.length) throw geoError("GEO_BAD_LENGTH", `hi has ${hi.length} rows, lo has ${lo.length}`);
  const upper = new Int32Array(hi.buffer, hi.byteOffset, hi.length);
  const lower = new Int32Array(lo.buffer, lo.byteOffset, lo.length);
  // Bits of each pass, finest first: all 32 of the lower half, the 20 ordering bits of the upper half.
  const passes = [
    { words: lower, shift: 0, mask: 0x1ff, starts: new Int32Array(0x200) },
    { words: lower, shift: 9, mask: 0x7ff, starts: new Int32Array(0x800) },
    { words: lower, shift: 20, mask: 0xfff, starts: new Int32Array(0x1000) },
    { words: upper, shift: 0, mask: 0x3ff, starts: new Int32Array(0x400) },
    { words: upper, shift: 10, mask: 0x3ff, starts: new Int32Array(0x400) },
  ] as const;
  countDigits(
    upper,
    lower,
    rows,
    passes[0].starts,
    passes[1].starts,
    passes[2].starts,
    passes[3].starts,
    passes[4].starts,
  );
  let order: Int32Array = rows;
  let spare: Int32Array = new Int32Array(rows.length);
  for (const { words, shift, mask, starts } of passes) {
    if (!toStarts(starts, rows.length)) continue;
    scatter(words, order, shift, mask, starts, spare);
    const moved: Int32Array = spare;
    spare = order;
    order = moved;
  }
  return order;
}

/** Counts how often each digit of each pass occurs, in one reading of the rows in their given order. */
function countDigits(
  upper: Int32Array,
  lower: Int32Array,
  rows: Int32Array,
  count0: Int32Array,
  count1: Int32Array,
  count2: Int32Array,
  count3: Int32Array,
  count4: Int32Array,
): void {
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const lo = lower[row];
    const hi = upper[row];
    count0[lo & 0x1ff]++;
    count1[(lo >>> 9) & 0x7ff]++;
    count2[lo >>> 20]++;
    count3[hi & 0x3ff]++;
    count4[(hi >>> 10) & 0x3ff]++;
  }
}

/** Turns counts into the place where each digit's rows start; false when one digit has all rows and nothing would move. */
function toStarts(counts: Int32Array, rows: number): boolean {
  let start = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit];
    if (count === rows) return false;
    counts[digit] = start;
    start += count;
  }
  return true;
}

function scatter(
  words: Int32Array,
  order: Int32Array,
  shift: number,
  mask: number,
  starts: Int32Array,
  out: Int32Array,
): void {
  for (let at = 0; at < order.length; at++) {
    const row = order[at];
    out[starts[(words[row] >>> shift) & mask]++] = row;
  }
}
