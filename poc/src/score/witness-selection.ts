/**
 * Which of a beacon's valid witnesses are paid, at most 14 (HIP-83's number, our order).
 *
 * `entropy-rank`: by hash rank with entropy that nobody knew while the window was open, one per resolution-11 cell before a second
 * of any, so neither arrival nor a crowd at one place decides. `first-received`: by arrival, as Helium had it.
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
  /** Dense id of each hotspot's resolution-11 cell. */
  readonly cell11: Uint32Array;
}

/** Up to here an insertion sort beats the general one. */
const INSERTION_LIMIT = 64;

/** Chooses among candidates of one beacon at a time; keeps its buffers, so one instance serves an epoch. */
export class WitnessSelection {
  readonly #context: SelectionContext;
  readonly #gatewayIds: Uint32Array;
  readonly #rank = new SelectionRank();
  /** Places of the candidates, and their ranks by place. */
  #order = new Uint32Array(INSERTION_LIMIT);
  #hi = new Uint32Array(INSERTION_LIMIT);
  #lo = new Uint32Array(INSERTION_LIMIT);
  /** For sorting: the upper word of a rank and the place, as one exact double. */
  readonly #keys = new Float64Array(INSERTION_LIMIT);
  /** Beacon in whose choice a cell was last taken. */
  readonly #taken: Uint32Array;
  #beacon = 0;

  constructor(context: SelectionContext) {
    this.#context = context;
    this.#gatewayIds = wordsOf(context.gatewayIds);
    let cells = 0;
    for (const cell of context.cell11) cells = Math.max(cells, cell + 1);
    this.#taken = new Uint32Array(cells);
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
    chosen.fill(0, 0, count);
    this.#rank.begin(entropy, offset, challengeIds, offset);
    this.#rankAll(candidates, count);
    return this.#take(candidates, count, chosen);
  }

  /** Fills `#order` with the candidates' places, best rank first. */
  #rankAll(candidates: Uint32Array, count: number): void {
    if (this.#hi.length < count) {
      this.#order = new Uint32Array(count * 2);
      this.#hi = new Uint32Array(count * 2);
      this.#lo = new Uint32Array(count * 2);
    }
    this.#rank.rankInto(this.#gatewayIds, candidates, count, this.#hi, this.#lo);
    const order = this.#order;
    if (count <= INSERTION_LIMIT) sortByUpperWord(this.#hi, count, this.#keys, order);
    else for (let place = 0; place < count; place++) order[place] = place;
    if (count > INSERTION_LIMIT || this.#hasTie(count)) {
      order.subarray(0, count).sort((a, b) => this.#compare(candidates, a, b));
    }
  }

  /** Whether two neighbours of the order share their upper word, so that it does not decide. */
  #hasTie(count: number): boolean {
    const hi = this.#hi;
    const order = this.#order;
    for (let at = 1; at < count; at++) if (hi[order[at]] === hi[order[at - 1]]) return true;
    return false;
  }

  #compare(candidates: Uint32Array, a: number, b: number): number {
    return (
      this.#hi[a] - this.#hi[b] ||
      this.#lo[a] - this.#lo[b] ||
      compareByteRows(this.#context.keys, candidates[a], this.#context.keys, candidates[b], DEVICE_KEY_BYTES)
    );
  }

  /** First pass: the best of each resolution-11 cell. Second pass: the best of the rest. */
  #take(candidates: Uint32Array, count: number, chosen: Uint8Array): number {
    const { maximumWitnesses, cell11 } = this.#context;
    const order = this.#order;
    const taken = this.#taken;
    const beacon = ++this.#beacon;
    let selected = 0;
    for (let at = 0; at < count && selected < maximumWitnesses; at++) {
      const place = order[at];
      const cell = cell11[candidates[place]];
      if (taken[cell] === beacon) continue;
      taken[cell] = beacon;
      chosen[place] = 1;
      selected++;
    }
    for (let at = 0; at < count && selected < maximumWitnesses; at++) {
      if (chosen[order[at]] === 1) continue;
      chosen[order[at]] = 1;
      selected++;
    }
    return selected;
  }
}

/** Places of `count` ranks by their upper word: an insertion sort of doubles that carry the place in their low bits. */
function sortByUpperWord(hi: Uint32Array, count: number, keys: Float64Array, order: Uint32Array): void {
  for (let at = 0; at < count; at++) {
    const key = hi[at] * INSERTION_LIMIT + at;
    let to = at;
    while (to > 0 && keys[to - 1] > key) {
      keys[to] = keys[to - 1];
      to--;
    }
    keys[to] = key;
  }
  for (let at = 0; at < count; at++) order[at] = keys[at] - Math.floor(keys[at] / INSERTION_LIMIT) * INSERTION_LIMIT;
}

/** Eight bytes a row as two little-endian words. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Uint32Array(bytes.byteLength / 4);
  for (let word = 0; word < words.length; word++) words[word] = view.getUint32(4 * word, true);
  return words;
}
