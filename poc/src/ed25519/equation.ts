/**
 * Whether many Ed25519 signatures are all strict ones, by one equation: for R, S, A and h = SHA-512(R, A, message) of each and random z,
 *
 *   sum of z R + sum of z h A - (sum of z S) B = 0
 *
 * holds for strict ones, and with a chance below 2^-126 where any is not. Usually that is said of the equation times eight only, and
 * without the eight a batch lets through by chance what a strict check refuses: a signature that is wrong by a point of small
 * order. Such a signature has an R or a key with a part of small order. Keys are looked at once each, before; whether any R has one is
 * told by the sums of subsets that the sum of z R is made of (subset-sums.ts). What passes both is what `verifySignature` accepts,
 * with R decoded instead of encoded: ADR 0029.
 */
import { ED25519_ORDER } from "../protocol/ed25519-curve.ts";
import { ADDEND_BYTES, POINT_BYTES, SCALAR_BYTES } from "./curve.ts";
import { type Engine, makeEngine } from "./engine.ts";
import { PrimeOrderSieve } from "./prime-order-sieve.ts";
import { drawScalars, type FillRandom } from "./random-scalars.ts";
import { type Digits, randomDigits, SUMS_END, SubsetSums, scalarDigits, type Terms } from "./subset-sums.ts";

/** A signature that is well-formed (S below L, R canonical), what it signs, and the place of its key in the batch. */
export interface BatchTerm {
  /** 64 bytes, R then S. */
  readonly signature: Uint8Array;
  /** SHA-512 of R, the key and the message. */
  readonly digest: Uint8Array;
  readonly key: number;
}

/** y of the base point is 4 / 5, x is even (RFC 8032, 5.1). */
const BASE_POINT = new Uint8Array(32).fill(0x66);
BASE_POINT[0] = 0x58;

const R = 1n << 256n;
const modL = (value: bigint): bigint => ((value % ED25519_ORDER) + ED25519_ORDER) % ED25519_ORDER;

/** Addresses of what is one at a time. */
const TOTAL = SUMS_END;
const OF_KEYS = TOTAL + POINT_BYTES;
const BASE = OF_KEYS + POINT_BYTES;
const BYTES = BASE + ADDEND_BYTES;
const DIGEST = BYTES + 32;
const S = DIGEST + 64;
const PRODUCT = S + SCALAR_BYTES;
const HIGH = PRODUCT + SCALAR_BYTES;
const SUM_OF_S = HIGH + SCALAR_BYTES;
const R_SQUARED = SUM_OF_S + SCALAR_BYTES;
const MINUS_ONE = R_SQUARED + SCALAR_BYTES;
const OFFSET = MINUS_ONE + SCALAR_BYTES;
const TERMS_FROM = OFFSET + SCALAR_BYTES;

export class BatchEquation {
  readonly #engine: Engine;
  readonly #sums: SubsetSums;
  readonly #fillRandom: FillRandom;
  readonly #sieve: PrimeOrderSieve;

  private constructor(engine: Engine, fillRandom: FillRandom) {
    this.#engine = engine;
    this.#sums = new SubsetSums(engine);
    this.#fillRandom = fillRandom;
    this.#sieve = new PrimeOrderSieve(engine, this.#sums, fillRandom, TOTAL);
    engine.reserve(TERMS_FROM);
    this.#decompress(BASE, BASE_POINT);
    this.#write(R_SQUARED, modL(R * R));
    // Times R, as what is multiplied with it is taken times 1 / R.
    this.#write(MINUS_ONE, modL(-R));
  }

  /** Undefined where the runtime lacks what the arithmetic is written in. */
  static make(fillRandom: FillRandom): BatchEquation | undefined {
    const engine = makeEngine();
    return engine && new BatchEquation(engine, fillRandom);
  }

  /**
   * Readies keys (32 bytes each): what `holds` takes for each, or undefined for those that are no point in its canonical form or have a
   * part of small order.
   */
  readyKeys(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    const { addends, scalars } = this.#place(keys.length);
    const points: number[] = [];
    for (const [i, key] of keys.entries()) {
      if (this.#decompress(addends + points.length * ADDEND_BYTES, key)) points.push(i);
    }
    const ready = Array<Uint8Array | undefined>(keys.length).fill(undefined);
    const made = this.#engine.bytes().slice(addends, addends + points.length * ADDEND_BYTES);
    for (const at of this.#sieve.ofPrimeOrder({ addends, scalars, count: points.length })) {
      ready[points[at]!] = made.subarray(at * ADDEND_BYTES, (at + 1) * ADDEND_BYTES);
    }
    return ready;
  }

  /** True if all are strict signatures under their `keys` (of `readyKeys`); false as well where any R is no point. */
  holds(batch: readonly BatchTerm[], keys: readonly Uint8Array[]): boolean {
    if (batch.length === 0) return true;
    const ofR = this.#place(batch.length);
    const ofKeys = this.#place(keys.length + 1, ofR.end);
    for (const [i, { signature }] of batch.entries()) {
      if (!this.#decompress(ofR.addends + i * ADDEND_BYTES, signature.subarray(0, 32))) return false;
    }
    const digits = randomDigits(ofR.count);
    drawScalars(this.#engine, this.#fillRandom, ofR, digits);
    this.#sumScalars(batch, ofR, ofKeys, digits);
    if (!this.#sums.sumOfPrimeOrder(TOTAL, ofR, digits)) return false;
    this.#takeKeys(keys, ofKeys);
    this.#sums.sum(OF_KEYS, ofKeys, this.#offsetScalars(ofKeys));
    const { addPoints, isNeutral } = this.#engine.curve;
    addPoints(TOTAL, TOTAL, OF_KEYS);
    return isNeutral(TOTAL) === 1;
  }

  #place(count: number, from = TERMS_FROM): Terms & { readonly end: number } {
    const scalars = from + count * ADDEND_BYTES;
    const end = scalars + count * SCALAR_BYTES;
    this.#engine.reserve(end);
    return { addends: from, scalars, count, end };
  }

  #decompress(to: number, encoded: Uint8Array): boolean {
    this.#engine.bytes().set(encoded, BYTES);
    return this.#engine.curve.decompress(to, BYTES) === 1;
  }

  /** z h of each signature is added to its key's scalar, and minus the sum of z S is that of the base point, which comes last. */
  #sumScalars(batch: readonly BatchTerm[], ofR: Terms, ofKeys: Terms, digits: Digits): void {
    const { multiply, add } = this.#engine.scalar;
    const memory = this.#engine.bytes();
    const { scalars, count } = ofKeys;
    memory.fill(0, scalars, scalars + count * SCALAR_BYTES);
    memory.fill(0, SUM_OF_S, SUM_OF_S + SCALAR_BYTES);
    this.#write(OFFSET, modL(-digits.offset * R));
    for (const [i, { signature, digest, key }] of batch.entries()) {
      memory.set(digest, DIGEST);
      memory.set(signature.subarray(32), S);
      // z R, then z S, then z (low + high 2^256) in two parts.
      multiply(PRODUCT, ofR.scalars + i * SCALAR_BYTES, R_SQUARED);
      add(PRODUCT, PRODUCT, OFFSET);
      multiply(S, S, PRODUCT);
      add(SUM_OF_S, SUM_OF_S, S);
      multiply(HIGH, DIGEST + 32, R_SQUARED);
      multiply(HIGH, HIGH, PRODUCT);
      multiply(PRODUCT, DIGEST, PRODUCT);
      const ofKey = scalars + key * SCALAR_BYTES;
      add(ofKey, ofKey, HIGH);
      add(ofKey, ofKey, PRODUCT);
    }
    multiply(scalars + (count - 1) * SCALAR_BYTES, SUM_OF_S, MINUS_ONE);
  }

  #takeKeys(keys: readonly Uint8Array[], { addends }: Terms): void {
    const memory = this.#engine.bytes();
    for (const [i, key] of keys.entries()) memory.set(key, addends + i * ADDEND_BYTES);
    memory.copyWithin(addends + keys.length * ADDEND_BYTES, BASE, BASE + ADDEND_BYTES);
  }

  #offsetScalars({ scalars, count }: Terms): Digits {
    const digits = scalarDigits(count);
    this.#write(OFFSET, digits.offset);
    for (let i = 0; i < count; i++) {
      const scalar = scalars + i * SCALAR_BYTES;
      this.#engine.scalar.addWords(scalar, scalar, OFFSET);
    }
    return digits;
  }

  #write(address: number, value: bigint): void {
    const bytes = this.#engine.bytes();
    for (let i = 0; i < SCALAR_BYTES; i++) bytes[address + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
}
