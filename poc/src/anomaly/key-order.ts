/** Rows of a column of keys in the order of their bytes, without comparing all with all byte by byte. */
import { compareByteRows } from "../byte-rows.ts";
import { sortFew } from "./sort-few.ts";

/** What a prefix leaves of a number for the row: 29 bits of key, 24 of row. */
const TWO_24 = 0x100_0000;

/**
 * Orders `rows` (below 2^24) by their `width` bytes of `bytes`, four or more; equal ones by row. Keys are hashes or points of a curve, spread
 * evenly between the least and the greatest: laid into as many buckets as there are rows, hardly two meet.
 */
export function keyOrder(bytes: Uint8Array, width: number, rows: ArrayLike<number>): Uint32Array {
  const prefixes = new Uint32Array(rows.length);
  let least = Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let at = 0; at < rows.length; at++) {
    const prefix = prefixOf(bytes, rows[at] * width);
    prefixes[at] = prefix;
    if (prefix < least) least = prefix;
    if (prefix > greatest) greatest = prefix;
  }
  const scale = rows.length / (greatest - least + 1);
  const bucketOf = (prefix: number) => Math.floor((prefix - least) * scale);
  const next = new Uint32Array(rows.length + 1);
  for (let at = 0; at < rows.length; at++) next[bucketOf(prefixes[at]) + 1]++;
  for (let bucket = 0; bucket < rows.length; bucket++) next[bucket + 1] += next[bucket];
  const packed = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) packed[next[bucketOf(prefixes[at])]++] = prefixes[at] * TWO_24 + rows[at];
  for (let bucket = 0, from = 0; bucket < rows.length; bucket++) {
    sortFew(packed, from, next[bucket]);
    from = next[bucket];
  }
  const order = new Uint32Array(rows.length);
  for (let at = 0; at < order.length; at++) order[at] = packed[at] - Math.floor(packed[at] / TWO_24) * TWO_24;
  for (let from = 0; from < order.length; ) {
    const prefix = Math.floor(packed[from] / TWO_24);
    let to = from + 1;
    while (to < order.length && Math.floor(packed[to] / TWO_24) === prefix) to++;
    if (to - from > 1) {
      const tied = [...order.subarray(from, to)].sort((a, b) => compareByteRows(bytes, a, bytes, b, width));
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
