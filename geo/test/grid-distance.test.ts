import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import {
  axialDistance,
  cellBaseCell,
  GRID_NEEDS_CELLS,
  GRID_UNCOMPUTABLE,
  gridDistance11,
  gridDistanceAtLeast,
  gridDistanceLocal,
  localIj,
  pentagonSector,
} from "../src/index.ts";
import { anyCell, pointPair, SOAK, secondPoint, split } from "./cells.ts";

/** H3's answer for the resolution-11 parents, GRID_UNCOMPUTABLE where it throws. */
function expectedDistance(a: string, b: string): number {
  try {
    return h3.gridDistance(h3.cellToParent(a, 11), h3.cellToParent(b, 11));
  } catch {
    return GRID_UNCOMPUTABLE;
  }
}

function distance(a: string, b: string): number {
  const [cellA, cellB] = [split(a), split(b)];
  return gridDistance11(cellA.hi, cellA.lo, cellB.hi, cellB.lo);
}

const CENTRE = "8b283082838cfff";

describe("vectors", () => {
  test("counts rings: every cell of the k-th ring is k steps away", () => {
    const origin = split(CENTRE);
    for (let k = 0; k <= 12; k++) {
      for (const text of h3.gridRing(CENTRE, k)) {
        expect(distance(CENTRE, text)).toBe(k);
        const { hi, lo } = split(text);
        expect(gridDistanceAtLeast(origin.hi, origin.lo, hi, lo, 8)).toBe(k >= 8);
      }
    }
  });

  test("measures in axial coordinates with axes 120° apart", () => {
    expect([
      axialDistance(0, 0),
      axialDistance(3, 0),
      axialDistance(0, -3),
      axialDistance(2, 2),
      axialDistance(2, -2),
    ]).toEqual([0, 3, 3, 2, 4]);
  });
});

describe("boundaries", () => {
  test("is uncomputable exactly for base cells H3 cannot unfold, over all 122 × 122 centres", () => {
    const centres = h3.getRes0Cells().map((text) => h3.cellToCenterChild(text, 11));
    for (const a of centres) {
      for (const b of centres) expect(distance(a, b), `${a} ${b}`).toBe(expectedDistance(a, b));
    }
  });

  test("has no distance for a cell coarser than resolution 11", () => {
    const parent = h3.cellToParent(CENTRE, 10);
    expect(distance(CENTRE, parent)).toBe(GRID_UNCOMPUTABLE);
    expect(distance(parent, CENTRE)).toBe(GRID_UNCOMPUTABLE);
    const { hi, lo } = split(parent);
    expect(localIj(hi, lo)).toBeUndefined();
    expect(gridDistanceAtLeast(hi, lo, hi, lo, 0)).toBe(false);
  });

  test("equals H3 across the neighbourhood of all twelve pentagons", () => {
    const offsets = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    const pentagon = fc.constantFrom(...h3.getPentagons(11));
    const logDegrees = fc.double({ min: -3.5, max: 1.2, noNaN: true });
    fc.assert(
      fc.property(pentagon, offsets, logDegrees, (text, [a = 0, b = 0, c = 0, d = 0], log) => {
        const [lat, lng] = h3.cellToLatLng(text);
        const spread = 10 ** log;
        const first = h3.latLngToCell(Math.max(-90, Math.min(90, lat + a * spread)), lng + b * spread, 11);
        const second = h3.latLngToCell(Math.max(-90, Math.min(90, lat + c * spread)), lng + d * spread, 12);
        expect(distance(first, second)).toBe(expectedDistance(first, second));
      }),
      { numRuns: 3000 * SOAK },
    );
  });

  test("asks for the cells where a pentagon base cell is involved, and only there", () => {
    expect(gridDistanceLocal(4, 0, 0, 4, 0, 0)).toBe(GRID_NEEDS_CELLS);
    expect(gridDistanceLocal(0, 0, 0, 4, 0, 0)).toBe(GRID_NEEDS_CELLS);
    expect(gridDistanceLocal(4, 0, 0, 0, 0, 0)).toBe(GRID_NEEDS_CELLS);
    expect(gridDistanceLocal(4, 0, 0, 117, 0, 0)).toBe(GRID_UNCOMPUTABLE);
    expect(gridDistanceLocal(2, 5, 5, 2, 5, 6)).toBe(1);
  });
});

describe("properties", () => {
  test("equals H3 for pairs from ten metres to across the world", () => {
    fc.assert(
      fc.property(pointPair, fc.integer({ min: 11, max: 15 }), (pair, resolution) => {
        const a = h3.latLngToCell(pair.latDeg, pair.lngDeg, 11);
        const b = h3.latLngToCell(...secondPoint(pair), resolution);
        expect(distance(a, b)).toBe(expectedDistance(a, b));
        expect(distance(b, a)).toBe(expectedDistance(b, a));
      }),
      { numRuns: 8000 * SOAK },
    );
  });

  test("equals H3 across the border of two base cells, near it and deep inside", () => {
    const input = fc.record({
      cell: anyCell(11, 15),
      direction: fc.integer({ min: 0, max: 5 }),
      digits: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 11, maxLength: 11 }),
    });
    fc.assert(
      fc.property(input, ({ cell, direction, digits }) => {
        const base = h3.cellToParent(cell, 0);
        const touching = h3.gridDisk(base, 1).filter((text) => text !== base);
        const other = touching[direction % touching.length] ?? base;
        let second: string;
        try {
          second = h3.constructCell(h3.getBaseCellNumber(other), digits, 11);
        } catch {
          return; // In the subsequence a pentagon lacks.
        }
        expect(distance(cell, second)).toBe(expectedDistance(cell, second));
      }),
      { numRuns: 4000 * SOAK },
    );
  });

  test("inside one sector of a pentagon base cell, coordinates alone give H3's distance", () => {
    const pentagons = h3.getPentagons(0).map((text) => h3.cellToLatLng(text));
    fc.assert(
      fc.property(
        fc.nat(11),
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.constantFrom(0.002, 0.02, 0.5, 5),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (pentagon, latOff, lngOff, spread, turn) => {
          const [lat, lng] = [pentagons[pentagon][0] + latOff, pentagons[pentagon][1] + lngOff];
          const a = h3.latLngToCell(lat, lng, 11);
          const b = h3.latLngToCell(lat + spread * turn, lng + spread * (1 - Math.abs(turn)), 11);
          const [cellA, cellB] = [split(a), split(b)];
          const sector = pentagonSector(cellA.hi, cellA.lo);
          fc.pre(sector > 0 && sector < 7 && sector === pentagonSector(cellB.hi, cellB.lo));
          fc.pre(cellBaseCell(cellA.hi) === cellBaseCell(cellB.hi));
          const [localA, localB] = [localIj(cellA.hi, cellA.lo), localIj(cellB.hi, cellB.lo)];
          const steps = axialDistance((localA?.i ?? 0) - (localB?.i ?? 0), (localA?.j ?? 0) - (localB?.j ?? 0));
          expect(steps).toBe(expectedDistance(a, b));
        },
      ),
      { numRuns: 1000 * SOAK },
    );
  });
});
