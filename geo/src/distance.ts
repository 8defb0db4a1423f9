/**
 * How far apart two positions are: the squared chord, and metres along the sphere from it.
 *
 * Positions are int32 Earth-centred coordinates in 1/256 m (position.ts). The squared chord is an exact integer up to about
 * 370 km; beyond that it is the IEEE sum of three products, the same bits everywhere. A limit in metres becomes a limit on the
 * squared chord once, so that a row costs three subtractions, three products and a compare.
 *
 * Sphere: H3's, radius 6371007.180918475 m (the WGS84 authalic radius), so that distances are those of H3 to below 1 cm; near
 * the antipode, where a chord hardly grows any more, to below 10 cm.
 */

import { asin } from "./trig.ts";

/** Radius of the H3 sphere in metres. */
export const EARTH_RADIUS_M = 6371007.180918475;
/** Units of a position per metre: one unit is 3.90625 mm, and the radius still fits an int32. */
export const POSITION_UNITS_PER_M = 256;

/** Up to this chord in metres the series is exact to a few micrometres; beyond it the arcsine is used. */
const SERIES_LIMIT_M = 300_000;
const INVERSE_24_R2 = 1 / (24 * EARTH_RADIUS_M * EARTH_RADIUS_M);
const INVERSE_640_R4 = 3 / (640 * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M);

/** Squared chord in (1/256 m)² from the three coordinate differences in 1/256 m. */
export function chordSquared(dx: number, dy: number, dz: number): number {
  return dx * dx + dy * dy + dz * dz;
}

/** Metres along the sphere from a squared chord in (1/256 m)²; 0 for 0, half the circumference at the antipode. */
export function surfaceDistanceM(chordSq: number): number {
  const chordM = Math.sqrt(chordSq) / POSITION_UNITS_PER_M;
  if (chordM <= SERIES_LIMIT_M) {
    const chordM2 = chordM * chordM;
    return chordM * (1 + chordM2 * (INVERSE_24_R2 + chordM2 * INVERSE_640_R4));
  }
  // Rounded positions of antipodes can be a unit further apart than the diameter.
  const half = chordM / (2 * EARTH_RADIUS_M);
  return 2 * EARTH_RADIUS_M * asin(Math.min(half, 1));
}

/** Whole metres along the sphere, halves up, from a squared chord in (1/256 m)². */
export function roundedDistanceM(chordSq: number): number {
  return Math.floor(surfaceDistanceM(chordSq) + 0.5);
}
