/**
 * How far from the centre of its public cell a hotspot may stand: what a private location leaves open.
 *
 * A location is the centre of a resolution-12 cell under its resolution-8 cell. Cells under another are no part of the hexagon that is
 * drawn for it: they fill the sum of four hexagons, turned one way at resolutions 9 and 11 and back at 10 and 12, whose hull has twelve
 * corners: one digit at 9 and 11, and at 10 and 12 the same or the next one counter-clockwise. Projecting a face of the icosahedron keeps
 * hulls, so where all twelve lie on the face of the centre the farthest descendant is one of them; where they do not, and under a pentagon,
 * every descendant is looked at.
 */
import { DIGIT_CCW } from "./base-cells.ts";
import { assertCell, cellResolution, isCell, isPentagon } from "./cell.ts";
import { EARTH_RADIUS_M } from "./distance.ts";
import { geoError } from "./errors.ts";
import { cellDirection, STEP_0 } from "./icosahedron.ts";
import { toPositionUnits } from "./position.ts";
import { PUBLIC_RESOLUTION } from "./privacy.ts";

/** The resolution of an asserted location. */
export const ASSERTED_RESOLUTION = 12;
/**
 * What no resolution-8 cell exceeds, m (603.7): the steps from it to resolutions 9, 10, 11 and 12 end to end. A step of resolution r is
 * H3's step of resolution 0 on the plane of a face divided by √7^r, and projecting to the sphere lengthens nothing.
 */
export const MAX_REACH_M =
  EARTH_RADIUS_M * [9, 10, 11, 12].reduce((sum, resolution) => sum + STEP_0 / Math.sqrt(7) ** resolution, 0);

/** Positions are rounded to half a unit on each axis, so distances between two differ from exact ones by less than twice this, 1/256 m. */
const ROUNDING_UNITS = 2;
/** The four digits of resolutions 9 to 12 in the lower word of an index. */
const DIGITS_SHIFT = 9;
const DIGITS_MASK = 0o7777 << DIGITS_SHIFT;
const LAST_DIGITS = 0o6666;
/** From the resolution of a public cell to that of a location, in the upper word. */
const RESOLUTION_BITS = (PUBLIC_RESOLUTION ^ ASSERTED_RESOLUTION) << 20;

/** Scratch, valid only inside one call. */
const direction = new Float64Array(3);
const centre = new Float64Array(3);

/**
 * Chord in 1/256 m within which the positions of all resolution-12 cells under a resolution-8 cell lie of its own: that of the farthest
 * one and at most 2 cm. Throws GEO_BAD_CELL, GEO_BAD_RESOLUTION.
 */
export function cellReachUnits(hi: number, lo: number): number {
  assertCell(hi, lo);
  const resolution = cellResolution(hi);
  if (resolution !== PUBLIC_RESOLUTION) {
    throw geoError("GEO_BAD_RESOLUTION", `expected a cell of resolution ${PUBLIC_RESOLUTION}, got ${resolution}`);
  }
  const face = cellDirection(hi, lo, direction);
  for (let axis = 0; axis < 3; axis++) centre[axis] = toPositionUnits(direction[axis]);
  const childHi = hi ^ RESOLUTION_BITS;
  const farthestSq = (isPentagon(hi, lo) ? null : farthestCornerSq(childHi, lo, face)) ?? farthestSqOfAll(childHi, lo);
  return Math.ceil(Math.sqrt(farthestSq)) + 2 * ROUNDING_UNITS;
}

/** Squared chord to the farthest of the twelve corners; null unless all are on the face of the centre. */
function farthestCornerSq(childHi: number, lo: number, face: number): number | null {
  let farthestSq = 0;
  for (let odd = 1; odd <= 6; odd++) {
    for (const even of [odd, DIGIT_CCW[odd]]) {
      if (cellDirection(childHi, withDigits(lo, 0o1010 * odd + 0o0101 * even), direction) !== face) return null;
      farthestSq = Math.max(farthestSq, fromCentreSq());
    }
  }
  return farthestSq;
}

function farthestSqOfAll(childHi: number, lo: number): number {
  let farthestSq = 0;
  for (let digits = 0; digits <= LAST_DIGITS; digits++) {
    const childLo = withDigits(lo, digits);
    // A digit of 7, or what a pentagon lacks.
    if (!isCell(childHi, childLo)) continue;
    cellDirection(childHi, childLo, direction);
    farthestSq = Math.max(farthestSq, fromCentreSq());
  }
  return farthestSq;
}

function withDigits(lo: number, digits: number): number {
  return ((lo & ~DIGITS_MASK) | (digits << DIGITS_SHIFT)) >>> 0;
}

/** Squared chord between the positions of `direction` and `centre`. */
function fromCentreSq(): number {
  const dx = toPositionUnits(direction[0]) - centre[0];
  const dy = toPositionUnits(direction[1]) - centre[1];
  const dz = toPositionUnits(direction[2]) - centre[2];
  return dx * dx + dy * dy + dz * dz;
}
