/**
 * Sums of many points times their scalars, after Pippenger, put together from sums of subsets, which tell apart what a sum cannot.
 *
 * Each window of a scalar is a signed digit d. A point goes to the bucket of |d|, with the sign of d. The buckets are folded: all whose
 * number has the highest bit make the sum of that bit, then lie down on those without it, and so on. A window's sum is its bits' sums
 * times powers of two, for as many additions as the usual running sum takes.
 *
 * The sum of a bit is that of the points whose digit has it, each with its sign. A digit of b bits is drawn from -2^(b-1) to 2^(b-1) - 1,
 * all alike; so, whatever its sign is, the lower b - 1 bits of |d| are that many tosses of a coin. Points of which any has a part of
 * small order, of whatever kind, leave such a part in the sum of each of these bits with a chance of a half or more, whatever they
 * left in the others, though in the sum of all it may cancel out; and whether a sum has such a part is told by L times it.
 * `SECURITY_BITS` sums or a few more are asked that here.
 */
import { ED25519_ORDER } from "../protocol/ed25519-curve.ts";
import { FREE_FROM, POINT_BYTES } from "./curve.ts";
import type { Engine } from "./engine.ts";

/** What is wrongly let through is let through with a chance of 2^-128. */
export const SECURITY_BITS = 128;

const MAX_DIGIT_BITS = 11;
const BUCKETS = 2 ** (MAX_DIGIT_BITS - 1);
const SUM_OF_BIT = FREE_FROM;
const MULTIPLE = SUM_OF_BIT + POINT_BYTES;
const BUCKETS_FROM = MULTIPLE + POINT_BYTES;
/** From here on the memory is that of who sums up. */
export const SUMS_END = BUCKETS_FROM + BUCKETS * POINT_BYTES;

const ORDER_BITS = Array.from(ED25519_ORDER.toString(2), (bit) => bit === "1");

/** How scalars are cut. */
export interface Digits {
  readonly bits: number;
  readonly windows: number;
  /**
   * A scalar's words are read as `scalar + offset`: taking half of 2^bits away from each window of that leaves signed digits whose sum
   * is the scalar.
   */
  readonly offset: bigint;
}

/** Multiplications of an addition to a bucket, and of the two additions that folding takes a bucket. */
const FILL_COST = 7;
const FOLD_COST = 18;

function cheapest(count: number, windowsOf: (bits: number) => number): Digits {
  const costOf = (bits: number) => windowsOf(bits) * (FILL_COST * count + FOLD_COST * 2 ** (bits - 1));
  let bits = 2;
  for (let more = 3; more <= MAX_DIGIT_BITS; more++) if (costOf(more) < costOf(bits)) bits = more;
  const windows = windowsOf(bits);
  let offset = 0n;
  for (let window = 0; window < windows; window++) offset += 1n << BigInt(window * bits + bits - 1);
  return { bits, windows, offset };
}

/** For `count` random scalars: every bit of every window that is drawn is one of the tosses. */
export const randomDigits = (count: number): Digits => cheapest(count, (bits) => Math.ceil(SECURITY_BITS / (bits - 1)));

/** For `count` scalars below L. */
export const scalarDigits = (count: number): Digits => cheapest(count, (bits) => Math.ceil(255 / bits));

/** Points one after the other as addends, and their scalars. */
export interface Terms {
  readonly addends: number;
  readonly scalars: number;
  readonly count: number;
}

export class SubsetSums {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Sums up to the point at `to`. */
  sum(to: number, terms: Terms, digits: Digits): void {
    this.#sum(to, terms, digits, () => true);
  }

  /**
   * The same for random digits; false, with nothing summed up, if any of the points has a part of small order. The chance that it says
   * true of such points is 2^-SECURITY_BITS.
   */
  sumOfPrimeOrder(to: number, terms: Terms, digits: Digits): boolean {
    return this.#sum(to, terms, digits, (sumOfBit) => this.isOfPrimeOrder(sumOfBit));
  }

  /** True if L times the point is the neutral one: it has no part of small order. */
  isOfPrimeOrder(point: number): boolean {
    const { neutral, double, addPoints, isNeutral } = this.#engine.curve;
    neutral(MULTIPLE, 1);
    for (const bit of ORDER_BITS) {
      double(MULTIPLE, MULTIPLE);
      if (bit) addPoints(MULTIPLE, MULTIPLE, point);
    }
    return isNeutral(MULTIPLE) === 1;
  }

  #sum(
    to: number,
    { addends, scalars, count }: Terms,
    { bits, windows }: Digits,
    isGood: (sumOfBit: number) => boolean,
  ): boolean {
    const { neutral, fillBuckets, double, addPoints } = this.#engine.curve;
    const top = 2 ** (bits - 1);
    neutral(to, 1);
    for (let window = windows - 1; window >= 0; window--) {
      neutral(BUCKETS_FROM, top);
      fillBuckets(addends, scalars, count, window * bits, bits, BUCKETS_FROM);
      for (let size = top; size >= 1; size /= 2) {
        this.#fold(size, top);
        // The highest bit is that of one digit of 2^bits alone: no toss of a coin.
        if (size < top && !isGood(SUM_OF_BIT)) return false;
        double(to, to);
        addPoints(to, to, SUM_OF_BIT);
      }
    }
    return true;
  }

  /** Sums up the buckets from number `size` on and adds each but the first to the one whose number is less by `size`. */
  #fold(size: number, top: number): void {
    const { neutral, addPoints } = this.#engine.curve;
    const end = Math.min(2 * size, top + 1);
    neutral(SUM_OF_BIT, 1);
    for (let number = size; number < end; number++) {
      const bucket = bucketOf(number);
      addPoints(SUM_OF_BIT, SUM_OF_BIT, bucket);
      if (number > size) addPoints(bucketOf(number - size), bucketOf(number - size), bucket);
    }
  }
}

const bucketOf = (number: number) => BUCKETS_FROM + (number - 1) * POINT_BYTES;
