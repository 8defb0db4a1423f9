import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import {
  chordSquared,
  EARTH_RADIUS_M,
  POSITION_UNITS_PER_M,
  positionOfCell,
  roundedDistanceM,
  surfaceDistanceM,
} from "../src/index.ts";
import { anyCell, pointPair, SOAK, secondPoint, split } from "./cells.ts";

const RADIUS_UNITS = EARTH_RADIUS_M * POSITION_UNITS_PER_M;

function chordSquaredOfArc(distanceM: number): number {
  return (2 * RADIUS_UNITS * Math.sin(distanceM / (2 * EARTH_RADIUS_M))) ** 2;
}

function between(a: string, b: string): number {
  const [cellA, cellB] = [split(a), split(b)];
  const [p, q] = [positionOfCell(cellA.hi, cellA.lo), positionOfCell(cellB.hi, cellB.lo)];
  return chordSquared(p.x - q.x, p.y - q.y, p.z - q.z);
}

describe("vectors", () => {
  test("counts in 1/256 m and gives metres", () => {
    expect(chordSquared(3, -4, 12)).toBe(169);
    expect(surfaceDistanceM(0)).toBe(0);
    expect(surfaceDistanceM(256 * 256)).toBeCloseTo(1, 12);
    expect(roundedDistanceM(chordSquaredOfArc(100_000))).toBe(100_000);
  });

  test("gives a quarter and half of the circumference", () => {
    expect(surfaceDistanceM(2 * RADIUS_UNITS * RADIUS_UNITS)).toBeCloseTo((Math.PI / 2) * EARTH_RADIUS_M, 6);
    expect(surfaceDistanceM(4 * RADIUS_UNITS * RADIUS_UNITS)).toBeCloseTo(Math.PI * EARTH_RADIUS_M, 6);
  });
});

describe("boundaries", () => {
  test("is exact to a tenth of a millimetre on both sides of the switch from series to arcsine", () => {
    for (const distanceM of [
      1, 300, 99_999.5, 100_000, 299_000, 299_999, 300_000, 300_001, 300_100, 1_000_000, 9_000_000,
    ]) {
      expect(Math.abs(surfaceDistanceM(chordSquaredOfArc(distanceM)) - distanceM), `${distanceM} m`).toBeLessThan(1e-4);
    }
    let last = 0;
    for (let chordM = 299_999; chordM <= 300_001; chordM += 0.001) {
      const distanceM = surfaceDistanceM((chordM * POSITION_UNITS_PER_M) ** 2);
      expect(distanceM).toBeGreaterThan(last);
      last = distanceM;
    }
  });

  test("rounds halves up", () => {
    // 2.5 m is short enough for the chord to be the arc.
    expect(roundedDistanceM((2.5 * 256) ** 2)).toBe(3);
    expect(roundedDistanceM((2.4999 * 256) ** 2)).toBe(2);
  });

  test("does not leave the sphere where rounded antipodes are further apart than its diameter", () => {
    expect(surfaceDistanceM(4 * (RADIUS_UNITS + 2) ** 2)).toBe(surfaceDistanceM(4 * RADIUS_UNITS * RADIUS_UNITS));
  });
});

describe("properties", () => {
  test("is H3's great-circle distance to below one centimetre, near and far", () => {
    fc.assert(
      fc.property(pointPair, (pair) => {
        const a = h3.latLngToCell(pair.latDeg, pair.lngDeg, 12);
        const b = h3.latLngToCell(...secondPoint(pair), 12);
        const expected = h3.greatCircleDistance(h3.cellToLatLng(a), h3.cellToLatLng(b), h3.UNITS.m);
        // Towards the antipode a millimetre of position is metres of haversine; the network never gets there.
        if (expected < 19_000_000) expect(Math.abs(surfaceDistanceM(between(a, b)) - expected)).toBeLessThan(0.01);
      }),
      { numRuns: 3000 * SOAK },
    );
  });

  test("is symmetric, and zero for a cell and itself", () => {
    fc.assert(
      fc.property(anyCell(), anyCell(), (a, b) => {
        expect(between(a, b)).toBe(between(b, a));
        expect(between(a, a)).toBe(0);
      }),
      { numRuns: 500 * SOAK },
    );
  });

  test("grows with the chord", () => {
    const chord = fc.double({ min: 0, max: 4 * RADIUS_UNITS * RADIUS_UNITS, noNaN: true });
    fc.assert(
      fc.property(chord, chord, (a, b) => {
        expect(surfaceDistanceM(Math.min(a, b))).toBeLessThanOrEqual(surfaceDistanceM(Math.max(a, b)));
      }),
      { numRuns: 2000 * SOAK },
    );
  });
});
