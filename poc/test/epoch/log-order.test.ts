import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logOrder } from "../../src/index.ts";
import { runs } from "../helium/soak.ts";

describe("log order", () => {
  test("rows that are in order need no permutation, nor do none", () => {
    expect(logOrder(Uint32Array.of(), "witnesses")).toBeNull();
    expect(logOrder(Uint32Array.of(0, 1, 5, 0xffffffff), "witnesses")).toBeNull();
  });

  test("the permutation sorts, for few rows and for more than the double trick can carry", () => {
    for (const rows of [2, 1000, 2 ** 21 + 3]) {
      const index = Uint32Array.from({ length: rows }, (_, row) => (rows - 1 - row) * 2);
      const order = logOrder(index, "witnesses");
      expect(order?.[0]).toBe(rows - 1);
      expect(order?.[rows - 1]).toBe(0);
      expect(order?.every((row, place) => index[row] === place * 2)).toBe(true);
    }
  });

  test("any distinct indices come out ascending", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 0xffffffff }), { minLength: 2 }), (indices) => {
        const order = logOrder(Uint32Array.from(indices), "beacons") ?? Uint32Array.from(indices, (_, row) => row);
        expect(Array.from(order, (row) => indices[row])).toEqual([...indices].sort((a, b) => a - b));
      }),
      { numRuns: runs(200) },
    );
  });

  test("a repeated index is refused with both rows", () => {
    expect(() => logOrder(Uint32Array.of(4, 9, 4), "beacons")).toThrow("beacons.log_index: rows 0 and 2 share 4");
  });
});
