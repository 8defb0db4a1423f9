import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocateByLargestRemainder } from "../../src/reward/allocation.ts";
import { sumAtoms, U64_MAX } from "../../src/reward/amount.ts";
import { readRewardVector, soaked } from "./vector-file.ts";

interface Case {
  readonly name: string;
  readonly budget: string;
  readonly weights: string[];
  readonly amounts: string[];
  readonly leftOver: string;
}

const { cases } = readRewardVector<{ cases: Case[] }>("allocation.json");

const anyWeight = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 1e9 }),
  fc.integer({ min: 2 ** 53 - 9, max: 2 ** 53 - 1 }),
);
const anyBudget = fc.oneof(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: U64_MAX }));
const anySplit = fc.record({ budget: anyBudget, weights: fc.array(anyWeight, { maxLength: 40 }) });

describe("largest remainder", () => {
  test.each(cases)("$name", ({ budget, weights, amounts, leftOver }) => {
    for (const column of [Float64Array.from(weights, Number), BigUint64Array.from(weights, BigInt)]) {
      const allocation = allocateByLargestRemainder(BigInt(budget), column);
      expect([...allocation.amounts].map(String)).toEqual(amounts);
      expect(String(allocation.leftOverAtoms)).toBe(leftOver);
    }
  });

  test("takes weights up to u64", () => {
    const { amounts } = allocateByLargestRemainder(U64_MAX, BigUint64Array.of(U64_MAX, U64_MAX, U64_MAX));
    expect([...amounts]).toEqual(Array(3).fill(U64_MAX / 3n));
  });

  test("gives a million equal rows the same, and what is over to the first", () => {
    const { amounts } = allocateByLargestRemainder(3_000_007n, new Float64Array(1_000_000).fill(9));
    expect(amounts.subarray(0, 7).every((amount) => amount === 4n)).toBe(true);
    expect(amounts.subarray(7).every((amount) => amount === 3n)).toBe(true);
  });

  test("gives out the budget to the last unit, or leaves it whole when nobody has a weight", () => {
    fc.assert(
      fc.property(anySplit, ({ budget, weights }) => {
        const { amounts, leftOverAtoms } = allocateByLargestRemainder(budget, Float64Array.from(weights));
        expect(sumAtoms(amounts) + leftOverAtoms).toBe(budget);
        expect(leftOverAtoms).toBe(weights.some((weight) => weight > 0) ? 0n : budget);
      }),
      soaked(300),
    );
  });

  test("is within one unit of every quota, and monotone in the weight", () => {
    fc.assert(
      fc.property(anySplit, ({ budget, weights }) => {
        const { amounts } = allocateByLargestRemainder(budget, Float64Array.from(weights));
        const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
        const rows = weights.map((weight, row) => ({ weight, amount: amounts[row]! }));
        for (const { weight, amount } of rows) {
          const error = amount * total - budget * BigInt(weight);
          if (total > 0n) expect(error > -total && error < total).toBe(true);
          if (weight === 0) expect(amount).toBe(0n);
        }
        const byWeight = rows.toSorted((a, b) => a.weight - b.weight);
        byWeight.slice(1).forEach((row, k) => {
          if (row.weight > byWeight[k]!.weight) expect(row.amount >= byWeight[k]!.amount).toBe(true);
        });
      }),
      soaked(300),
    );
  });

  test("pays weights alike in whatever order the rows stand, and the earlier of equal weights first", () => {
    fc.assert(
      fc.property(anySplit, fc.infiniteStream(fc.nat()), ({ budget, weights }, stream) => {
        // Different weights with equal remainders may trade a unit when they change places: only there order has a say.
        const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
        const distinct = [...new Set(weights)];
        fc.pre(
          total > 0n && new Set(distinct.map((weight) => (budget * BigInt(weight)) % total)).size === distinct.length,
        );
        const shuffled = weights
          .map((weight) => ({ weight, key: stream.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ weight }) => weight);
        const paid = (column: readonly number[], weight: number) => {
          const { amounts } = allocateByLargestRemainder(budget, Float64Array.from(column));
          return [...amounts].filter((_, row) => column[row] === weight);
        };
        for (const weight of distinct) {
          const amounts = paid(weights, weight);
          expect(paid(shuffled, weight)).toEqual(amounts);
          expect(amounts).toEqual(amounts.toSorted((a, b) => Number(b - a)));
        }
      }),
      soaked(150),
    );
  });

  test("refuses weights that are not exact integers", () => {
    for (const weight of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => allocateByLargestRemainder(10n, Float64Array.of(1, weight))).toThrow("POC_BAD_AMOUNT");
    }
  });

  test("refuses a budget that is not a u64", () => {
    expect(() => allocateByLargestRemainder(-1n, Float64Array.of(1))).toThrow("POC_BAD_AMOUNT");
    expect(() => allocateByLargestRemainder(U64_MAX + 1n, Float64Array.of(1))).toThrow("POC_BAD_AMOUNT");
  });
});
