/**
 * Randomness of a simulation: a seeded generator with named streams, the same on every machine.
 *
 * Generator: xoshiro128** 1.1 (Blackman and Vigna, public domain), 32-bit integers only. A stream's state is the first 16 bytes
 * of SHA-256 over the seed and the stream's path, so each feature, hotspot and day draws from a stream of its own: adding a
 * feature, or leaving a hotspot out, moves no draw of the others. Not for secrets.
 */
import { sha256 } from "@earshot/poc/protocol";

const TWO_TO_MINUS_32 = 1 / 4_294_967_296;
const encoder = new TextEncoder();

/** Name of a stream, coarse to fine: `["hotspot", address, "outage", day]`. */
export type StreamPath = readonly (string | number)[];

/** Draws of one stream; every call moves it on. */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(state: Uint8Array) {
    const words = new DataView(state.buffer, state.byteOffset, 16);
    this.#a = words.getUint32(0, true);
    this.#b = words.getUint32(4, true);
    this.#c = words.getUint32(8, true);
    // The state must not be all zero; a constant bit costs one of 128.
    this.#d = (words.getUint32(12, true) | 1) >>> 0;
  }

  /** An integer from 0 to 2^32 - 1. */
  u32(): number {
    const multiplied = Math.imul(this.#b, 5);
    const result = Math.imul((multiplied << 7) | (multiplied >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number in [0, 1), a multiple of 2^-32. */
  unit(): number {
    return this.u32() * TWO_TO_MINUS_32;
  }

  /** An integer in [0, bound); the bias is below bound / 2^32. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  /** An integer in [from, to], both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** The sum of two uniform draws, less one: a triangle over (-1, 1) with its peak at 0. */
  triangle(): number {
    return this.unit() + this.unit() - 1;
  }

  /** `length` bytes, a multiple of four. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const words = new DataView(bytes.buffer);
    for (let i = 0; i < length; i += 4) words.setUint32(i, this.u32(), true);
    return bytes;
  }
}

/** SHA-256 of a seed and a path: the key material of a stream, and of keys and hashes that are not streams. */
export function derive(seed: string, path: StreamPath): Uint8Array {
  return sha256(encoder.encode(JSON.stringify([seed, ...path])));
}

/** The stream of a path. */
export function randomStream(seed: string, ...path: StreamPath): RandomStream {
  return new RandomStream(derive(seed, path));
}

/** Spreads 32 bits over 32 bits, one to one (the finalizer of MurmurHash3, public domain). */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * A number in [0, 1) that belongs to an unordered pair of 32-bit tags: what two hotspots have in common, without a table of
 * pairs and whatever order they are met in.
 */
export function pairUnit(salt: number, tagA: number, tagB: number): number {
  const low = Math.min(tagA, tagB);
  const high = Math.max(tagA, tagB);
  return mix(mix(mix(salt ^ low) + high) ^ 0x9e3779b9) * TWO_TO_MINUS_32;
}

/** A number of [0, 1) from the salted tag of one hotspot. */
export function tagUnit(salt: number, tag: number): number {
  return mix(mix(salt ^ tag) + 0x9e3779b9) * TWO_TO_MINUS_32;
}

/**
 * Folds a number back into [0, 1] at both ends. A uniform number moved by symmetric noise and folded is uniform again, so noise
 * can be added to a quantile without widening what the quantile was drawn from.
 */
export function reflect(value: number): number {
  const folded = Math.abs(value) % 2;
  return folded > 1 ? 2 - folded : folded;
}

/** The choice that a number in [0, 1) falls on; shares add up to one. */
export function pick<T extends { readonly share: number }>(choices: readonly T[], unit: number): T {
  let rest = unit;
  for (const choice of choices) {
    rest -= choice.share;
    if (rest < 0) return choice;
  }
  return choices[choices.length - 1];
}
