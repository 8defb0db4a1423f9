/**
 * The bench's only source of chance: sfc32 (Chris Doty-Humphrey, PractRand; public domain), integers only, so that one seed gives
 * the same epoch on every machine. Not for anything that must be unpredictable.
 */

export interface Random {
  /** Uniform uint32. */
  u32(): number;
  /** Uniform integer from 0 to n - 1, n from 1 to 2^21 (beyond that the last bit is not exactly uniform). */
  below(n: number): number;
  /** Uniform double in [0, 1) with 32 random bits. */
  unit(): number;
}

/** A generator for `seed` (uint32); `stream` separates sequences of one seed. */
export function createRandom(seed: number, stream: number): Random {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const u32 = (): number => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 16; i++) u32();
  return {
    u32,
    below: (n) => Math.floor((u32() * n) / 4294967296),
    unit: () => u32() / 4294967296,
  };
}

/** Fills bytes from a generator, four at a time. */
export function fillRandom(random: Random, bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 4) {
    const word = random.u32();
    for (let k = 0; k < 4 && i + k < bytes.length; k++) bytes[i + k] = word >>> (8 * k);
  }
}
