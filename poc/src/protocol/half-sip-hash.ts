/**
 * HalfSipHash-2-4 with 64-bit output (Aumasson and Bernstein's SipHash on 32-bit words) of exactly eight bytes under an eight-byte key.
 *
 * A keyed function in some 140 integer instructions, for ranking many short things under a key nobody knew in advance. Not a
 * commitment and not a signature: whoever has the key can search for inputs.
 */

/** The last hash: first and second little-endian word of the output. */
export interface HalfSipHashOutput {
  first: number;
  second: number;
}

/** Hashes the eight bytes of two little-endian words under the key of two little-endian words; all uint32 or int32. */
export function halfSipHash8(
  key0: number,
  key1: number,
  word0: number,
  word1: number,
  output: HalfSipHashOutput,
): void {
  let v0 = key0 | 0;
  let v1 = key1 ^ 0xee;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1;
  // Two message words, then the length (8) in the top byte of the last one; four rounds end each half of the output.
  for (let round = 0; round < 14; round++) {
    if (round === 0) v3 ^= word0;
    else if (round === 2) {
      v0 ^= word0;
      v3 ^= word1;
    } else if (round === 4) {
      v0 ^= word1;
      v3 ^= 0x08000000;
    } else if (round === 6) {
      v0 ^= 0x08000000;
      v2 ^= 0xee;
    } else if (round === 10) {
      output.first = (v1 ^ v3) >>> 0;
      v1 ^= 0xdd;
    }
    v0 = (v0 + v1) | 0;
    v1 = (v1 << 5) | (v1 >>> 27);
    v1 ^= v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = (v3 << 8) | (v3 >>> 24);
    v3 ^= v2;
    v0 = (v0 + v3) | 0;
    v3 = (v3 << 7) | (v3 >>> 25);
    v3 ^= v0;
    v2 = (v2 + v1) | 0;
    v1 = (v1 << 13) | (v1 >>> 19);
    v1 ^= v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  output.second = (v1 ^ v3) >>> 0;
}

/**
 * The first word alone of the same hash, uint32: the first ten of the fourteen rounds. Written apart because ranking asks for it in bulk,
 * and a call that writes both words takes twice as long.
 */
export function halfSipHash8First(key0: number, key1: number, word0: number, word1: number): number {
  let v0 = key0 | 0;
  let v1 = key1 ^ 0xee;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1 ^ word0;
  for (let round = 0; round < 10; round++) {
    if (round === 2) {
      v0 ^= word0;
      v3 ^= word1;
    } else if (round === 4) {
      v0 ^= word1;
      v3 ^= 0x08000000;
    } else if (round === 6) {
      v0 ^= 0x08000000;
      v2 ^= 0xee;
    }
    v0 = (v0 + v1) | 0;
    v1 = (v1 << 5) | (v1 >>> 27);
    v1 ^= v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = (v3 << 8) | (v3 >>> 24);
    v3 ^= v2;
    v0 = (v0 + v3) | 0;
    v3 = (v3 << 7) | (v3 >>> 25);
    v3 ^= v0;
    v2 = (v2 + v1) | 0;
    v1 = (v1 << 13) | (v1 >>> 19);
    v1 ^= v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return (v1 ^ v3) >>> 0;
}
