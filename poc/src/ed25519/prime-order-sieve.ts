/** Finds among many points those that have no part of small order: all at once, and alone only those that are near one that has. */
import { ADDEND_BYTES } from "./curve.ts";
import type { Engine } from "./engine.ts";
import { drawScalars, type FillRandom } from "./random-scalars.ts";
import { randomDigits, SECURITY_BITS, type SubsetSums, type Terms } from "./subset-sums.ts";

/** Fewer points are asked one by one: a sum of all would take more multiplications by L (subset-sums.ts). */
const LEAST_TOGETHER = SECURITY_BITS;
const PARTS = 8;

export class PrimeOrderSieve {
  readonly #engine: Engine;
  readonly #sums: SubsetSums;
  readonly #fillRandom: FillRandom;
  /** Where a point is worked on. */
  readonly #sum: number;

  constructor(engine: Engine, sums: SubsetSums, fillRandom: FillRandom, sum: number) {
    this.#engine = engine;
    this.#sums = sums;
    this.#fillRandom = fillRandom;
    this.#sum = sum;
  }

  /**
   * Places of the addends that have no part of small order. All are asked at once, then parts, then one by one: so a point that has one
   * makes little work for the others, as long as not every part has such a point.
   */
  *ofPrimeOrder(terms: Terms, first = 0): Generator<number> {
    const { addends, scalars, count } = terms;
    const areMany = count >= LEAST_TOGETHER;
    const areGood = areMany && this.#haveOnlyPrimeOrder(terms);
    if (areGood || !areMany) {
      for (let i = 0; i < count; i++) {
        if (areGood || this.#isOfPrimeOrder(addends + i * ADDEND_BYTES)) yield first + i;
      }
      return;
    }
    const size = Math.ceil(count / PARTS);
    for (let from = 0; from < count; from += size) {
      const part = { addends: addends + from * ADDEND_BYTES, scalars, count: Math.min(size, count - from) };
      yield* this.ofPrimeOrder(part, first + from);
    }
  }

  #haveOnlyPrimeOrder(terms: Terms): boolean {
    const digits = randomDigits(terms.count);
    drawScalars(this.#engine, this.#fillRandom, terms, digits);
    return this.#sums.sumOfPrimeOrder(this.#sum, terms, digits);
  }

  #isOfPrimeOrder(addend: number): boolean {
    const { neutral, addAddend } = this.#engine.curve;
    neutral(this.#sum, 1);
    addAddend(this.#sum, addend);
    return this.#sums.isOfPrimeOrder(this.#sum);
  }
}
