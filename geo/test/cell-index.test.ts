import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import {
  buildCellIndex,
  CellIndex,
  cellToString,
  compareCells,
  isCell,
  latLngToCell,
  parentCell,
} from "../src/index.ts";
import { anyCell, codeOf, SOAK, split } from "./cells.ts";

function indexOf(texts: readonly string[]): CellIndex {
  const cells = texts.map(split);
  return buildCellIndex(
    Uint32Array.from(cells, (cell) => cell.hi),
    Uint32Array.from(cells, (cell) => cell.lo),
  );
}

function cellsOf(index: CellIndex): string[] {
  return Array.from(index.hi, (hi, id) => cellToString(hi, index.lo[id] ?? 0));
}

const SMALL = ["8c283082838c1ff", "8b283082838cfff", "8c1fa441818bdff", "8c283082838c1ff"];

describe("vectors", () => {
  test("numbers distinct cells in cell order and gives equal rows the same id", () => {
    const index = indexOf(SMALL);
    expect(cellsOf(index)).toEqual(["8c1fa441818bdff", "8c283082838c1ff", "8b283082838cfff"]);
    expect([...index.ids]).toEqual([1, 2, 0, 1]);
    expect(index.size).toBe(3);
  });

  test("writes these bytes, on every machine", () => {
    const bytes = indexOf(["8c283082838c1ff"]).serialise();
    expect(Buffer.from(bytes).toString("hex")).toBe("45434931010000000100000058f8ff750883c208ffc13828");
  });
});

describe("boundaries", () => {
  test("gives rows without a cell the id -1", () => {
    const index = buildCellIndex(Uint32Array.of(0, 0x08928308, 0), Uint32Array.of(0, 0x280fffff, 0));
    expect([...index.ids]).toEqual([-1, 0, -1]);
  });

  test("is empty without rows and comes back from bytes", () => {
    const index = buildCellIndex(new Uint32Array(0), new Uint32Array(0));
    expect(index.size).toBe(0);
    expect(index.find(0x08928308, 0x280fffff)).toBe(-1);
    expect(index.rangeOfParent(0x08928308, 0x280fffff)).toEqual([0, 0]);
    expect(CellIndex.from(index.serialise()).size).toBe(0);
  });

  test("takes a hundred thousand rows of one cell, and every cell of resolutions 0 to 2 at once", () => {
    const one = buildCellIndex(new Uint32Array(100_000).fill(0x08928308), new Uint32Array(100_000).fill(0x280fffff));
    expect(one.size).toBe(1);
    expect(one.ids.every((id) => id === 0)).toBe(true);
    const world = h3
      .getRes0Cells()
      .flatMap((base) => [0, 1, 2].flatMap((resolution) => h3.cellToChildren(base, resolution)));
    const index = indexOf(world);
    expect(index.size).toBe(world.length);
    world.forEach((text, row) => {
      const { hi, lo } = split(text);
      expect(index.find(hi, lo)).toBe(index.ids[row]);
      const [start, end] = index.rangeOfParent(hi, lo);
      const deeper = 2 - h3.getResolution(text);
      let expected = 0;
      for (let d = 0; d <= deeper; d++) expected += h3.cellToChildrenSize(text, h3.getResolution(text) + d);
      expect(end - start).toBe(expected);
    });
  });

  test("finds nothing for other bits that share a cell's digits", () => {
    const index = indexOf(SMALL);
    for (let bit = 0; bit < 32; bit++) expect(index.find((0x08c28308 ^ (1 << bit)) >>> 0, 0x2838c1ff)).toBe(-1);
    expect(index.find(0, 0)).toBe(-1);
  });
});

describe("properties", () => {
  test("finds every cell it holds and no other, in strictly ascending order", () => {
    fc.assert(
      fc.property(fc.array(anyCell(), { maxLength: 120 }), fc.array(anyCell(), { maxLength: 20 }), (texts, others) => {
        const index = indexOf(texts);
        expect(cellsOf(index).sort()).toEqual([...new Set(texts)].sort());
        for (let id = 1; id < index.size; id++) {
          expect(
            compareCells(index.hi[id - 1] ?? 0, index.lo[id - 1] ?? 0, index.hi[id] ?? 0, index.lo[id] ?? 0),
          ).toBeLessThan(0);
        }
        texts.forEach((text, row) => {
          const { hi, lo } = split(text);
          expect(index.find(hi, lo)).toBe(index.ids[row]);
          expect(cellsOf(index)[index.ids[row] ?? -1]).toBe(text);
        });
        for (const text of others.filter((other) => !texts.includes(other))) {
          const { hi, lo } = split(text);
          expect(index.find(hi, lo)).toBe(-1);
        }
      }),
      { numRuns: 200 * SOAK },
    );
  });

  test("gives each cell the ids of exactly its descendants", () => {
    fc.assert(
      fc.property(
        fc.array(anyCell(3, 12), { minLength: 1, maxLength: 100 }),
        fc.integer({ min: 0, max: 3 }),
        (texts, r) => {
          const index = indexOf(texts);
          const parent = parentCell(split(texts[0] ?? "").hi, split(texts[0] ?? "").lo, r);
          const [start, end] = index.rangeOfParent(parent.hi, parent.lo);
          const inside = cellsOf(index).filter(
            (text) => h3.cellToParent(text, r) === cellToString(parent.hi, parent.lo),
          );
          expect(cellsOf(index).slice(start, end)).toEqual(inside);
        },
      ),
      { numRuns: 300 * SOAK },
    );
  });

  test("does not depend on the order of its rows", () => {
    fc.assert(
      fc.property(fc.array(anyCell(), { maxLength: 60 }), (texts) => {
        expect(indexOf([...texts].reverse()).serialise()).toEqual(indexOf(texts).serialise());
      }),
      { numRuns: 100 * SOAK },
    );
  });

  test("comes back from its bytes, at any offset in a buffer", () => {
    fc.assert(
      fc.property(fc.array(anyCell(), { maxLength: 60 }), fc.nat({ max: 9 }), (texts, offset) => {
        const index = indexOf(texts);
        const bytes = index.serialise();
        const buffer = new Uint8Array(offset + bytes.length);
        buffer.set(bytes, offset);
        const back = CellIndex.from(buffer.subarray(offset));
        expect([back.hi, back.lo, back.ids.length]).toEqual([index.hi, index.lo, 0]);
        for (let id = 0; id < index.size; id++) expect(back.find(index.hi[id] ?? 0, index.lo[id] ?? 0)).toBe(id);
      }),
      { numRuns: 100 * SOAK },
    );
  });

  test("refuses its bytes after any one bit is flipped", () => {
    const bytes = indexOf(SMALL).serialise();
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(
        codeOf(() => CellIndex.from(damaged)),
        `bit ${bit}`,
      ).toBe("GEO_BAD_INDEX");
    }
  });

  test("refuses any bytes that are not an index with its code and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(codeOf(() => CellIndex.from(bytes))).toBe("GEO_BAD_INDEX");
      }),
      { numRuns: 500 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses bytes cut short or with something behind them", () => {
    const bytes = indexOf(SMALL).serialise();
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => CellIndex.from(bytes.subarray(0, length)))).toBe("GEO_BAD_INDEX");
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(codeOf(() => CellIndex.from(longer))).toBe("GEO_BAD_INDEX");
  });

  test("refuses rows that are neither a cell nor empty, and halves of different length", () => {
    expect(isCell(1, 0)).toBe(false);
    expect(codeOf(() => buildCellIndex(Uint32Array.of(1), Uint32Array.of(0)))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => buildCellIndex(new Uint32Array(1), new Uint32Array(2)))).toBe("GEO_BAD_LENGTH");
  });

  test("interns a hundred thousand cells of one town", () => {
    const hi = new Uint32Array(100_000);
    const lo = new Uint32Array(100_000);
    for (let row = 0; row < hi.length; row++) {
      const cell = latLngToCell(50 + (row % 317) * 1e-4, 4 + Math.floor(row / 317) * 1e-4, 12);
      hi[row] = cell.hi;
      lo[row] = cell.lo;
    }
    const index = buildCellIndex(hi, lo);
    const distinct = new Set(Array.from(hi, (upper, row) => cellToString(upper, lo[row] ?? 0)));
    expect(index.size).toBe(distinct.size);
    for (let row = 0; row < hi.length; row += 97) expect(index.find(hi[row] ?? 0, lo[row] ?? 0)).toBe(index.ids[row]);
  });
});
