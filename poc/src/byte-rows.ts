/** Order of fixed-width byte rows: keys and wallets, laid end to end in one array, compare as their bytes do. */

/** Negative, zero or positive as row `a` of `left` comes before, equals or comes after row `b` of `right`; `width` bytes a row. */
export function compareByteRows(left: Uint8Array, a: number, right: Uint8Array, b: number, width: number): number {
  const from = a * width;
  const other = b * width;
  for (let i = 0; i < width; i++) {
    const difference = left[from + i] - right[other + i];
    if (difference !== 0) return difference;
  }
  return 0;
}
