/** The random numbers of an equation. */
import { SCALAR_BYTES } from "./curve.ts";
import type { Engine } from "./engine.ts";
import type { Digits, Terms } from "./subset-sums.ts";

/** Fills bytes with what nobody could foresee: `crypto.getRandomValues`. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => void;

/** At most as many random bytes at a time (Web Cryptography API). */
const RANDOM_BYTES_AT_ONCE = 65_536;

/** Random words for as many bits as the digits have, zeros above. */
export function drawScalars(
  engine: Engine,
  fillRandom: FillRandom,
  { scalars, count }: Terms,
  { bits, windows }: Digits,
): void {
  const bytes = engine.bytes().subarray(scalars, scalars + count * SCALAR_BYTES) as Uint8Array<ArrayBuffer>;
  for (let from = 0; from < bytes.length; from += RANDOM_BYTES_AT_ONCE) {
    fillRandom(bytes.subarray(from, from + RANDOM_BYTES_AT_ONCE));
  }
  const last = (bits * windows) >> 3;
  const mask = (1 << ((bits * windows) & 7)) - 1;
  for (let from = 0; from < bytes.length; from += SCALAR_BYTES) {
    bytes[from + last]! &= mask;
    bytes.fill(0, from + last + 1, from + SCALAR_BYTES);
  }
}
