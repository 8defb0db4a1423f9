/**
 * The door to h3-js: the conversions between coordinates and cells, and the slow general forms of what geo does in tables.
 *
 * The only file that imports h3-js. Every call crosses into compiled C and costs 0.3 to 2 µs, so nothing here is called per
 * report: a hotspot's cell is converted when its location is asserted. h3-js uses the host's sin and cos; positions that
 * decide a verdict come from position.ts instead.
 */

import * as h3 from "h3-js";
import { assertCell, type Cell, cellFromString } from "./cell.ts";
import { geoError } from "./errors.ts";

/** Latitude and longitude in degrees. */
export interface LatLng {
  readonly latDeg: number;
  readonly lngDeg: number;
}

/** The centre of a cell in degrees. Throws GEO_BAD_CELL. */
export function cellToLatLng(hi: number, lo: number): LatLng {
  assertCell(hi, lo);
  const [latDeg, lngDeg] = h3.cellToLatLng([lo, hi]);
  return { latDeg, lngDeg };
}

/**
 * The cell that contains a point. Latitude -90 to 90 and longitude -180 to 180 degrees, both ends included.
 * Throws GEO_BAD_COORDINATE for NaN, infinities and anything out of range, GEO_BAD_RESOLUTION for a resolution not 0 to 15.
 */
export function latLngToCell(latDeg: number, lngDeg: number, resolution: number): Cell {
  // Negated comparisons, so that NaN is refused too.
  if (!(Math.abs(latDeg) <= 90 && Math.abs(lngDeg) <= 180)) {
    throw geoError("GEO_BAD_COORDINATE", `expected degrees within ±90 and ±180, got ${latDeg}, ${lngDeg}`);
  }
  if (!Number.isInteger(resolution) || resolution < 0 || resolution > 15) {
    throw geoError("GEO_BAD_RESOLUTION", `expected an integer from 0 to 15, got ${resolution}`);
  }
  return cellFromString(h3.latLngToCell(latDeg, lngDeg, resolution));
}

/** All cells at most `k` steps away, the cell itself included, in H3's order. Throws GEO_BAD_CELL. */
export function gridDiskSlow(hi: number, lo: number, k: number): Cell[] {
  assertCell(hi, lo);
  return h3.gridDisk([lo, hi], k).map(cellFromString);
}

/**
 * Steps between two cells of one resolution, or undefined where H3 cannot tell: different resolutions, base cells that are not
 * neighbours, or the far side of a pentagon. Throws GEO_BAD_CELL.
 */
export function gridDistanceSlow(a: Cell, b: Cell): number | undefined {
  assertCell(a.hi, a.lo);
  assertCell(b.hi, b.lo);
  try {
    return h3.gridDistance([a.lo, a.hi], [b.lo, b.hi]);
  } catch {
    // Both are valid cells, so the only thing left to fail is the unfolding itself.
    return undefined;
  }
}

/** Great-circle distance in metres as H3 computes it (haversine on its sphere); arguments in degrees. */
export function greatCircleDistanceM(latADeg: number, lngADeg: number, latBDeg: number, lngBDeg: number): number {
  return h3.greatCircleDistance([latADeg, lngADeg], [latBDeg, lngBDeg], h3.UNITS.m);
}

/** The corners of a cell in degrees, in order, not closed; 5 to 10 of them. For maps. Throws GEO_BAD_CELL. */
export function cellToBoundary(hi: number, lo: number): LatLng[] {
  assertCell(hi, lo);
  return h3.cellToBoundary([lo, hi]).map(([latDeg, lngDeg]) => ({ latDeg, lngDeg }));
}
