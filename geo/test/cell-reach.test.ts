import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import { cellReachUnits, MAX_REACH_M, POSITION_UNITS_PER_M, positionOfCell } from "../src/index.ts";
import { anyCell, aroundPentagons, codeOf, SOAK, split } from "./cells.ts";

/** 4 units of margin, and one of rounding up. */
const MARGIN_UNITS = 5;

/** The greatest chord from the centre of a cell to that of a resolution-12 cell under it, 1/256 m, by looking at all. */
function farthestUnits(text: string): number {
  const own = positionOfCell(split(text).hi, split(text).lo);
  const chords = h3.cellToChildren(text, 12).map((child) => {
    const { x, y, z } = positionOfCell(split(child).hi, split(child).lo);
    return Math.hypot(x - own.x, y - own.y, z - own.z);
  });
  return Math.max(...chords);
}

function reachUnits(text: string): number {
  return cellReachUnits(split(text).hi, split(text).lo);
}

/** Resolution-8 cells on edges of the icosahedron: what H3 says lies on two faces. */
function acrossFaces(): string[] {
  const found: string[] = [];
  for (let lng = -180; found.length < 12; lng += 0.003) {
    const cell = h3.latLngToCell(40, lng, 8);
    if (h3.getIcosahedronFaces(cell).length > 1) found.push(cell);
  }
  return found;
}

describe("vectors", () => {
  test("tells how far a hotspot in San Francisco, Antwerp or Singapore may stand from the centre of its cell, 1/256 m", () => {
    expect(["88283082b9fffff", "881fa44181fffff", "88652636adfffff"].map(reachUnits)).toEqual([
      144_668, 133_807, 149_104,
    ]);
  });
});

describe("boundaries", () => {
  test("is that of the farthest descendant on an edge of the icosahedron", () => {
    for (const cell of acrossFaces()) {
      const beyond = reachUnits(cell) - farthestUnits(cell);
      expect(beyond, cell).toBeGreaterThanOrEqual(0);
      expect(beyond, cell).toBeLessThanOrEqual(MARGIN_UNITS);
    }
  });

  test("is that of the farthest descendant in and around a pentagon", () => {
    for (const cell of aroundPentagons(8, 1).slice(0, 14)) {
      const beyond = reachUnits(cell) - farthestUnits(cell);
      expect(beyond, cell).toBeGreaterThanOrEqual(0);
      expect(beyond, cell).toBeLessThanOrEqual(MARGIN_UNITS);
    }
  });

  test("never passes 604 m, which the middle of a face comes near", () => {
    expect(MAX_REACH_M).toBeGreaterThan(603);
    expect(MAX_REACH_M).toBeLessThan(604);
    const middles = h3.getRes0Cells().map((base) => h3.cellToCenterChild(base, 8));
    expect(Math.max(...middles.map(reachUnits)) / POSITION_UNITS_PER_M).toBeLessThan(MAX_REACH_M);
  });
});

describe("properties", () => {
  test("is that of the farthest descendant of any cell, and at most 2 cm more", () => {
    fc.assert(
      fc.property(anyCell(8, 8), (cell) => {
        const beyond = reachUnits(cell) - farthestUnits(cell);
        expect(beyond).toBeGreaterThanOrEqual(0);
        expect(beyond).toBeLessThanOrEqual(MARGIN_UNITS);
        expect(reachUnits(cell)).toBeLessThan(MAX_REACH_M * POSITION_UNITS_PER_M);
      }),
      { numRuns: 30 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses what is no cell of resolution 8", () => {
    expect(codeOf(() => cellReachUnits(0, 0))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => reachUnits("89283082b93ffff"))).toBe("GEO_BAD_RESOLUTION");
  });
});
