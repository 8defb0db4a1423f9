/** Sorting of few numbers, thousands of times: a call of the engine's sort costs more than twenty numbers do. */

/** From this many on the engine's is faster. */
const MANY = 32;

/** Sorts the first `count` of `values`, ascending. */
export function sortFirst(values: Int32Array | Float64Array, count: number): void {
  if (count > MANY) {
    values.subarray(0, count).sort();
    return;
  }
  for (let next = 1; next < count; next++) {
    const value = values[next];
    let at = next;
    for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
    values[at] = value;
  }
}
