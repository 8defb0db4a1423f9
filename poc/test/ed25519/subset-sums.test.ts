import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { POINT_BYTES } from "../../src/ed25519/curve.ts";
import { randomDigits, SECURITY_BITS, SUMS_END, SubsetSums, scalarDigits } from "../../src/ed25519/subset-sums.ts";
import { seed, soak } from "../protocol/support.ts";
import {
  anyPoint,
  EIGHT_TORSION,
  engine,
  fromLittleEndian,
  multiple,
  numberBelow,
  ORDER,
  readPoint,
  writePoint,
  writeTerms,
} from "./support.ts";

const made = engine();
const sums = new SubsetSums(made);
const [TO, FROM] = [SUMS_END, SUMS_END + POINT_BYTES] as const;
made.reserve(FROM);

/** Random scalars of as many bits as the digits have: hashed, because what fast-check draws itself leans to the small. */
const drawn = (count: number) => {
  const { bits, windows } = randomDigits(count);
  return fc
    .integer()
    .map((drawing) =>
      Array.from(
        { length: count },
        (_, i) => fromLittleEndian(seed(`${drawing}/${i}`)) % (1n << BigInt(bits * windows)),
      ),
    );
};

describe("a sum of points times scalars", () => {
  test("is that of @noble/curves", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ point: anyPoint, scalar: numberBelow(ORDER) }), { minLength: 1, maxLength: 40 }),
        (terms) => {
          const digits = scalarDigits(terms.length);
          sums.sum(
            TO,
            writeTerms(
              made,
              FROM,
              terms.map(({ point, scalar }) => ({ point, scalar: scalar + digits.offset })),
            ),
            digits,
          );
          const expected = terms.reduce(
            (sum, { point, scalar }) => sum.add(multiple(point, scalar)),
            ed25519.Point.ZERO,
          );
          expect(readPoint(made.bytes(), TO).equals(expected)).toBe(true);
        },
      ),
      soak(20),
    );
  });

  test("has digits for every count: they add up to the scalar, and cover the bits that are wanted", () => {
    for (const count of [1, 2, 100, 1000, 10_000, 100_000]) {
      const random = randomDigits(count);
      expect((random.bits - 1) * random.windows).toBeGreaterThanOrEqual(SECURITY_BITS);
      // Scalars that are drawn stay below L / 2 in size: different ones are different modulo L.
      expect(random.bits * random.windows).toBeLessThanOrEqual(251);
      for (const { bits, windows, offset } of [random, scalarDigits(count)]) {
        const halves = Array.from({ length: windows }, (_, i) => 1n << BigInt(bits * i + bits - 1));
        expect(offset).toBe(halves.reduce((sum, half) => sum + half, 0n));
      }
      const { bits, windows, offset } = scalarDigits(count);
      expect((ORDER - 1n + offset) >> BigInt(bits * windows)).toBe(0n);
    }
  });
});

describe("points with a part of small order", () => {
  test("are told, one of them or many, also where the parts cancel out", () => {
    const prime = numberBelow(ORDER).map((scalar) => multiple(ed25519.Point.BASE, scalar));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(prime, fc.integer({ min: 0, max: 7 })), { minLength: 2, maxLength: 12 }),
        drawn(12),
        (parts, scalars) => {
          const points = parts.map(([point, small]) => point.add(multiple(EIGHT_TORSION, BigInt(small))));
          const digits = randomDigits(12);
          const terms = writeTerms(
            made,
            FROM,
            points.map((point, i) => ({ point, scalar: scalars[i]! })),
          );
          expect(sums.sumOfPrimeOrder(TO, terms, digits)).toBe(parts.every(([, small]) => small === 0));
        },
      ),
      soak(10),
    );
  });

  test("cancel out in the sum of all for half of the random scalars, and are told by the sums of subsets", () => {
    const order2 = multiple(EIGHT_TORSION, 4n);
    const points = [3n, 5n].map((scalar) => multiple(ed25519.Point.BASE, scalar).add(order2));
    const digits = randomDigits(2);
    let cancelled = 0;
    fc.assert(
      fc.property(drawn(2), (scalars) => {
        const terms = writeTerms(
          made,
          FROM,
          points.map((point, i) => ({ point, scalar: scalars[i]! })),
        );
        sums.sum(TO, terms, digits);
        if (readPoint(made.bytes(), TO).isTorsionFree()) cancelled++;
        expect(sums.sumOfPrimeOrder(TO, terms, digits)).toBe(false);
      }),
      { numRuns: 60, seed: 20261127 },
    );
    expect(cancelled).toBeGreaterThan(15);
    expect(cancelled).toBeLessThan(45);
  });

  test("have L times them that is not the neutral point, alone among all points", () => {
    fc.assert(
      fc.property(anyPoint, (point) => {
        writePoint(made.bytes(), FROM, point);
        expect(sums.isOfPrimeOrder(FROM)).toBe(point.isTorsionFree());
      }),
      soak(100),
    );
  });
});
