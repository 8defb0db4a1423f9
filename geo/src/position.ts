/**
 * Where a cell's centre is, as three int32: Earth-centred x, y, z on the H3 sphere in 1/256 m.
 *
 * Computed once when a location is asserted. Axes: x to latitude 0, longitude 0; y to longitude 90° east; z to the north pole.
 */

import { EARTH_RADIUS_M, POSITION_UNITS_PER_M } from "./distance.ts";
import { geoError } from "./errors.ts";
import { cellToLatLng, type LatLng } from "./h3.ts";
import { cos, sin } from "./trig.ts";

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
const RADIANS_PER_DEGREE = Math.PI / 180;

/** The centre of a cell. Throws GEO_BAD_CELL. */
export function positionOfCell(hi: number, lo: number): Position {
  const { latDeg, lngDeg } = cellToLatLng(hi, lo);
  const lat = latDeg * RADIANS_PER_DEGREE;
  const lng = lngDeg * RADIANS_PER_DEGREE;
  const ring = RADIUS_UNITS * cos(lat);
  return {
    x: Math.floor(ring * cos(lng) + 0.5),
    y: Math.floor(ring * sin(lng) + 0.5),
    z: Math.floor(RADIUS_UNITS * sin(lat) + 0.5),
  };
}

/** The centres of many cells, row by row. Throws GEO_BAD_LENGTH when the halves differ in length, GEO_BAD_CELL. */
export function positionsOfCells(hi: Uint32Array, lo: Uint32Array): PositionColumns {
  if (hi.length !== lo.length) throw geoError("GEO_BAD_LENGTH", `hi has ${hi.length} rows, lo has ${lo.length}`);
  const columns = { x: new Int32Array(hi.length), y: new Int32Array(hi.length), z: new Int32Array(hi.length) };
  for (let row = 0; row < hi.length; row++) {
    const { x, y, z } = positionOfCell(hi[row], lo[row]);
    columns.x[row] = x;
    columns.y[row] = y;
    columns.z[row] = z;
  }
  return columns;
}

/** Latitude and longitude in degrees of a position, for a map. Not deterministic in the last bit: never decide with it. */
export function latLngOfPosition(x: number, y: number, z: number): LatLng {
  return {
    latDeg: Math.atan2(z, Math.sqrt(x * x + y * y)) / RADIANS_PER_DEGREE,
    lngDeg: Math.atan2(y, x) / RADIANS_PER_DEGREE,
  };
}
