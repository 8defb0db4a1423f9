import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FREE_FROM, POINT_BYTES } from "../../src/ed25519/curve.ts";
import { soak } from "../protocol/support.ts";
import {
  anyPoint,
  EIGHT_TORSION,
  engine,
  littleEndian,
  multiple,
  numberBelow,
  P,
  readElement,
  readPoint,
  writePoint,
} from "./support.ts";

const [TO, LEFT, RIGHT] = [FREE_FROM, FREE_FROM + POINT_BYTES, FREE_FROM + 2 * POINT_BYTES] as const;
const { curve, bytes } = engine();

/** What RFC 8032 (5.1.3) decodes 32 bytes to, or undefined: with y below p, and no x = 0 of the other sign. */
function decoded(encoded: Uint8Array): InstanceType<typeof ed25519.Point> | undefined {
  try {
    return ed25519.Point.fromBytes(encoded, false);
  } catch {
    return undefined;
  }
}

/** What an addend stands for, or undefined where the engine says that the bytes are no point. */
function decompressed(encoded: Uint8Array) {
  bytes().set(encoded, LEFT);
  if (curve.decompress(TO, LEFT) === 0) return undefined;
  const half = ed25519.Point.Fp.inv(2n);
  const [sum, difference, product] = [0, 40, 80].map((at) => readElement(bytes(), TO + at)) as [bigint, bigint, bigint];
  return { x: ((sum - difference + P) * half) % P, y: ((sum + difference) * half) % P, product };
}

describe("an encoded point", () => {
  test("is decoded, or refused, as RFC 8032 says", () => {
    const anyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const nearEnds = fc
      .tuple(numberBelow(1n << 255n), fc.boolean())
      .map(([y, sign]) => littleEndian(y | (sign ? 1n << 255n : 0n), 32));
    fc.assert(
      fc.property(
        fc.oneof(
          anyBytes,
          nearEnds,
          anyPoint.map((point) => point.toBytes()),
        ),
        (encoded) => {
          const expected = decoded(encoded)?.toAffine();
          const found = decompressed(encoded);
          expect(found && { x: found.x, y: found.y }).toEqual(expected && { x: expected.x, y: expected.y });
          if (found !== undefined) {
            expect(found.product).toBe((2n * ed25519.Point.CURVE().d * found.x * found.y) % P);
          }
        },
      ),
      soak(500),
    );
  });

  test("of small order is decoded in its canonical form only", () => {
    for (let i = 0; i < 8; i++) {
      const { x, y } = multiple(EIGHT_TORSION, BigInt(i)).toAffine();
      expect(decompressed(littleEndian(y | ((x & 1n) << 255n), 32))).toMatchObject({ x, y });
      // x = 0 with a sign, and y + p, say the same point once more.
      if (x === 0n) expect(decompressed(littleEndian(y | (1n << 255n), 32))).toBeUndefined();
      if (y < 19n) expect(decompressed(littleEndian((y + P) | ((x & 1n) << 255n), 32))).toBeUndefined();
    }
  });
});

describe("points", () => {
  const scale = fc.bigInt({ min: 1n, max: P - 1n });

  test("add and double as @noble/curves does, in whatever coordinates and of whatever order", () => {
    fc.assert(
      fc.property(anyPoint, anyPoint, scale, scale, (left, right, z, w) => {
        writePoint(bytes(), LEFT, left, z);
        writePoint(bytes(), RIGHT, right, w);
        curve.addPoints(TO, LEFT, RIGHT);
        expect(readPoint(bytes(), TO).equals(left.add(right))).toBe(true);
        curve.double(TO, LEFT);
        expect(readPoint(bytes(), TO).equals(left.double())).toBe(true);
        curve.addPoints(LEFT, LEFT, LEFT);
        expect(readPoint(bytes(), LEFT).equals(left.double())).toBe(true);
      }),
      soak(200),
    );
  });

  test("are told from the neutral one, the point of order 2 included", () => {
    const order2 = multiple(EIGHT_TORSION, 4n);
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(ed25519.Point.ZERO, order2, EIGHT_TORSION), anyPoint), scale, (point, z) => {
        writePoint(bytes(), LEFT, point, z);
        expect(curve.isNeutral(LEFT) === 1).toBe(point.equals(ed25519.Point.ZERO));
      }),
      soak(200),
    );
  });

  test("go to the bucket of their digit with its sign", () => {
    // Digits of 4 bits from bit 7 on: 5 above half is +5, 1 is 7 below it, 8 is none.
    const point = ed25519.Point.BASE.multiply(12345n);
    const [addends, scalars, buckets] = [LEFT, FREE_FROM + 4 * POINT_BYTES, FREE_FROM + 8 * POINT_BYTES];
    bytes().set(point.toBytes(), TO);
    for (let i = 0; i < 3; i++) curve.decompress(addends + 120 * i, TO);
    for (const [i, digit] of [13n, 1n, 8n].entries()) {
      bytes().set(littleEndian((digit << 7n) | 0x7fn | (1n << 11n), 40), scalars + 40 * i);
    }
    curve.neutral(buckets, 8);
    curve.fillBuckets(addends, scalars, 3, 7, 4, buckets);
    const found = Array.from({ length: 8 }, (_, i) => readPoint(bytes(), buckets + i * POINT_BYTES));
    const expected = found.map((_, i) => (i === 4 ? point : i === 6 ? point.negate() : ed25519.Point.ZERO));
    expect(found.map((one, i) => one.equals(expected[i]!))).toEqual(Array(8).fill(true));
  });
});
