/** Rows of a column of keys in the order of their bytes, without comparing all with all byte by byte. */
import { compareByteRows } from "../byte-rows.ts";

/** What a prefix leaves of a number for the row: 29 bits of key, 24 of row. */
const TWO_24 = 0x100_0000;

/** Orders `rows` (below 2^24) by their `width` bytes of `bytes`, four or more; equal ones by row. */
export function keyOrder(bytes: Uint8Array, width: number, rows: ArrayLike<number>): Uint32Array {
  const packed = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) packed[at] = prefixOf(bytes, rows[at] * width) * TWO_24 + rows[at];
  packed.sort();
  const order = new Uint32Array(rows.length);
  for (let at = 0; at < order.length; at++) order[at] = packed[at] - Math.floor(packed[at] / TWO_24) * TWO_24;
  for (let from = 0; from < order.length; ) {
    const prefix = Math.floor(packed[from] / TWO_24);
    let to = from + 1;
    while (to < order.length && Math.floor(packed[to] / TWO_24) === prefix) to++;
    if (to - from > 1) {
      const tied = order.slice(from, to).sort((a, b) => compareByteRows(bytes, a, bytes, b, width));
      for (let at = from; at < to; at++) order[at] = tied[at - from];
    }
    from = to;
  }
  return order;
}

/** The first 29 bits. */
function prefixOf(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 21) | (bytes[at + 1] << 13) | (bytes[at + 2] << 5) | (bytes[at + 3] >> 3);
}
