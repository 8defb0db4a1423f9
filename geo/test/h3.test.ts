import fc from "fast-check";
import * as h3 from "h3-js";
import { describe, expect, test } from "vitest";
import {
  cellToBoundary,
  cellToLatLng,
  cellToString,
  greatCircleDistanceM,
  gridDiskSlow,
  gridDistanceSlow,
  latLngToCell,
} from "../src/index.ts";
import { anyCell, codeOf, SOAK, split } from "./cells.ts";

describe("vectors", () => {
  test("puts the example of the H3 documentation into its cell", () => {
    const { hi, lo } = latLngToCell(37.7752702151959, -122.418307270836, 9);
    expect(cellToString(hi, lo)).toBe("8928308280fffff");
  });

  test("gives a hexagon seven cells in its disk and a pentagon six", () => {
    const hexagon = split("8928308280fffff");
    const pentagon = split(h3.getPentagons(9)[0] ?? "");
    expect(gridDiskSlow(hexagon.hi, hexagon.lo, 1)).toHaveLength(7);
    expect(gridDiskSlow(pentagon.hi, pentagon.lo, 1)).toHaveLength(6);
  });

  test("gives a hexagon six corners and a pentagon five in even resolutions", () => {
    const hexagon = split("8928308280fffff");
    const pentagon = split(h3.getPentagons(8)[0] ?? "");
    expect(cellToBoundary(hexagon.hi, hexagon.lo)).toHaveLength(6);
    expect(cellToBoundary(pentagon.hi, pentagon.lo)).toHaveLength(5);
  });

  test("measures a degree of latitude on H3's sphere", () => {
    expect(greatCircleDistanceM(0, 0, 1, 0)).toBeCloseTo((Math.PI / 180) * 6371007.180918475, 6);
  });
});

describe("boundaries", () => {
  test("takes the poles and both sides of the antimeridian", () => {
    for (const [latDeg, lngDeg] of [
      [90, 0],
      [-90, 0],
      [0, 180],
      [0, -180],
    ] as const) {
      for (let resolution = 0; resolution <= 15; resolution++) {
        const { hi, lo } = latLngToCell(latDeg, lngDeg, resolution);
        expect(cellToString(hi, lo)).toBe(h3.latLngToCell(latDeg, lngDeg, resolution));
      }
    }
  });

  test("has no grid distance between resolutions or across the world", () => {
    const [a, b] = [split("8b283082838cfff"), split("8b1fa44181a0fff")];
    expect(gridDistanceSlow(a, b)).toBeUndefined();
    expect(gridDistanceSlow(a, split("8a283082838ffff"))).toBeUndefined();
    expect(gridDistanceSlow(a, a)).toBe(0);
  });
});

describe("properties", () => {
  test("puts the centre of any cell into that cell", () => {
    fc.assert(
      fc.property(anyCell(0, 14), (text) => {
        const { hi, lo } = split(text);
        const { latDeg, lngDeg } = cellToLatLng(hi, lo);
        const back = latLngToCell(latDeg, lngDeg, h3.getResolution(text));
        expect(cellToString(back.hi, back.lo)).toBe(text);
      }),
      { numRuns: 1000 * SOAK },
    );
  });
});

describe("misuse", () => {
  test("refuses coordinates that are not finite degrees in range", () => {
    for (const [latDeg, lngDeg] of [
      [Number.NaN, 0],
      [0, Number.NaN],
      [Number.POSITIVE_INFINITY, 0],
      [0, Number.NEGATIVE_INFINITY],
      [90.0001, 0],
      [-90.0001, 0],
      [0, 180.0001],
      [0, -180.0001],
    ] as const) {
      expect(
        codeOf(() => latLngToCell(latDeg, lngDeg, 9)),
        `${latDeg}, ${lngDeg}`,
      ).toBe("GEO_BAD_COORDINATE");
    }
  });

  test("refuses a resolution that is not an integer from 0 to 15", () => {
    for (const resolution of [-1, 16, 1.5, Number.NaN]) {
      expect(codeOf(() => latLngToCell(0, 0, resolution))).toBe("GEO_BAD_RESOLUTION");
    }
  });

  test("refuses what is no cell", () => {
    const cell = split("8b283082838cfff");
    expect(codeOf(() => cellToLatLng(0, 0))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => cellToBoundary(0, 0))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => gridDiskSlow(0, 0, 1))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => gridDistanceSlow({ hi: 0, lo: 0 }, cell))).toBe("GEO_BAD_CELL");
    expect(codeOf(() => gridDistanceSlow(cell, { hi: 0, lo: 0 }))).toBe("GEO_BAD_CELL");
  });
});
