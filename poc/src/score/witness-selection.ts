/**
 * Which of a beacon's valid witnesses are paid, at most 14 (HIP-83's number, our order).
 *
 * `entropy-rank`: by hash rank with entropy that nobody knew while the window was open, one per resolution-11 cell before a second
 * of any, so neither arrival nor a crowd at one place decides. `first-received`: by arrival, as Helium had it.
 */
import { SelectionRank } from "../protocol/selection-rank.ts";

export interface SelectionContext {
  readonly kind: "entropy-rank" | "first-received";
  readonly maximumWitnesses: number;
  /** 33 bytes a hotspot. */
  readonly keys: Uint8Array;
  /** Dense id of each hotspot's resolution-11 cell. */
  readonly cell11: Uint32Array;
}

/** Chooses among candidates of one beacon at a time; keeps its buffers, so one instance serves an epoch. */
export class WitnessSelection {
  readonly #context: SelectionContext;
  readonly #rank = new SelectionRank();
  #order: number[] = [];
  #high = new Float64Array(64);
  #low = new Float64Array(64);
  readonly #takenCells = new Set<number>();

  constructor(context: SelectionContext) {
    this.#context = context;
  }

  /**
   * Marks the chosen of `count` candidates: `candidates[i]` is a hotspot id, `chosen[i]` becomes 1 or 0. Candidates come in log order.
   * `entropy` and `challengeIds` hold 32 bytes at the given offsets. Returns how many were chosen.
   */
  choose(
    candidates: Uint32Array,
    count: number,
    chosen: Uint8Array,
    entropy: Uint8Array,
    challengeIds: Uint8Array,
    offset: number,
  ): number {
    const { maximumWitnesses, kind } = this.#context;
    if (count <= maximumWitnesses || kind === "first-received") {
      const selected = Math.min(count, maximumWitnesses);
      chosen.fill(1, 0, selected);
      chosen.fill(0, selected, count);
      return selected;
    }
    chosen.fill(0, 0, count);
    this.#rankAll(candidates, count, entropy, challengeIds, offset);
    return this.#take(candidates, chosen);
  }

  #rankAll(
    candidates: Uint32Array,
    count: number,
    entropy: Uint8Array,
    challengeIds: Uint8Array,
    offset: number,
  ): void {
    if (this.#high.length < count) {
      this.#high = new Float64Array(count * 2);
      this.#low = new Float64Array(count * 2);
    }
    const { keys } = this.#context;
    const high = this.#high;
    const low = this.#low;
    const rank = this.#rank;
    rank.begin(entropy, offset, challengeIds, offset);
    this.#order = new Array(count);
    for (let i = 0; i < count; i++) {
      rank.rank(keys, candidates[i]);
      high[i] = rank.hi;
      low[i] = rank.lo;
      this.#order[i] = i;
    }
    this.#order.sort((a, b) => high[a] - high[b] || low[a] - low[b] || compareKeys(keys, candidates[a], candidates[b]));
  }

  /** First pass: the best of each resolution-11 cell. Second pass: the best of the rest. */
  #take(candidates: Uint32Array, chosen: Uint8Array): number {
    const { maximumWitnesses, cell11 } = this.#context;
    const taken = this.#takenCells;
    taken.clear();
    let selected = 0;
    for (const i of this.#order) {
      if (selected === maximumWitnesses) return selected;
      const cell = cell11[candidates[i]];
      if (taken.has(cell)) continue;
      taken.add(cell);
      chosen[i] = 1;
      selected++;
    }
    for (const i of this.#order) {
      if (selected === maximumWitnesses) return selected;
      if (chosen[i] === 1) continue;
      chosen[i] = 1;
      selected++;
    }
    return selected;
  }
}

function compareKeys(keys: Uint8Array, a: number, b: number): number {
  for (let i = 0; i < 33; i++) {
    const difference = keys[a * 33 + i] - keys[b * 33 + i];
    if (difference !== 0) return difference;
  }
  return 0;
}
