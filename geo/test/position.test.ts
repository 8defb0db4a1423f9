import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import {
  EARTH_RADIUS_M,
  latLngOfPosition,
  POSITION_UNITS_PER_M,
  type Position,
  positionOfCell,
  positionsOfCells,
} from "../src/index.ts";
import { anyCell, aroundPentagons, codeOf, edgeOfTheMapCells, SOAK, split } from "./cells.ts";

const RADIUS_UNITS = EARTH_RADIUS_M * POSITION_UNITS_PER_M;

function positionOf(text: string): Position {
  const { hi, lo } = split(text);
  return positionOfCell(hi, lo);
}

/** The greatest difference of a coordinate from what h3-js says, in units. */
function offset(text: string): number {
  const [latDeg, lngDeg] = h3.cellToLatLng(text);
  const lat = h3.degsToRads(latDeg);
  const lng = h3.degsToRads(lngDeg);
  const { x, y, z } = positionOf(text);
  return Math.max(
    Math.abs(x - RADIUS_UNITS * Math.cos(lat) * Math.cos(lng)),
    Math.abs(y - RADIUS_UNITS * Math.cos(lat) * Math.sin(lng)),
    Math.abs(z - RADIUS_UNITS * Math.sin(lat)),
  );
}

// Half a unit of rounding, and a thousandth for the host's own trigonometry.
const TOLERANCE = 0.501;

describe("vectors", () => {
  test("gives the same integers on every machine", () => {
    expect(positionOf("8c283082838c1ff")).toEqual({ x: -691173668, y: -1088146490, z: 999152084 });
    expect(positionOf("8c1fa441818bdff")).toEqual({ x: 1026828490, y: 78158176, z: 1264754230 });
    expect(positionOf("8009fffffffffff")).toEqual({ x: 685259297, y: 127453170, z: 1474538604 });
  });
});

describe("boundaries", () => {
  test("agrees with h3-js on every cell of resolutions 0 to 3", () => {
    for (const base of h3.getRes0Cells()) {
      for (let resolution = 0; resolution <= 3; resolution++) {
        for (const text of h3.cellToChildren(base, resolution)) expect(offset(text), text).toBeLessThan(TOLERANCE);
      }
    }
  });

  test("agrees with h3-js around all pentagons at every resolution", () => {
    for (let resolution = 0; resolution <= 15; resolution++) {
      for (const text of aroundPentagons(resolution, 4)) expect(offset(text), text).toBeLessThan(TOLERANCE);
    }
  });

  test("agrees with h3-js at the poles and the antimeridian", () => {
    for (const text of edgeOfTheMapCells()) {
      // Within metres of a pole H3's latitude is an arcsine of almost 1, which loses half its digits; ours has no arcsine.
      const isAtPole = Math.abs(h3.cellToLatLng(text)[0]) > 89.999;
      expect(offset(text), text).toBeLessThan(isAtPole ? 32 : TOLERANCE);
    }
  });
});

describe("properties", () => {
  test("agrees with h3-js on any cell, lies on the sphere and fits an int32", () => {
    fc.assert(
      fc.property(anyCell(), (text) => {
        expect(offset(text)).toBeLessThan(TOLERANCE);
        const { x, y, z } = positionOf(text);
        expect(Math.abs(Math.sqrt(x * x + y * y + z * z) - RADIUS_UNITS)).toBeLessThan(1);
        for (const coordinate of [x, y, z]) expect(coordinate | 0).toBe(coordinate);
      }),
      { numRuns: 5000 * SOAK },
    );
  });

  test("gives columns the same positions as single cells", () => {
    fc.assert(
      fc.property(fc.array(anyCell(), { maxLength: 30 }), (texts) => {
        const cells = texts.map(split);
        const columns = positionsOfCells(
          Uint32Array.from(cells, (cell) => cell.hi),
          Uint32Array.from(cells, (cell) => cell.lo),
        );
        texts.forEach((text, row) => {
          expect({ x: columns.x[row], y: columns.y[row], z: columns.z[row] }).toEqual(positionOf(text));
        });
      }),
      { numRuns: 100 * SOAK },
    );
  });

  test("comes back to the latitude and longitude of the cell within a millionth of a degree", () => {
    fc.assert(
      fc.property(anyCell(5, 15), (text) => {
        const [latDeg, lngDeg] = h3.cellToLatLng(text);
        const { x, y, z } = positionOf(text);
        const back = latLngOfPosition(x, y, z);
        expect(back.latDeg).toBeCloseTo(latDeg, 6);
        const turn = Math.abs(back.lngDeg - lngDeg);
        // A meridian is shorter towards the poles, and means nothing at one.
        expect(Math.min(turn, 360 - turn) * Math.cos(h3.degsToRads(latDeg))).toBeLessThan(1e-6);
      }),
      { numRuns: 1000 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses what is no cell and columns of different length", () => {
    expect(codeOf(() => positionOfCell(0, 0))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => positionsOfCells(new Uint32Array(1), new Uint32Array(1)))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => positionsOfCells(new Uint32Array(2), new Uint32Array(1)))).toBe("GEO_BAD_LENGTH");
  });
});
