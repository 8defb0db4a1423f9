/**
 * Where a cell's centre is, as three int32: Earth-centred x, y, z on the H3 sphere in 1/256 m.
 *
 * Computed once when a location is asserted. Axes: x to latitude 0, longitude 0; y to longitude 90° east; z to the north pole.
 * The same integers on every machine (icosahedron.ts), within one unit of what h3-js says, but for cells at a
 * pole, where its arcsine loses digits.
 */

import { assertCell, isCell } from "./cell.ts";
import { EARTH_RADIUS_M, POSITION_UNITS_PER_M } from "./distance.ts";
import { geoError } from "./errors.ts";
import type { LatLng } from "./h3.ts";
import { cellDirection } from "./icosahedron.ts";

/** Earth-centred coordinates in 1/256 m; each fits an int32. */
export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Positions as parallel columns in 1/256 m. */
export interface PositionColumns {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly z: Int32Array;
}

const RADIUS_UNITS = EARTH_RADIUS_M * POSITION_UNITS_PER_M;
const DEGREES_PER_RADIAN = 180 / Math.PI;
/** Scratch for one direction; valid only until the next cell. */
const direction = new Float64Array(3);

/** The centre of a cell. Throws GEO_BAD_CELL. */
export function positionOfCell(hi: number, lo: number): Position {
  assertCell(hi, lo);
  cellDirection(hi, lo, direction);
  return { x: toPositionUnits(direction[0]), y: toPositionUnits(direction[1]), z: toPositionUnits(direction[2]) };
}

/** The centres of many cells, row by row. Throws GEO_BAD_LENGTH when the halves differ in length, GEO_BAD_CELL. */
export function positionsOfCells(hi: Uint32Array, lo: Uint32Array): PositionColumns {
  if (hi.length !== lo.length) throw geoError("GEO_BAD_LENGTH", `hi has ${hi.length} rows, lo has ${lo.length}`);
  const columns = { x: new Int32Array(hi.length), y: new Int32Array(hi.length), z: new Int32Array(hi.length) };
  for (let row = 0; row < hi.length; row++) {
    if (!isCell(hi[row], lo[row])) assertCell(hi[row], lo[row]);
    cellDirection(hi[row], lo[row], direction);
    columns.x[row] = toPositionUnits(direction[0]);
    columns.y[row] = toPositionUnits(direction[1]);
    columns.z[row] = toPositionUnits(direction[2]);
  }
  return columns;
}

/** Nearest unit of a coordinate of a unit vector, halves up. */
export function toPositionUnits(coordinate: number): number {
  return Math.floor(coordinate * RADIUS_UNITS + 0.5);
}

/** Latitude and longitude in degrees of a position, for a map. Not deterministic in the last bit: never decide with it. */
export function latLngOfPosition(x: number, y: number, z: number): LatLng {
  return {
    latDeg: Math.atan2(z, Math.sqrt(x * x + y * y)) * DEGREES_PER_RADIAN,
    lngDeg: Math.atan2(y, x) * DEGREES_PER_RADIAN,
  };
}
