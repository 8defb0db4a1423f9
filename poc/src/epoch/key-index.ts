/**
 * Finds the row of a fixed-width byte key in a column: open addressing over the bytes themselves, no strings.
 *
 * Keys come from outside, so every byte is mixed in and equality is always checked on all bytes.
 */
import { pocError } from "../errors.ts";

export class KeyIndex {
  readonly #bytes: Uint8Array;
  readonly #width: number;
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** `bytes`: rows of `width` bytes. Throws POC_BAD_COLUMNS naming `what` when two rows are equal. */
  constructor(bytes: Uint8Array, width: number, what: string) {
    const rows = bytes.length / width;
    let size = 16;
    while (size < rows * 2) size *= 2;
    this.#bytes = bytes;
    this.#width = width;
    this.#slots = new Int32Array(size).fill(-1);
    this.#mask = size - 1;
    for (let row = 0; row < rows; row++) {
      let slot = this.#hash(bytes, row * width) & this.#mask;
      while (this.#slots[slot] !== -1) {
        const other = this.#slots[slot];
        if (this.#equal(bytes, row * width, other))
          throw pocError("POC_BAD_COLUMNS", `${what}: rows ${other} and ${row} are equal`);
        slot = (slot + 1) & this.#mask;
      }
      this.#slots[slot] = row;
    }
  }

  /** Row of the key that starts at `offset` of `bytes`, or -1. */
  find(bytes: Uint8Array, offset: number): number {
    let slot = this.#hash(bytes, offset) & this.#mask;
    for (;;) {
      const row = this.#slots[slot];
      if (row === -1 || this.#equal(bytes, offset, row)) return row;
      slot = (slot + 1) & this.#mask;
    }
  }

  #equal(bytes: Uint8Array, offset: number, row: number): boolean {
    const own = row * this.#width;
    for (let i = 0; i < this.#width; i++) if (bytes[offset + i] !== this.#bytes[own + i]) return false;
    return true;
  }

  #hash(bytes: Uint8Array, offset: number): number {
    let h = 0x811c9dc5;
    for (let i = 0; i < this.#width; i++) h = Math.imul(h ^ bytes[offset + i], 0x01000193);
    h ^= h >>> 15;
    return Math.imul(h, 0x2c1b3c6d) >>> 4;
  }
}

/** Dense ids of equal byte rows in order of first appearance, and how many there are. */
export function internRows(bytes: Uint8Array, width: number): { readonly ids: Uint32Array; readonly count: number } {
  const rows = bytes.length / width;
  const ids = new Uint32Array(rows);
  const seen = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    const text = String.fromCharCode(...bytes.subarray(row * width, (row + 1) * width));
    let id = seen.get(text);
    if (id === undefined) {
      id = seen.size;
      seen.set(text, id);
    }
    ids[row] = id;
  }
  return { ids, count: seen.size };
}
