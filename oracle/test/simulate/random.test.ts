import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pairUnit, RandomStream, randomStream, reflect } from "../../src/simulate/random.ts";

describe("random streams", () => {
  test("follow xoshiro128** for the state 1, 2, 3, 5", () => {
    const state = new Uint8Array(16);
    new DataView(state.buffer).setUint32(0, 1, true);
    new DataView(state.buffer).setUint32(4, 2, true);
    new DataView(state.buffer).setUint32(8, 3, true);
    new DataView(state.buffer).setUint32(12, 5, true);
    const stream = new RandomStream(state);
    // By hand: rotl(2·5, 7)·9 = 11520; then s1 = 2 ^ (3 ^ 1) = 0 gives 0; then s1 = 0 ^ (2 ^ (2 << 9) ^ 6) is worked out the same way.
    expect([stream.u32(), stream.u32()]).toEqual([11_520, 0]);
  });

  test("are the same for one name and differ for another", () => {
    const draws = (...path: (string | number)[]) => {
      const stream = randomStream("seed", ...path);
      return Array.from({ length: 8 }, () => stream.u32());
    };
    expect(draws("a", 1)).toEqual(draws("a", 1));
    expect(draws("a", 1)).not.toEqual(draws("a", 2));
    expect(draws("a", 1)).not.toEqual(draws("a,1"));
    expect(draws("a1")).not.toEqual(draws("a", "1"));
  });

  test("are uniform: 200,000 draws fall evenly into 16 bins", () => {
    const stream = randomStream("uniform");
    const bins = new Array<number>(16).fill(0);
    for (let i = 0; i < 200_000; i++) bins[stream.below(16)]++;
    for (const count of bins) expect(Math.abs(count - 12_500)).toBeLessThan(500);
  });

  test("a number of a pair is symmetric, and uniform over pairs", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (salt, a, b) => {
        expect(pairUnit(salt, a, b)).toBe(pairUnit(salt, b, a));
      }),
    );
    const bins = new Array<number>(10).fill(0);
    for (let a = 0; a < 300; a++) for (let b = a + 1; b < 300; b++) bins[Math.floor(10 * pairUnit(5, a, b))]++;
    for (const count of bins) expect(Math.abs(count - 4485)).toBeLessThan(350);
  });

  test("folding keeps a moved uniform number uniform and in range", () => {
    const stream = randomStream("fold");
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const folded = reflect(stream.unit() + 0.3 * stream.triangle());
      expect(folded >= 0 && folded <= 1).toBe(true);
      bins[Math.min(9, Math.floor(10 * folded))]++;
    }
    for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(450);
  });
});
