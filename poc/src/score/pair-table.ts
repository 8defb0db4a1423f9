/**
 * Dense ids for pairs of uint32 in order of first sight: (cell hi, cell lo), or (cell id, wallet id). Open addressing on
 * typed arrays, linear probing, at most half full. Refuses nothing: any pair of uint32 is a key.
 */

const EMPTY = -1;

export class PairTable {
  #slots = new Int32Array(64).fill(EMPTY);
  #first = new Uint32Array(32);
  #second = new Uint32Array(32);
  #size = 0;

  /** Number of distinct pairs; their ids are 0 … size − 1. */
  get size(): number {
    return this.#size;
  }

  first(id: number): number {
    return this.#first[id]!;
  }

  second(id: number): number {
    return this.#second[id]!;
  }

  /** Id of the pair, or −1 when it was never added. */
  find(first: number, second: number): number {
    return this.#slots[this.#slotOf(first, second)]!;
  }

  /** Id of the pair, given to it now if it has none. */
  add(first: number, second: number): number {
    const slot = this.#slotOf(first, second);
    const known = this.#slots[slot]!;
    if (known !== EMPTY) return known;
    const id = this.#size++;
    this.#first[id] = first;
    this.#second[id] = second;
    this.#slots[slot] = id;
    if (this.#size === this.#first.length) this.#grow();
    return id;
  }

  #slotOf(first: number, second: number): number {
    const mask = this.#slots.length - 1;
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let id = this.#slots[slot]!; id !== EMPTY; id = this.#slots[slot]!) {
      if (this.#first[id] === first && this.#second[id] === second) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const first = new Uint32Array(this.#first.length * 2);
    const second = new Uint32Array(this.#second.length * 2);
    first.set(this.#first);
    second.set(this.#second);
    this.#first = first;
    this.#second = second;
    this.#slots = new Int32Array(this.#slots.length * 2).fill(EMPTY);
    for (let id = 0; id < this.#size; id++) this.#slots[this.#slotOf(first[id]!, second[id]!)] = id;
  }
}
