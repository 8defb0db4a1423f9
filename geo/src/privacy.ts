/**
 * The public location of a hotspot: its resolution-8 cell, about 0.7 km², and never finer.
 *
 * The registry, the API and the map show this cell; only the owner, and a hotspot that publishes its opening, show more
 * (DESIGN "Location privacy").
 */

import { type Cell, cellResolution, parentCell } from "./cell.ts";
import { geoError } from "./errors.ts";

/** The resolution of a public location. */
export const PUBLIC_RESOLUTION = 8;

/** The resolution-8 cell that contains `(hi, lo)`. Throws GEO_BAD_RESOLUTION when the cell is coarser than that. */
export function publicCell(hi: number, lo: number): Cell {
  const resolution = cellResolution(hi);
  if (resolution < PUBLIC_RESOLUTION) {
    throw geoError("GEO_BAD_RESOLUTION", `a public location has resolution ${PUBLIC_RESOLUTION}, got ${resolution}`);
  }
  return parentCell(hi, lo, PUBLIC_RESOLUTION);
}
