/**
 * Geometry: who is heard far away is heard nearby, and a place explains the links of a hotspot better the fewer stand nearer in silence.
 *
 * Free space bounds how far a link can be, and a hotspot that knows the rules keeps inside the bound by power it does not report. It cannot
 * make others hear it where it does not stand. So a hotspot is not where it says when there is a place, that of one of its
 * counterparts, from which most of its links are at most half as long, and around which far fewer hotspots stand nearer than the
 * links and hear nothing. The second condition clears the honest: on a hill above one town every link is nearer to the town's middle, but
 * those between are as silent from there. No loss enters, and no exponent. Neighbours vote that took part in the epoch, that is
 * reported a beacon and were heard themselves.
 */
import type { SilenceParameters } from "./anomaly-parameters.ts";

/** Whether enough of a hotspot's links are far for another place to be looked for. */
export function isHeardFarAway({ farShareE4 }: SilenceParameters, far: number, links: number): boolean {
  return far > 0 && far * 10_000 >= links * farShareE4;
}

/** Whether a link is at most half as long from elsewhere; squared lengths in one unit. */
export function isHalfAsFar(fromThereSq: number, fromOwnSq: number): boolean {
  return 4 * fromThereSq <= fromOwnSq;
}

/** Whether the silence around the asserted place, and not around the other one, speaks: hotspots nearer than half of the links, without one. */
export function isSilentAround(
  { silentFactorE4 }: SilenceParameters,
  silentOwn: number,
  silentThere: number,
  least: number,
): boolean {
  return silentOwn >= least && silentOwn * 10_000 >= silentThere * silentFactorE4;
}

/** Directions are told apart by sectors of 30 degrees. */
export const SECTORS = 12;
const TAN_30 = 0.577_350_269_189_625_7;
const TAN_60 = 1.732_050_807_568_877_2;

/**
 * Sector, 0 to 11 clockwise from north, of the direction (dx, dy, dz) at (x, y, z), Earth-centred coordinates in one unit. Links that are at
 * most half as long from another place point at most 30 degrees away from it, so they lie in its sector or in one beside it.
 */
export function bearingSector(x: number, y: number, z: number, dx: number, dy: number, dz: number): number {
  const flatSq = x * x + y * y;
  const radius = Math.sqrt(flatSq + z * z);
  const east = x * dy - y * dx;
  const north = (flatSq * dz - z * (x * dx + y * dy)) / radius;
  const a = Math.abs(east);
  const b = Math.abs(north);
  const step = a < TAN_30 * b ? 0 : a < TAN_60 * b ? 1 : 2;
  if (north >= 0) return east >= 0 ? step : SECTORS - 1 - step;
  return east >= 0 ? SECTORS / 2 - 1 - step : SECTORS / 2 + step;
}
