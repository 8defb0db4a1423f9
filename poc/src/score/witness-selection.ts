/**
 * Which of a beacon's valid witnesses are paid, at most 14 (HIP-83's number, our order).
 *
 * `entropy-rank`: by hash rank with entropy that nobody knew while the window was open, one per resolution-11 cell before a second
 * of any, so neither arrival nor a crowd at one place decides. A private witness stands wherever in its resolution-8 cell that is worst for
 * it: where another candidate of the cell has a better rank. `first-received`: by arrival, as Helium had it.
 */
import { compareByteRows } from "../byte-rows.ts";
import { DEVICE_KEY_BYTES } from "../protocol/device-key.ts";
import { SelectionRank } from "../protocol/selection-rank.ts";

export interface SelectionContext {
  readonly kind: "entropy-rank" | "first-received";
  readonly maximumWitnesses: number;
  /** 33 bytes a hotspot; decides between equal ranks. */
  readonly keys: Uint8Array;
  /** 8 bytes a hotspot. */
  readonly gatewayIds: Uint8Array;
  /** Dense id of each hotspot's resolution-11 cell; one of its own for a private hotspot. */
  readonly cell11: Uint32Array;
  /** Which hotspots are private, and the dense id of every hotspot's resolution-8 cell; null where none is. */
  readonly privates: { readonly isPrivate: Uint8Array; readonly cell8: Uint32Array } | null;
}

/** Candidates of an ordinary beacon, as many as a few low bits of a key tell apart. */
const PLACE_BITS = 6;
const ORDINARY = 1 << PLACE_BITS;
const PLACE_MASK = ORDINARY - 1;
/** Bits of a rank left out of an int32 key, which holds a sign, one bit for the class, and the place. */
const RANK_SHIFT = 8;
const BEHIND_BIT = 1 << 30;
/** Above every rank's upper word: who is not the best of a cell stands behind all who are. */
const BEHIND = 2 ** 32;

/** Chooses among candidates of one beacon at a time; keeps its buffers, so one instance serves an epoch. */
export class WitnessSelection {
  readonly #context: SelectionContext;
  readonly #gatewayIds: Uint32Array;
  readonly #rank = new SelectionRank();
  /** Upper word of each candidate's rank. */
  #hi = new Uint32Array(ORDINARY);
  /** 1 for candidates who are not the best of their cell. */
  #isSecond = new Uint8Array(ORDINARY);
  /** Order of the candidates: the greater the sooner taken out. */
  #keys = new Float64Array(ORDINARY);
  /** The same for an ordinary beacon, with the place in the low bits. */
  readonly #shortKeys = new Int32Array(ORDINARY);
  /** By cell, two words: the beacon that last met it, and the place of its best candidate there. */
  readonly #bestOfCell: Uint32Array;
  #beacon = 0;

  constructor(context: SelectionContext) {
    this.#context = context;
    this.#gatewayIds = wordsOf(context.gatewayIds);
    let cells = 0;
    for (const cell of context.cell11) cells = Math.max(cells, cell + 1);
    this.#bestOfCell = new Uint32Array(2 * cells);
  }

  /**
   * Marks the chosen of `count` candidates: `candidates[i]` is a hotspot id, `chosen[i]` becomes 1 or 0. Candidates come in log order.
   * `entropy` and `challengeIds` hold 32 bytes at the given offset. Returns how many were chosen.
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
    if (this.#hi.length < count) {
      this.#hi = new Uint32Array(count * 2);
      this.#isSecond = new Uint8Array(count * 2);
      this.#keys = new Float64Array(count * 2);
    }
    this.#rank.begin(entropy, offset, challengeIds, offset);
    this.#rank.upperWordsInto(this.#gatewayIds, candidates, count, this.#hi);
    this.#findSeconds(candidates, count);
    this.#findPrivateSeconds(candidates, count);
    if (count > ORDINARY || !this.#dropLast(count, chosen)) this.#chooseExactly(candidates, count, chosen);
    return maximumWitnesses;
  }

  /** Marks who is not the best of its resolution-11 cell. */
  #findSeconds(candidates: Uint32Array, count: number): void {
    const { cell11 } = this.#context;
    const hi = this.#hi;
    const isSecond = this.#isSecond;
    const bestOfCell = this.#bestOfCell;
    const beacon = ++this.#beacon;
    for (let place = 0; place < count; place++) {
      const at = 2 * cell11[candidates[place]];
      isSecond[place] = 0;
      if (bestOfCell[at] !== beacon) {
        bestOfCell[at] = beacon;
        bestOfCell[at + 1] = place;
        continue;
      }
      const best = bestOfCell[at + 1];
      const isBetter =
        hi[place] < hi[best] || (hi[place] === hi[best] && this.#compareTied(candidates, place, best) < 0);
      isSecond[isBetter ? best : place] = 1;
      if (isBetter) bestOfCell[at + 1] = place;
    }
  }

  /** Marks the private candidates of whose resolution-8 cell another one is better. */
  #findPrivateSeconds(candidates: Uint32Array, count: number): void {
    const { privates } = this.#context;
    if (privates === null) return;
    const { cell8, isPrivate } = privates;
    const hi = this.#hi;
    for (let place = 0; place < count; place++) {
      if (isPrivate[candidates[place]] === 0) continue;
      const cell = cell8[candidates[place]];
      for (let other = 0; other < count && this.#isSecond[place] === 0; other++) {
        if (other === place || cell8[candidates[other]] !== cell) continue;
        const isBetter =
          hi[other] < hi[place] || (hi[other] === hi[place] && this.#compareTied(candidates, other, place) < 0);
        if (isBetter) this.#isSecond[place] = 1;
      }
    }
  }

  /**
   * The choice of an ordinary beacon: takes out one after the other of those who are too many, the last first, by the upper 24 bits of
   * the ranks. These are int32 without a branch in the search. False where such bits do not tell who is last.
   */
  #dropLast(count: number, chosen: Uint8Array): boolean {
    const keys = this.#shortKeys;
    const hi = this.#hi;
    const isSecond = this.#isSecond;
    for (let place = 0; place < count; place++) {
      keys[place] = (isSecond[place] * BEHIND_BIT) | ((hi[place] >>> RANK_SHIFT) << PLACE_BITS) | place;
    }
    chosen.fill(1, 0, count);
    let last = 0;
    for (let left = count - this.#context.maximumWitnesses; left >= 0; left--) {
      let greatest = 0;
      for (let place = 0; place < count; place++) greatest = Math.max(greatest, keys[place]);
      if (left === 0) return greatest >>> PLACE_BITS !== last >>> PLACE_BITS;
      chosen[greatest & PLACE_MASK] = 0;
      keys[greatest & PLACE_MASK] = 0;
      last = greatest;
    }
    return true;
  }

  /** The choice by whole ranks, and by keys where those are equal. */
  #chooseExactly(candidates: Uint32Array, count: number, chosen: Uint8Array): void {
    const { maximumWitnesses } = this.#context;
    // Either the few that are too many are taken out, from the last on, or the few there is room for, from the first on.
    const tooMany = count - maximumWitnesses;
    const isDropping = tooMany <= maximumWitnesses;
    const direction = isDropping ? 1 : -1;
    const keys = this.#keys;
    for (let place = 0; place < count; place++)
      keys[place] = direction * (this.#hi[place] + this.#isSecond[place] * BEHIND);
    chosen.fill(isDropping ? 1 : 0, 0, count);
    for (let left = Math.min(tooMany, maximumWitnesses); left > 0; left--) {
      const place = this.#greatest(candidates, count, direction);
      chosen[place] = isDropping ? 0 : 1;
      keys[place] = Number.NEGATIVE_INFINITY;
    }
  }

  /** Place of the greatest key. */
  #greatest(candidates: Uint32Array, count: number, direction: number): number {
    const keys = this.#keys;
    let greatest = 0;
    let key = keys[0];
    for (let place = 1; place < count; place++) {
      const own = keys[place];
      if (own < key || (own === key && direction * this.#compareTied(candidates, place, greatest) < 0)) continue;
      greatest = place;
      key = own;
    }
    return greatest;
  }

  /** Order of two candidates whose ranks share their upper word. */
  #compareTied(candidates: Uint32Array, a: number, b: number): number {
    this.#rank.rank(this.#gatewayIds, candidates[a]);
    const lower = this.#rank.lo;
    this.#rank.rank(this.#gatewayIds, candidates[b]);
    const { keys } = this.#context;
    return lower - this.#rank.lo || compareByteRows(keys, candidates[a], keys, candidates[b], DEVICE_KEY_BYTES);
  }
}

/** Eight bytes a row as two little-endian words. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Uint32Array(bytes.byteLength / 4);
  for (let word = 0; word < words.length; word++) words[word] = view.getUint32(4 * word, true);
  return words;
}
