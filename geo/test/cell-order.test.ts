import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellOrder, cellOrderOfRows, compareCells } from "../src/index.ts";
import { anyCell, codeOf, SOAK, split } from "./cells.ts";

function columns(texts: readonly string[]): { hi: Uint32Array; lo: Uint32Array } {
  const cells = texts.map(split);
  return { hi: Uint32Array.from(cells, (cell) => cell.hi), lo: Uint32Array.from(cells, (cell) => cell.lo) };
}

describe("vectors", () => {
  test("puts a cell after its descendants and keeps equal rows in their order", () => {
    const { hi, lo } = columns(["8828308283fffff", "8c283082838c1ff", "8828308283fffff", "8c283082838c1ff"]);
    expect([...cellOrder(hi, lo)]).toEqual([1, 3, 0, 2]);
  });
});

describe("boundaries", () => {
  test("takes no row, one row, and a hundred thousand rows of one cell", () => {
    expect([...cellOrder(new Uint32Array(0), new Uint32Array(0))]).toEqual([]);
    expect([...cellOrder(Uint32Array.of(0x08928308), Uint32Array.of(0x280fffff))]).toEqual([0]);
    const many = cellOrder(new Uint32Array(100_000).fill(0x08928308), new Uint32Array(100_000).fill(0x280fffff));
    expect(many.every((row, at) => row === at)).toBe(true);
  });
});

describe("properties", () => {
  test("is the stable sort by compareCells, of all rows and of any part of them", () => {
    const rows = fc.array(fc.tuple(anyCell(), fc.boolean(), fc.nat({ max: 20 })), { maxLength: 200 });
    fc.assert(
      fc.property(rows, (input) => {
        // Repeat some rows further down, so that there are equal ones.
        const texts = input.flatMap(([text, , again]) => (again > 15 ? [text, text] : [text]));
        const { hi, lo } = columns(texts);
        const compare = (a: number, b: number) => compareCells(hi[a] ?? 0, lo[a] ?? 0, hi[b] ?? 0, lo[b] ?? 0);
        const all = texts.map((_, row) => row);
        expect([...cellOrder(hi, lo)]).toEqual([...all].sort(compare));
        const part = all.filter((row) => row % 3 !== 1);
        expect([...cellOrderOfRows(hi, lo, Int32Array.from(part))]).toEqual(part.sort(compare));
      }),
      { numRuns: 200 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses halves of different length", () => {
    expect(codeOf(() => cellOrder(new Uint32Array(2), new Uint32Array(1)))).toBe("GEO_BAD_LENGTH");
  });
});
