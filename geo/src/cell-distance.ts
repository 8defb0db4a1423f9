/**
 * Metres between the centres of two cells to the last few nanometres, for the few pairs whose rounded positions cannot decide
 * a metre. What H3's great-circle distance means, without the host's trigonometry: the same bits on every machine.
 */

import { assertCell } from "./cell.ts";
import { EARTH_RADIUS_M } from "./distance.ts";
import { cellDirection } from "./icosahedron.ts";
import { asin } from "./trig.ts";

/** Scratch for two directions; valid only until the next pair. */
const from = new Float64Array(3);
const to = new Float64Array(3);

/** Distance along H3's sphere in metres between two cell centres. Throws GEO_BAD_CELL. */
export function cellDistanceM(aHi: number, aLo: number, bHi: number, bLo: number): number {
  assertCell(aHi, aLo);
  assertCell(bHi, bLo);
  cellDirection(aHi, aLo, from);
  cellDirection(bHi, bLo, to);
  const dx = from[0] - to[0];
  const dy = from[1] - to[1];
  const dz = from[2] - to[2];
  const halfChord = Math.sqrt(dx * dx + dy * dy + dz * dz) / 2;
  return 2 * EARTH_RADIUS_M * asin(Math.min(halfChord, 1));
}
