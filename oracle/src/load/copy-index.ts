/**
 * Numbers the copies of packets: a copy is a packet hash at a hotspot, 0 is the first one asked for.
 *
 * Open addressing on a hash of the bytes that is keyed by the log as a whole: whoever reports a copy chooses its hash, and with a mixing
 * known beforehand could choose thousands that fall into one slot. Hotspots that the registry does not hold are numbered behind its rows.
 */
import { type HalfSipHashOutput, halfSipHash8 } from "@earshot/poc/protocol";

const HASH_BYTES = 32;
const KEY_BYTES = 33;

export class CopyIndex {
  /** 32 bytes by copy. */
  readonly packetHash: Uint8Array;
  /** Row of the hotspot by copy, or a number behind the rows. */
  readonly hotspot: Uint32Array;
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #hotspots: number;
  readonly #hotspotRow: (keys: Uint8Array, offset: number) => number | undefined;
  readonly #strangers = new Map<string, number>();
  readonly #key0: number;
  readonly #key1: number;
  readonly #mixed: HalfSipHashOutput = { first: 0, second: 0 };
  #count = 0;

  /** Room for `most` copies; `hotspots` is the number of rows of the registry, `key` eight bytes that no reporter could foresee. */
  constructor(
    most: number,
    hotspots: number,
    hotspotRow: (keys: Uint8Array, offset: number) => number | undefined,
    key: Uint8Array,
  ) {
    let size = 16;
    while (size < most * 2) size *= 2;
    this.packetHash = new Uint8Array(most * HASH_BYTES);
    this.hotspot = new Uint32Array(most);
    this.#slots = new Int32Array(size).fill(-1);
    this.#mask = size - 1;
    this.#hotspots = hotspots;
    this.#hotspotRow = hotspotRow;
    this.#key0 = wordAt(key, 0);
    this.#key1 = wordAt(key, 4);
  }

  /** The copy of the packet hash in `row` at a row of the registry. */
  ofHotspot(hashes: Uint8Array, row: number, hotspot: number): number {
    const offset = row * HASH_BYTES;
    const mixed = this.#mixed;
    mixed.first = this.#key0 ^ hotspot;
    mixed.second = this.#key1;
    for (let at = offset; at < offset + HASH_BYTES; at += 8) {
      halfSipHash8(mixed.first, mixed.second, wordAt(hashes, at), wordAt(hashes, at + 4), mixed);
    }
    let slot = mixed.first & this.#mask;
    for (;;) {
      const copy = this.#slots[slot];
      if (copy === -1) return this.#add(slot, hashes, offset, hotspot);
      if (this.hotspot[copy] === hotspot && this.#hasHash(copy, hashes, offset)) return copy;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** The copy of the packet hash in `row` at the hotspot whose key is in the same row of `keys`. */
  ofKey(hashes: Uint8Array, row: number, keys: Uint8Array): number {
    const offset = row * KEY_BYTES;
    return this.ofHotspot(hashes, row, this.#hotspotRow(keys, offset) ?? this.#stranger(keys, offset));
  }

  /** Whether the registry holds the hotspot of a copy. */
  isRegistered(copy: number): boolean {
    return this.hotspot[copy] < this.#hotspots;
  }

  #stranger(keys: Uint8Array, offset: number): number {
    const text = Buffer.from(keys.buffer, keys.byteOffset + offset, KEY_BYTES).toString("latin1");
    const known = this.#strangers.get(text);
    if (known !== undefined) return known;
    const number = this.#hotspots + this.#strangers.size;
    this.#strangers.set(text, number);
    return number;
  }

  #add(slot: number, hashes: Uint8Array, offset: number, hotspot: number): number {
    const copy = this.#count++;
    this.#slots[slot] = copy;
    this.hotspot[copy] = hotspot;
    this.packetHash.set(hashes.subarray(offset, offset + HASH_BYTES), copy * HASH_BYTES);
    return copy;
  }

  #hasHash(copy: number, hashes: Uint8Array, offset: number): boolean {
    const own = copy * HASH_BYTES;
    for (let i = 0; i < HASH_BYTES; i++) if (this.packetHash[own + i] !== hashes[offset + i]) return false;
    return true;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
