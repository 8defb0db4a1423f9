/** Sorting of few numbers, thousands of times: a call of the engine's sort costs more than twenty numbers do. */

/** From this many on the engine's is faster. */
const MANY = 32;

/** Sorts the values `from` to before `to`, ascending. */
export function sortFew(values: Int32Array | Float64Array, from: number, to: number): void {
  if (to - from > MANY) {
    values.subarray(from, to).sort();
    return;
  }
  for (let next = from + 1; next < to; next++) {
    const value = values[next];
    let at = next;
    for (; at > from && values[at - 1] > value; at--) values[at] = values[at - 1];
    values[at] = value;
  }
}
