/**
 * Links by pair of hotspots: open addressing over typed arrays, because an epoch's receptions are many.
 *
 * A pair is kept once, by its lower and higher id, with sums for both directions. Sums are integers, so a table does not depend on
 * the order of receptions; only the order of its entries does, and nothing may be decided by that.
 */

/** Fields of an entry, in one Float64Array; `up` is what the higher id heard of the lower one's beacons. */
export const ENTRY = { up: 0, upLoss: 1, upExcess: 2, down: 3, downLoss: 4, downExcess: 5, challenge: 6 } as const;
export const ENTRY_STRIDE = 8;
const START = 1024;
const TWO_24 = 0x1000000;

export class LinkTable {
  /** Entries so far. */
  size = 0;
  /** Lower × 2^24 + higher id of each entry. */
  pairs = new Float64Array(START);
  sums = new Float64Array(START * ENTRY_STRIDE);
  #slots = new Int32Array(START * 2).fill(-1);

  /** Adds a reception of `beaconer`'s beacon by `witness`. `challenge` names the report: the lowest one is kept. */
  add(beaconer: number, witness: number, lossDdb: number, excessDdb: number, challenge: number): void {
    const isUp = beaconer < witness;
    const at = this.#entry(isUp ? beaconer : witness, isUp ? witness : beaconer) * ENTRY_STRIDE;
    const first = at + (isUp ? ENTRY.up : ENTRY.down);
    const { sums } = this;
    sums[first]++;
    sums[first + 1] += lossDdb;
    sums[first + 2] += excessDdb;
    if (challenge < sums[at + ENTRY.challenge]) sums[at + ENTRY.challenge] = challenge;
  }

  #entry(lower: number, higher: number): number {
    const pair = lower * TWO_24 + higher;
    const mask = this.#slots.length - 1;
    let slot = hashPair(lower, higher) & mask;
    for (;;) {
      const entry = this.#slots[slot];
      if (entry === -1) break;
      if (this.pairs[entry] === pair) return entry;
      slot = (slot + 1) & mask;
    }
    if (this.size === this.pairs.length) {
      this.#grow();
      return this.#entry(lower, higher);
    }
    const entry = this.size++;
    this.#slots[slot] = entry;
    this.pairs[entry] = pair;
    this.sums[entry * ENTRY_STRIDE + ENTRY.challenge] = Number.POSITIVE_INFINITY;
    return entry;
  }

  #grow(): void {
    const pairs = new Float64Array(this.pairs.length * 2);
    pairs.set(this.pairs);
    const sums = new Float64Array(pairs.length * ENTRY_STRIDE);
    sums.set(this.sums);
    const slots = new Int32Array(pairs.length * 2).fill(-1);
    for (let entry = 0; entry < this.size; entry++) {
      const lower = Math.floor(pairs[entry] / TWO_24);
      let slot = hashPair(lower, pairs[entry] - lower * TWO_24) & (slots.length - 1);
      while (slots[slot] !== -1) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = entry;
    }
    this.pairs = pairs;
    this.sums = sums;
    this.#slots = slots;
  }
}

/** Lower and higher id of an entry's pair. */
export function idsOfPair(pair: number): readonly [number, number] {
  const lower = Math.floor(pair / TWO_24);
  return [lower, pair - lower * TWO_24];
}

/** Ids are dense and no sender chooses them, so a multiplicative mix is enough. */
function hashPair(lower: number, higher: number): number {
  const mixed = Math.imul(lower ^ Math.imul(higher, 0x85eb_ca6b), 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
