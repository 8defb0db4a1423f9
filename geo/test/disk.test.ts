import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import { cellToString, MAX_NEIGHBOURS, neighbours } from "../src/index.ts";
import { anyCell, aroundPentagons, codeOf, edgeOfTheMapCells, SOAK, split } from "./cells.ts";

const outHi = new Uint32Array(MAX_NEIGHBOURS);
const outLo = new Uint32Array(MAX_NEIGHBOURS);

function neighboursOf(text: string): string[] {
  const { hi, lo } = split(text);
  const count = neighbours(hi, lo, outHi, outLo);
  return Array.from({ length: count }, (_, at) => cellToString(outHi[at] ?? 0, outLo[at] ?? 0)).sort();
}

function expectedNeighbours(text: string): string[] {
  return h3
    .gridDisk(text, 1)
    .filter((cell) => cell !== text)
    .sort();
}

describe("vectors", () => {
  test("finds the six neighbours of a hexagon", () => {
    expect(neighboursOf("8928308280fffff")).toEqual(expectedNeighbours("8928308280fffff"));
    expect(neighboursOf("8928308280fffff")).toHaveLength(6);
  });

  test("finds the five neighbours of a pentagon", () => {
    for (let resolution = 0; resolution <= 15; resolution++) {
      for (const pentagon of h3.getPentagons(resolution)) {
        expect(neighboursOf(pentagon)).toEqual(expectedNeighbours(pentagon));
        expect(neighboursOf(pentagon)).toHaveLength(5);
      }
    }
  });
});

describe("boundaries", () => {
  test("agrees with h3-js on every cell of resolutions 0 to 2, so across every edge between base cells", () => {
    for (const base of h3.getRes0Cells()) {
      for (let resolution = 0; resolution <= 2; resolution++) {
        for (const text of h3.cellToChildren(base, resolution))
          expect(neighboursOf(text), text).toEqual(expectedNeighbours(text));
      }
    }
  });

  test("agrees with h3-js around all pentagons at every resolution", () => {
    for (let resolution = 0; resolution <= 15; resolution++) {
      for (const text of aroundPentagons(resolution, 2))
        expect(neighboursOf(text), text).toEqual(expectedNeighbours(text));
    }
  });

  test("agrees with h3-js at the poles and the antimeridian", () => {
    for (const text of edgeOfTheMapCells()) expect(neighboursOf(text), text).toEqual(expectedNeighbours(text));
  });
});

describe("properties", () => {
  test("agrees with h3-js on any cell", () => {
    fc.assert(
      fc.property(anyCell(), (text) => {
        expect(neighboursOf(text)).toEqual(expectedNeighbours(text));
      }),
      { numRuns: 4000 * SOAK },
    );
  });

  test("agrees with h3-js along the borders of base cells at fine resolutions", () => {
    // The corner children of coarse cells: every digit the same.
    const input = fc.record({
      baseCell: fc.integer({ min: 0, max: 121 }),
      resolution: fc.integer({ min: 1, max: 15 }),
      digit: fc.integer({ min: 1, max: 6 }),
      last: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(input, ({ baseCell, resolution, digit, last }) => {
        const digits = new Array<number>(resolution).fill(digit);
        digits[resolution - 1] = last;
        let text: string;
        try {
          text = h3.constructCell(baseCell, digits, resolution);
        } catch {
          return; // In the subsequence a pentagon lacks.
        }
        expect(neighboursOf(text)).toEqual(expectedNeighbours(text));
      }),
      { numRuns: 2000 * SOAK },
    );
  });

  test("is a neighbour of each of its neighbours", () => {
    fc.assert(
      fc.property(anyCell(), (text) => {
        for (const neighbour of neighboursOf(text)) expect(neighboursOf(neighbour)).toContain(text);
      }),
      { numRuns: 300 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses a value on a pentagon base cell that is no cell", () => {
    expect(codeOf(() => neighbours(0x08008000, 0, outHi, outLo))).toBe("GEO_BAD_CELL");
  });
});
