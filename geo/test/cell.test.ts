import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import {
  assertCell,
  cellBaseCell,
  cellDigit,
  cellFromBigInt,
  cellFromString,
  cellResolution,
  cellToBigInt,
  cellToString,
  childrenRange,
  compareCells,
  isCell,
  isPentagon,
  isPentagonBaseCell,
  parentCell,
  parentHi,
  parentLo,
} from "../src/index.ts";
import { anyCell, aroundPentagons, codeOf, edgeOfTheMapCells, join, SOAK, split } from "./cells.ts";

// The example cell of the H3 documentation: resolution 9, San Francisco.
const EXAMPLE = { hi: 0x08928308, lo: 0x280fffff };

describe("vectors", () => {
  test("reads the fields of the documentation's example cell", () => {
    expect(cellResolution(EXAMPLE.hi)).toBe(9);
    expect(cellBaseCell(EXAMPLE.hi)).toBe(20);
    const digits = Array.from({ length: 15 }, (_, at) => cellDigit(EXAMPLE.hi, EXAMPLE.lo, at + 1));
    expect(digits).toEqual([0, 6, 0, 4, 0, 5, 0, 0, 3, 7, 7, 7, 7, 7, 7]);
  });

  test("writes and reads the example as text and as a 64-bit number", () => {
    expect(cellToString(EXAMPLE.hi, EXAMPLE.lo)).toBe("8928308280fffff");
    expect(cellFromString("8928308280fffff")).toEqual(EXAMPLE);
    expect(cellFromString("08928308280FFFFF")).toEqual(EXAMPLE);
    expect(cellToBigInt(EXAMPLE.hi, EXAMPLE.lo)).toBe(617700169958293503n);
    expect(cellFromBigInt(617700169958293503n)).toEqual(EXAMPLE);
  });

  test("knows the parents of the example at resolutions 5 and 0", () => {
    expect(parentCell(EXAMPLE.hi, EXAMPLE.lo, 5)).toEqual(split("85283083fffffff"));
    expect(parentCell(EXAMPLE.hi, EXAMPLE.lo, 0)).toEqual(split("8029fffffffffff"));
  });
});

describe("boundaries", () => {
  test("takes all 122 base cells and no other", () => {
    for (let baseCell = 0; baseCell < 128; baseCell++) {
      const hi = 0x08000000 | (baseCell << 13) | 0x1fff;
      expect(isCell(hi, 0xffffffff)).toBe(baseCell < 122);
    }
  });

  test("knows the twelve pentagons of every resolution, and that their ring are none", () => {
    for (let resolution = 0; resolution <= 15; resolution++) {
      const pentagons = new Set(h3.getPentagons(resolution));
      for (const text of aroundPentagons(resolution, 2)) {
        const { hi, lo } = split(text);
        expect(isPentagon(hi, lo), text).toBe(pentagons.has(text));
        expect(isCell(hi, lo), text).toBe(true);
      }
      expect(pentagons.size).toBe(12);
    }
  });

  test("refuses every cell in the subsequence a pentagon lacks", () => {
    for (let baseCell = 0; baseCell < 122; baseCell++) {
      for (let resolution = 1; resolution <= 15; resolution++) {
        // Zeros, then a 1 at the finest digit.
        const bits = (1n << 59n) | (BigInt(resolution) << 52n) | (BigInt(baseCell) << 45n);
        const finest = 1n << BigInt(3 * (15 - resolution));
        const value = bits | finest | (finest - 1n);
        const hi = Number(value >> 32n);
        const lo = Number(value & 0xffffffffn);
        expect(isCell(hi, lo)).toBe(!isPentagonBaseCell(baseCell));
        expect(isCell(hi, lo)).toBe(h3.isValidCell(join(hi, lo)));
      }
    }
  });

  test("takes the no-cell, all ones and other modes for no cell", () => {
    expect(isCell(0, 0)).toBe(false);
    expect(isCell(0xffffffff, 0xffffffff)).toBe(false);
    for (let mode = 0; mode < 16; mode++) {
      expect(isCell((mode << 27) | (EXAMPLE.hi & 0x07ffffff), EXAMPLE.lo)).toBe(mode === 1);
    }
    for (const reserved of [24, 25, 26, 31]) expect(isCell(EXAMPLE.hi ^ (1 << reserved), EXAMPLE.lo)).toBe(false);
  });

  test("agrees with h3-js at the poles, the antimeridian and the prime meridian", () => {
    for (const text of edgeOfTheMapCells()) {
      const { hi, lo } = split(text);
      expect(isCell(hi, lo), text).toBe(true);
      expect(cellResolution(hi)).toBe(h3.getResolution(text));
    }
  });
});

describe("properties", () => {
  test("agrees with h3-js on resolution, base cell, digits, pentagons and all parents", () => {
    fc.assert(
      fc.property(anyCell(), (text) => {
        const { hi, lo } = split(text);
        const resolution = h3.getResolution(text);
        expect(isCell(hi, lo)).toBe(true);
        expect(isCell(hi | 0, lo | 0)).toBe(true);
        expect(cellResolution(hi)).toBe(resolution);
        expect(cellBaseCell(hi)).toBe(h3.getBaseCellNumber(text));
        expect(isPentagon(hi, lo)).toBe(h3.isPentagon(text));
        for (let r = 1; r <= 15; r++) {
          expect(cellDigit(hi, lo, r)).toBe(r <= resolution ? h3.getIndexDigit(text, r) : 7);
        }
        for (let r = 0; r <= resolution; r++) {
          expect(cellToString(parentHi(hi, lo, r), parentLo(hi, lo, r))).toBe(h3.cellToParent(text, r));
        }
      }),
      { numRuns: 2000 * SOAK },
    );
  });

  test("agrees with h3-js on validity after any one to four bits are flipped", () => {
    const flips = fc.array(fc.integer({ min: 0, max: 63 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyCell(), flips, (text, bits) => {
        let { hi, lo } = split(text);
        for (const bit of bits) {
          if (bit < 32) lo = (lo ^ (1 << bit)) >>> 0;
          else hi = (hi ^ (1 << (bit - 32))) >>> 0;
        }
        expect(isCell(hi, lo)).toBe(h3.isValidCell(join(hi, lo)));
      }),
      { numRuns: 20_000 * SOAK },
    );
  });

  test("spans exactly the children h3-js lists", () => {
    const input = anyCell(0, 13).chain((text) =>
      fc.tuple(
        fc.constant(text),
        fc.integer({ min: 0, max: 3 }).map((deeper) => Math.min(15, h3.getResolution(text) + deeper)),
      ),
    );
    fc.assert(
      fc.property(input, ([text, resolution]) => {
        const children = h3.cellToChildren(text, resolution).map((child) => BigInt(`0x${child}`));
        const { hi, lo } = split(text);
        const range = childrenRange(hi, lo, resolution);
        const sorted = children.sort((a, b) => (a < b ? -1 : 1));
        expect(cellToBigInt(range.firstHi, range.firstLo)).toBe(sorted[0]);
        expect(cellToBigInt(range.lastHi, range.lastLo)).toBe(sorted[sorted.length - 1]);
      }),
      { numRuns: 300 * SOAK },
    );
  });

  test("orders cells of one resolution as their numbers, and puts descendants directly before their ancestor", () => {
    fc.assert(
      fc.property(anyCell(9, 9), anyCell(9, 9), (a, b) => {
        const numeric = BigInt(`0x${a}`) - BigInt(`0x${b}`);
        const [cellA, cellB] = [split(a), split(b)];
        const order = compareCells(cellA.hi, cellA.lo, cellB.hi, cellB.lo);
        expect(Math.sign(order)).toBe(numeric > 0n ? 1 : numeric < 0n ? -1 : 0);
      }),
      { numRuns: 2000 * SOAK },
    );
    fc.assert(
      fc.property(anyCell(4, 12), anyCell(4, 12), fc.integer({ min: 0, max: 4 }), (a, b, r) => {
        const [x, y] = [split(a), split(b)];
        const parent = parentCell(x.hi, x.lo, r);
        const range = childrenRange(parent.hi, parent.lo, cellResolution(y.hi));
        const isBetween =
          compareCells(range.firstHi, range.firstLo, y.hi, y.lo) <= 0 &&
          compareCells(y.hi, y.lo, parent.hi, parent.lo) <= 0;
        const isDescendant = h3.cellToParent(b, r) === cellToString(parent.hi, parent.lo);
        expect(isBetween).toBe(isDescendant);
      }),
      { numRuns: 2000 * SOAK },
    );
  });

  test("comes back from text and from a 64-bit number unchanged", () => {
    fc.assert(
      fc.property(anyCell(), (text) => {
        const cell = split(text);
        expect(cellToString(cell.hi, cell.lo)).toBe(text);
        expect(cellFromString(text)).toEqual(cell);
        expect(cellFromBigInt(cellToBigInt(cell.hi, cell.lo))).toEqual(cell);
      }),
      { numRuns: 1000 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses a parent finer than the cell or of no resolution", () => {
    for (const resolution of [10, 16, -1, 1.5, Number.NaN]) {
      expect(codeOf(() => parentHi(EXAMPLE.hi, EXAMPLE.lo, resolution))).toBe("GEO_BAD_RESOLUTION");
      expect(codeOf(() => parentLo(EXAMPLE.hi, EXAMPLE.lo, resolution))).toBe("GEO_BAD_RESOLUTION");
    }
  });

  test("refuses children coarser than the cell or of no resolution", () => {
    for (const resolution of [8, 16, -1, 9.5, Number.NaN]) {
      expect(codeOf(() => childrenRange(EXAMPLE.hi, EXAMPLE.lo, resolution))).toBe("GEO_BAD_RESOLUTION");
    }
  });

  test("refuses text and numbers that are no cell", () => {
    const texts = [
      "",
      "0",
      "8928308280ffff",
      "8928308280fffff0",
      "18928308280fffff",
      "8928308280ffffg",
      " 8928308280fffff",
    ];
    for (const text of texts)
      expect(
        codeOf(() => cellFromString(text)),
        text,
      ).toBe("GEO_BAD_CELL");
    expect(codeOf(() => cellFromString(undefined as unknown as string))).toBe("GEO_BAD_CELL");
    for (const value of [0n, -1n, 1n << 64n, 617700169958293503n + (1n << 64n), 0xffffffffffffffffn]) {
      expect(codeOf(() => cellFromBigInt(value))).toBe("GEO_BAD_CELL");
    }
    expect(codeOf(() => assertCell(0, 0))).toBe("GEO_BAD_CELL");
    expect(isCell(Number.NaN, Number.NaN)).toBe(false);
  });
});
