/**
 * A set of packet hashes that takes 40 bytes a hash: an epoch has millions.
 *
 * Open addressing on eight bytes of the hash, mixed with a word of the set's own: whoever reports a packet chooses its hash.
 */
const HASH_BYTES = 32;
const FIRST_CAPACITY = 1024;

export class PacketSet {
  readonly #seed: number;
  #hashes = new Uint8Array(FIRST_CAPACITY * HASH_BYTES);
  #slots = new Int32Array(FIRST_CAPACITY * 2).fill(-1);
  #size = 0;

  /** `seed`: any 32 bits that reporters could not foresee. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the hash in a row of 32-byte hashes. */
  add(hashes: Uint8Array, row = 0): void {
    const slot = this.#slotOf(hashes, row * HASH_BYTES);
    if (this.#slots[slot] !== -1) return;
    if (this.#size * HASH_BYTES === this.#hashes.length) {
      this.#grow();
      this.add(hashes, row);
      return;
    }
    this.#hashes.set(hashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES), this.#size * HASH_BYTES);
    this.#slots[slot] = this.#size++;
  }

  has(hashes: Uint8Array, row = 0): boolean {
    return this.#slots[this.#slotOf(hashes, row * HASH_BYTES)] !== -1;
  }

  /** The slot of a hash, or the free one where it belongs. */
  #slotOf(hashes: Uint8Array, offset: number): number {
    const view = new DataView(hashes.buffer, hashes.byteOffset + offset, HASH_BYTES);
    const mask = this.#slots.length - 1;
    const mixed = Math.imul(view.getUint32(0, true) ^ this.#seed, 0x9e37_79b1) ^ view.getUint32(4, true);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (this.#slots[slot] !== -1 && !this.#isAt(this.#slots[slot]!, hashes, offset)) slot = (slot + 1) & mask;
    return slot;
  }

  #isAt(row: number, hashes: Uint8Array, offset: number): boolean {
    const start = row * HASH_BYTES;
    for (let at = 0; at < HASH_BYTES; at++) if (this.#hashes[start + at] !== hashes[offset + at]) return false;
    return true;
  }

  #grow(): void {
    const hashes = new Uint8Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    for (let row = 0; row < this.#size; row++) this.#slots[this.#slotOf(this.#hashes, row * HASH_BYTES)] = row;
  }
}
