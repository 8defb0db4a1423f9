/** The votes of one detector on one hotspot, as columns that are used again for the next. */

import { sortFew } from "./sort-few.ts";

/** What a vote says; certain ones condemn in smaller number. */
export const STANCE = { supports: 0, accuses: 1, certain: 2 } as const;

const START = 256;
/** Places of votes are packed below their counterpart's id. */
const MAX_VOTES = 1 << 24;

export class VoteColumns {
  count = 0;
  accusing = 0;
  counterpart = new Uint32Array(START);
  stance = new Uint8Array(START);
  challenge = new Uint32Array(START);
  receptions = new Uint32Array(START);
  measured = new Int32Array(START);
  limit = new Int32Array(START);

  clear(): void {
    this.count = 0;
    this.accusing = 0;
  }

  /** `challenge`: row of the first challenge it stands on, NO_ROW without a reception. */
  add(
    counterpart: number,
    stance: number,
    challenge: number,
    receptions: number,
    measured: number,
    limit: number,
  ): void {
    if (this.count === this.counterpart.length) this.#grow();
    const at = this.count++;
    if (stance !== STANCE.supports) this.accusing++;
    this.counterpart[at] = counterpart;
    this.stance[at] = stance;
    this.challenge[at] = challenge;
    this.receptions[at] = receptions;
    this.measured[at] = measured;
    this.limit[at] = limit;
  }

  /** Places of the votes by ascending counterpart. */
  order(): Float64Array {
    const keys = new Float64Array(this.count);
    for (let at = 0; at < this.count; at++) keys[at] = this.counterpart[at] * MAX_VOTES + at;
    sortFew(keys, 0, keys.length);
    for (let at = 0; at < this.count; at++) keys[at] -= Math.floor(keys[at] / MAX_VOTES) * MAX_VOTES;
    return keys;
  }

  #grow(): void {
    const length = this.counterpart.length * 2;
    this.counterpart = grown(new Uint32Array(length), this.counterpart);
    this.stance = grown(new Uint8Array(length), this.stance);
    this.challenge = grown(new Uint32Array(length), this.challenge);
    this.receptions = grown(new Uint32Array(length), this.receptions);
    this.measured = grown(new Int32Array(length), this.measured);
    this.limit = grown(new Int32Array(length), this.limit);
  }
}

function grown<T extends Uint8Array | Uint32Array | Int32Array>(larger: T, column: T): T {
  larger.set(column);
  return larger;
}
