/** Rows of a table grouped by a small integer: two counting passes, then any group is a view. */

export class RowGroups {
  readonly #starts: Uint32Array;
  readonly #rows: Uint32Array;

  /** Groups rows 0 … keys.length − 1 by key, each group ascending; keys from `groups` on (no row of another table) are left out. */
  constructor(keys: Uint32Array, groups: number) {
    const starts = new Uint32Array(groups + 1);
    let kept = 0;
    for (let row = 0; row < keys.length; row++) {
      if (keys[row] >= groups) continue;
      starts[keys[row] + 1]++;
      kept++;
    }
    for (let group = 0; group < groups; group++) starts[group + 1] += starts[group];
    const rows = new Uint32Array(kept);
    const next = starts.slice();
    for (let row = 0; row < keys.length; row++) if (keys[row] < groups) rows[next[keys[row]]++] = row;
    this.#starts = starts;
    this.#rows = rows;
  }

  /** The rows of a group, ascending. */
  of(group: number): Uint32Array {
    return this.#rows.subarray(this.#starts[group], this.#starts[group + 1]);
  }
}
