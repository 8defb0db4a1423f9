/**
 * Log order of rows that may come in any order: by `log_index`, a column and not a file order.
 *
 * The engine works in log order, so shuffled and partitioned input gives the same bytes as the log itself.
 */
import { pocError } from "../errors.ts";

/** Row numbers in ascending order of `logIndex`, or null when the rows are in that order. Throws POC_BAD_COLUMNS when two rows share an index. */
export function logOrder(logIndex: Uint32Array, table: string): Uint32Array | null {
  const rows = logIndex.length;
  let ascending = true;
  for (let row = 1; row < rows; row++) {
    if (logIndex[row] <= logIndex[row - 1]) {
      ascending = false;
      break;
    }
  }
  if (ascending) return null;
  // An index and its row are one exact double, so the fast numeric sort carries the row along.
  const scale = 2 ** 21;
  const order = new Uint32Array(rows);
  if (rows < scale) {
    const keys = new Float64Array(rows);
    for (let row = 0; row < rows; row++) keys[row] = logIndex[row] * scale + row;
    keys.sort();
    for (let place = 0; place < rows; place++) order[place] = keys[place] % scale;
  } else {
    radixOrder(logIndex, order);
  }
  for (let place = 1; place < rows; place++) {
    if (logIndex[order[place]] === logIndex[order[place - 1]]) {
      throw pocError(
        "POC_BAD_COLUMNS",
        `${table}.log_index: rows ${order[place - 1]} and ${order[place]} share ${logIndex[order[place]]}`,
      );
    }
  }
  return order;
}

/** Least-significant-digit radix sort of row numbers, 11 bits a pass. */
function radixOrder(keys: Uint32Array, order: Uint32Array): void {
  const rows = keys.length;
  let from: Uint32Array = new Uint32Array(rows);
  let to: Uint32Array = order;
  for (let row = 0; row < rows; row++) from[row] = row;
  const counts = new Uint32Array(2048);
  // Three passes end in `order`.
  for (let shift = 0; shift < 33; shift += 11) {
    counts.fill(0);
    for (let place = 0; place < rows; place++) counts[(keys[from[place]] >>> shift) & 2047]++;
    let sum = 0;
    for (let digit = 0; digit < 2048; digit++) {
      const count = counts[digit];
      counts[digit] = sum;
      sum += count;
    }
    for (let place = 0; place < rows; place++) {
      const row = from[place];
      to[counts[(keys[row] >>> shift) & 2047]++] = row;
    }
    const previous = from;
    from = to;
    to = previous;
  }
}
