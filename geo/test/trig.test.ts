import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asin, cos, sin } from "../src/index.ts";
import { SOAK } from "./cells.ts";

/** Distance of two doubles in units of the last place of the second. */
function ulps(actual: number, expected: number): number {
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(expected), Number.MIN_VALUE)));
  return Math.abs(actual - expected) / 2 ** (Math.max(exponent, -1022) - 52);
}

describe("vectors", () => {
  test("gives the exact values at the corners", () => {
    expect([sin(0), cos(0), asin(0), asin(1), asin(-1)]).toEqual([0, 1, 0, Math.PI / 2, -Math.PI / 2]);
    expect(Object.is(sin(-0), -0)).toBe(true);
    expect(Object.is(asin(-0), -0)).toBe(true);
    // π as a double is a little less than π: these are the true values to the last bit.
    expect(sin(Math.PI)).toBe(1.2246467991473532e-16);
    expect(cos(Math.PI / 2)).toBe(6.123233995736766e-17);
    expect(sin(2 * Math.PI)).toBe(-2.4492935982947064e-16);
    expect([cos(Math.PI), cos(2 * Math.PI)]).toEqual([-1, 1]);
  });

  test("gives the same bits on every machine", () => {
    const values = new Float64Array(6000);
    for (let at = 0; at < 2000; at++) {
      values[at] = sin((at - 1000) / 160);
      values[2000 + at] = cos((at - 1000) / 160);
      values[4000 + at] = asin((at - 1000) / 1000);
    }
    let hash = 0x811c9dc5;
    for (const word of new Uint32Array(values.buffer)) hash = Math.imul(hash ^ word, 0x01000193);
    expect(hash >>> 0).toBe(1400866505);
  });
});

describe("properties", () => {
  test("is within one unit in the last place of the host's functions", () => {
    const angle = fc.double({ min: -2 * Math.PI, max: 2 * Math.PI, noNaN: true });
    const ratio = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(angle, ratio, (x, y) => {
        expect(ulps(sin(x), Math.sin(x))).toBeLessThanOrEqual(1);
        expect(ulps(cos(x), Math.cos(x))).toBeLessThanOrEqual(1);
        expect(ulps(asin(y), Math.asin(y))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 5000 * SOAK },
    );
    // The doubles of fast-check crowd around 0; these are even.
    for (let at = -20_000; at <= 20_000; at++) {
      const x = (at / 20_000) * 2 * Math.PI;
      expect(ulps(sin(x), Math.sin(x))).toBeLessThanOrEqual(1);
      expect(ulps(cos(x), Math.cos(x))).toBeLessThanOrEqual(1);
      expect(ulps(asin(at / 20_000), Math.asin(at / 20_000))).toBeLessThanOrEqual(1);
    }
  });
});

describe("misuse", () => {
  test("answers NaN for what has no value", () => {
    expect([sin(Number.NaN), cos(Number.NaN), asin(Number.NaN), asin(1.0000000000000002), asin(-2)]).toEqual(
      new Array(5).fill(Number.NaN),
    );
  });
});
