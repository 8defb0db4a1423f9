/** The interval of a link with private ends holds every place their cells allow. */
import { cellFromString, POSITION_UNITS_PER_M, positionOfCell, surfaceDistanceM } from "@earshot/geo";
import fc from "fast-check";
import { cellToChildren, cellToLatLng, greatCircleDistance, gridDisk, latLngToCell, UNITS } from "h3-js";
import { describe, expect, test } from "vitest";
import { allocateColumns, earshot, helium, hotspotsTable } from "../../src/index.ts";
import { buildHotspotLines, LINE, LINE_STRIDE, META } from "../../src/verify/hotspot-lines.ts";
import { isPlaced, privateLocationsFlaw } from "../../src/verify/hotspot-places.ts";
import { farthestChordSquared, hasPrivateEnd, nearestChordSquared } from "../../src/verify/private-reach.ts";
import { runs } from "../helium/soak.ts";
import { cellAt, clusters } from "../reference/helium-sites.ts";

/** h3-js works with the host's sines; positions are rounded to 4 mm. */
const TOLERANCE_M = 0.01;

/** Lines of hotspots whose register shows these cells: of resolution 8 for private ones, 12 for open ones, none for "". */
function linesOf(cells: readonly string[], parameters = earshot as typeof earshot | typeof helium) {
  const columns = allocateColumns(hotspotsTable, cells.length);
  cells.forEach((cell, row) => {
    if (cell === "") return;
    const isPrivate = cell[1] === "8";
    const { hi, lo } = cellFromString(cell);
    (isPrivate ? columns.cell_public : columns.cell)[row] = (BigInt(hi) << 32n) | BigInt(lo);
  });
  return { columns, lines: buildHotspotLines(columns, parameters).lines };
}

function intervalM(a: string, b: string): { readonly nearest: number; readonly farthest: number } {
  const { lines } = linesOf([a, b]);
  const at = (axis: number) => lines[axis] - lines[LINE_STRIDE + axis];
  const square = at(LINE.x) ** 2 + at(LINE.y) ** 2 + at(LINE.z) ** 2;
  return {
    nearest: surfaceDistanceM(nearestChordSquared(lines, 0, LINE_STRIDE, square)),
    farthest: surfaceDistanceM(farthestChordSquared(lines, 0, LINE_STRIDE, square)),
  };
}

function greatCircleM(a: string, b: string): number {
  return greatCircleDistance(cellToLatLng(a), cellToLatLng(b), UNITS.m);
}

/** A resolution-8 cell anywhere, and another at up to 120 km, with a place in each. */
const pairs = fc
  .record({
    latDeg: fc.double({ min: -89, max: 89, noNaN: true }),
    lngDeg: fc.double({ min: -180, max: 180, noNaN: true }),
    cluster: fc.option(fc.constantFrom(...clusters), { freq: 3 }),
    metres: fc.oneof(fc.double({ min: 0, max: 3000, noNaN: true }), fc.double({ min: 0, max: 120_000, noNaN: true })),
    bearingDeg: fc.double({ min: 0, max: 360, noNaN: true }),
    childA: fc.nat(2400),
    childB: fc.nat(2400),
  })
  .map(({ latDeg, lngDeg, cluster, metres, bearingDeg, childA, childB }) => {
    const from = cluster?.[0].cell ?? latLngToCell(latDeg, lngDeg, 12);
    const [latA, lngA] = cellToLatLng(from);
    const [latB, lngB] = cellToLatLng(cellAt(from, metres, bearingDeg));
    const [a, b] = [latLngToCell(latA, lngA, 8), latLngToCell(latB, lngB, 8)];
    const [inA, inB] = [cellToChildren(a, 12), cellToChildren(b, 12)];
    return { a, b, placeA: inA[childA % inA.length], placeB: inB[childB % inB.length] };
  });

describe("properties", () => {
  test("the distance of any two places in two cells lies in the interval of the cells", () => {
    fc.assert(
      fc.property(pairs, ({ a, b, placeA, placeB }) => {
        const metres = greatCircleM(placeA, placeB);
        for (const [one, other] of [
          [a, b],
          [a, placeB],
          [placeA, b],
        ]) {
          const { nearest, farthest } = intervalM(one, other);
          expect(nearest).toBeLessThanOrEqual(metres + TOLERANCE_M);
          expect(farthest).toBeGreaterThanOrEqual(metres - TOLERANCE_M);
        }
      }),
      { numRuns: runs(120) },
    );
  });

  test("between two open places the interval is their distance", () => {
    fc.assert(
      fc.property(pairs, ({ placeA, placeB }) => {
        const { nearest, farthest } = intervalM(placeA, placeB);
        expect(Math.abs(nearest - greatCircleM(placeA, placeB))).toBeLessThan(TOLERANCE_M);
        expect(Math.abs(farthest - nearest)).toBeLessThan(1e-6);
      }),
      { numRuns: runs(40) },
    );
  });
});

describe("boundaries", () => {
  const cell = latLngToCell(51.5, -0.12, 8);

  test("two places in one cell, or in cells that touch, may be the same place", () => {
    expect(intervalM(cell, cell).nearest).toBe(0);
    for (const beside of gridDisk(cell, 1)) expect(intervalM(cell, beside).nearest).toBe(0);
  });

  test("cells that do not touch are apart, and the interval is twice what both reach", () => {
    const far = gridDisk(cell, 3).find((other) => !gridDisk(cell, 2).includes(other)) ?? "";
    const { nearest, farthest } = intervalM(cell, far);
    expect(nearest).toBeGreaterThan(0);
    const { lines } = linesOf([cell, far]);
    const reachM = (lines[LINE.reach] + lines[LINE_STRIDE + LINE.reach]) / POSITION_UNITS_PER_M;
    expect(farthest - nearest).toBeCloseTo(2 * reachM, 3);
  });

  test("a private line holds the centre of its cell, how far from it the hotspot may stand, and its bit", () => {
    const { lines } = linesOf([cell, cellToChildren(cell, 12)[0], ""]);
    const { x, y, z } = positionOfCell(cellFromString(cell).hi, cellFromString(cell).lo);
    expect([lines[LINE.x], lines[LINE.y], lines[LINE.z]]).toEqual([x, y, z]);
    expect(lines[LINE.reach]).toBeGreaterThan(400 * POSITION_UNITS_PER_M);
    const metas = [0, 1, 2].map((row) => lines[row * LINE_STRIDE + LINE.meta] & (META.private | META.notAsserted));
    expect(metas).toEqual([META.private, 0, META.notAsserted]);
    expect(hasPrivateEnd(lines, LINE_STRIDE, 2 * LINE_STRIDE)).toBe(false);
    expect(hasPrivateEnd(lines, LINE_STRIDE, 0)).toBe(true);
  });
});

describe("rules without private locations", () => {
  test("take a hotspot that shows no resolution-12 cell for one without a place", () => {
    const cell = latLngToCell(51.5, -0.12, 8);
    const { columns, lines } = linesOf([cell], helium);
    expect(lines[LINE.meta] & (META.private | META.notAsserted)).toBe(META.notAsserted);
    expect(isPlaced(columns, 0, helium)).toBe(false);
    expect(isPlaced(columns, 0, earshot)).toBe(true);
  });

  test("are those whose distances or density leave a private place no bound", () => {
    expect(privateLocationsFlaw(helium)).toBeUndefined();
    expect(privateLocationsFlaw(earshot)).toBeUndefined();
    expect(privateLocationsFlaw({ ...helium, privateLocations: true })).toMatch(/least distance in metres/);
    const limits = earshot.density.limits.map((limit) =>
      limit.resolution === 9 ? { ...limit, target: 1, maximum: 2 } : limit,
    );
    const density = { ...earshot.density, limits };
    expect(privateLocationsFlaw({ ...earshot, density })).toMatch(/limits of 1 at resolutions 8, 9 and 10/);
  });
});
