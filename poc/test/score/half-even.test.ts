import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { divideHalfEven } from "../../src/score/half-even.ts";

describe("rounding half-even", () => {
  test.each([
    [0n, 7n, 0n],
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [4n, 3n, 1n],
    [5n, 3n, 2n],
    [10n ** 40n + 1n, 2n, 10n ** 40n / 2n],
  ])("%s / %s is %s", (numerator, denominator, rounded) => {
    expect(divideHalfEven(numerator, denominator)).toBe(rounded);
  });

  test("is within half of the exact ratio, and even where it is exactly half away", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 1n << 80n }),
        fc.bigInt({ min: 1n, max: 40n }),
        (numerator, denominator) => {
          const rounded = divideHalfEven(numerator, denominator);
          const twiceError = 2n * (rounded * denominator - numerator);
          const distance = twiceError < 0n ? -twiceError : twiceError;
          expect(distance <= denominator).toBe(true);
          if (distance === denominator) expect(rounded % 2n).toBe(0n);
        },
      ),
    );
  });

  test("refuses a negative numerator and a denominator below one", () => {
    expect(() => divideHalfEven(-1n, 2n)).toThrow("POC_BAD_AMOUNT");
    expect(() => divideHalfEven(1n, 0n)).toThrow("POC_BAD_AMOUNT");
    expect(() => divideHalfEven(1n, -2n)).toThrow("POC_BAD_AMOUNT");
  });
});
