/**
 * ChaCha with 12 rounds as a stream of 32-bit words: the generator behind a Helium beacon's payload.
 *
 * Source: D. J. Bernstein, "ChaCha, a variant of Salsa20" (2008), 256-bit key, 64-bit block counter, 64-bit stream number. Here
 * counter and stream begin at 0, which is how a generator is seeded from 32 bytes. The block function takes the number of double
 * rounds, so that tests can hold it against ChaCha20. Not a cipher: nothing here hides anything.
 */
import { pocError } from "../errors.ts";

/** Bytes of a key. */
export const chachaKeyBytes = 32;
/** 32-bit words of a block. */
const BLOCK_WORDS = 16;
/** Twelve rounds are six times a column round and a diagonal round. */
const DOUBLE_ROUNDS = 6;
/** "expand 32-byte k" as little-endian words. */
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

function quarterRound(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  x[a] += x[b];
  x[d] = rotateLeft(x[d] ^ x[a], 16);
  x[c] += x[d];
  x[b] = rotateLeft(x[b] ^ x[c], 12);
  x[a] += x[b];
  x[d] = rotateLeft(x[d] ^ x[a], 8);
  x[c] += x[d];
  x[b] = rotateLeft(x[b] ^ x[c], 7);
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** The ChaCha block function: 16 words of `input` to 16 words of `output`, which must be two arrays. */
export function chachaBlock(input: Uint32Array, doubleRounds: number, output: Uint32Array): void {
  output.set(input);
  for (let round = 0; round < doubleRounds; round++) {
    quarterRound(output, 0, 4, 8, 12);
    quarterRound(output, 1, 5, 9, 13);
    quarterRound(output, 2, 6, 10, 14);
    quarterRound(output, 3, 7, 11, 15);
    quarterRound(output, 0, 5, 10, 15);
    quarterRound(output, 1, 6, 11, 12);
    quarterRound(output, 2, 7, 8, 13);
    quarterRound(output, 3, 4, 9, 14);
  }
  for (let i = 0; i < BLOCK_WORDS; i++) output[i] += input[i];
}

/** The 16 words a block starts from: constants, key, counter 0, stream 0. Throws POC_BAD_LENGTH unless `key` has 32 bytes. */
export function chachaInput(key: Uint8Array): Uint32Array {
  if (key.length !== chachaKeyBytes) throw pocError("POC_BAD_LENGTH", `key: 32 bytes expected, ${key.length} given`);
  const view = new DataView(key.buffer, key.byteOffset, chachaKeyBytes);
  const input = new Uint32Array(BLOCK_WORDS);
  input.set(CONSTANTS);
  for (let i = 0; i < 8; i++) input[4 + i] = view.getUint32(4 * i, true);
  return input;
}

/** The first `count` words of the ChaCha12 keystream of `key`, stream 0. Throws POC_BAD_LENGTH unless `key` has 32 bytes. */
export function chacha12Words(key: Uint8Array, count: number): Uint32Array {
  const input = chachaInput(key);
  const block = new Uint32Array(BLOCK_WORDS);
  const words = new Uint32Array(count);
  for (let at = 0; at < count; at += BLOCK_WORDS) {
    chachaBlock(input, DOUBLE_ROUNDS, block);
    words.set(block.subarray(0, Math.min(BLOCK_WORDS, count - at)), at);
    input[12]++;
    if (input[12] === 0) input[13]++;
  }
  return words;
}
