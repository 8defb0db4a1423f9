import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import { cellDistanceM } from "../src/index.ts";
import { codeOf, pointPair, SOAK, secondPoint, split } from "./cells.ts";

function distanceM(a: string, b: string): number {
  const [cellA, cellB] = [split(a), split(b)];
  return cellDistanceM(cellA.hi, cellA.lo, cellB.hi, cellB.lo);
}

describe("vectors", () => {
  test("gives the same bits on every machine", () => {
    expect(distanceM("8c283082838c1ff", "8c283082838c3ff")).toBe(18.716979439833956);
    expect(distanceM("8c283082838c1ff", "8c1fa441818bdff")).toBe(8878581.33355912);
    expect(distanceM("8c283082838c1ff", "8c283082838c1ff")).toBe(0);
  });
});

describe("properties", () => {
  test("is H3's great-circle distance to a micrometre up to 500 km and to a millimetre beyond", () => {
    fc.assert(
      fc.property(pointPair, (pair) => {
        const a = h3.latLngToCell(pair.latDeg, pair.lngDeg, 12);
        const b = h3.latLngToCell(...secondPoint(pair), 12);
        const [centreA, centreB] = [h3.cellToLatLng(a), h3.cellToLatLng(b)];
        // At a pole H3's own latitude is off by more than that (position.test.ts), at the antipode its haversine is.
        fc.pre(Math.abs(centreA[0]) < 89 && Math.abs(centreB[0]) < 89);
        const expected = h3.greatCircleDistance(centreA, centreB, h3.UNITS.m);
        fc.pre(expected < 15_000_000);
        expect(Math.abs(distanceM(a, b) - expected)).toBeLessThan(expected < 500_000 ? 1e-6 : 1e-3);
        expect(distanceM(b, a)).toBe(distanceM(a, b));
      }),
      { numRuns: 3000 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses what is no cell", () => {
    const { hi, lo } = split("8c283082838c1ff");
    expect(codeOf(() => cellDistanceM(0, 0, hi, lo))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => cellDistanceM(hi, lo, 0, 0))).toBe("GEO_BAD_CELL");
  });
});
