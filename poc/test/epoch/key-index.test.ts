import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { internRows, KeyIndex } from "../../src/index.ts";
import { runs } from "../helium/soak.ts";

const WIDTH = 4;
const rowsOf = (rows: readonly Uint8Array[]) => Uint8Array.from(rows.flatMap((row) => [...row]));
const key = fc.uint8Array({ minLength: WIDTH, maxLength: WIDTH });

describe("key index", () => {
  test("finds every row and nothing else", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { comparator: (a, b) => a.join() === b.join() }), key, (rows, other) => {
        const index = new KeyIndex(rowsOf(rows), WIDTH, "keys");
        for (let row = 0; row < rows.length; row++) expect(index.find(rows[row], 0)).toBe(row);
        expect(index.find(other, 0)).toBe(rows.findIndex((row) => row.join() === other.join()));
      }),
      { numRuns: runs(200) },
    );
  });

  test("finds a key at an offset of a longer array", () => {
    const index = new KeyIndex(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), WIDTH, "keys");
    expect(index.find(Uint8Array.of(0, 5, 6, 7, 8), 1)).toBe(1);
  });

  test("equal keys are refused with both rows", () => {
    expect(() => new KeyIndex(new Uint8Array(2 * WIDTH), WIDTH, "state-in.key")).toThrow(
      "state-in.key: rows 0 and 1 are equal",
    );
  });
});

describe("interning", () => {
  test("gives equal rows one id, in order of first appearance", () => {
    const rows = Uint8Array.of(9, 9, 1, 1, 9, 9, 0, 0);
    expect(internRows(rows, 2)).toEqual({ ids: Uint32Array.of(0, 1, 0, 2), count: 3 });
  });
});
