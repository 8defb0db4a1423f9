/**
 * The density scale of private hotspots: the least that any place in their resolution-8 cell would have (docs/adr/0010).
 *
 * For others all private hotspots of a cell count as one more resolution-9 hexagon of it, with one resolution-10 hexagon, in which they
 * share. For themselves the scale is the least of that and of what one of them would have if it alone stood in any resolution-10 hexagon
 * of the cell: in the most crowded one of a resolution-9 hexagon, in an empty one of it, or in an empty resolution-9 hexagon. Where limits
 * are 1 at resolutions 8 to 10 (hotspot-places.ts) a place changes nothing outside its cell, so these few are all there is to compare, and
 * the scale of the finer resolutions is one part in (hotspots in the hexagon × occupied ones beside it × occupied ones above).
 */
import { isPentagon, PUBLIC_RESOLUTION, parentHi, parentLo } from "@earshot/geo";
import type { DensityLevel, SortedRows } from "./density-levels.ts";
import { hexagonOfRow } from "./density-scales.ts";
import { divideHalfEven } from "./half-even.ts";

/** Counts at the place that leaves least. */
export interface LeastPlace {
  /** Hotspots in its resolution-10 hexagon, itself included. */
  readonly hotspots: number;
  /** Occupied resolution-10 hexagons of its resolution-9 hexagon. */
  readonly hexagons10: number;
  /** Occupied resolution-9 hexagons of its resolution-8 cell. */
  readonly hexagons9: number;
}

/** Hotspots of one resolution-9 hexagon: occupied resolution-10 hexagons, the fullest of them, and how many there are. */
interface Group {
  readonly occupied: number;
  readonly fullest: number;
  readonly children: number;
}

/** Whether a hexagon of the finest level is the one in which the private hotspots of a cell count. */
export function isPrivateHexagon({ hi }: SortedRows, { first }: DensityLevel, hexagon: number): boolean {
  return ((hi[first[hexagon]] >>> 20) & 15) === PUBLIC_RESOLUTION;
}

/** The place that leaves a private hotspot least; `hexagon` is the private one of its cell in the finest level. */
export function leastPlace(sorted: SortedRows, finest: DensityLevel, hexagon: number): LeastPlace {
  const groups = groupsOfCell(sorted, finest, hexagon);
  const own = finest.unclipped[hexagon];
  // What is left of the private ones when one of them stands elsewhere.
  const others = groups.length + (own > 1 ? 1 : 0);
  const places: LeastPlace[] = [{ hotspots: own, hexagons10: 1, hexagons9: groups.length + 1 }];
  for (const { children, fullest, occupied } of groups) {
    places.push({ hotspots: fullest + 1, hexagons10: occupied, hexagons9: others });
    if (occupied < children) places.push({ hotspots: 1, hexagons10: occupied + 1, hexagons9: others });
  }
  const at = finest.first[hexagon];
  if (groups.length < childrenOf(sorted.hi[at] >>> 0, sorted.lo[at] >>> 0))
    places.push({ hotspots: 1, hexagons10: 1, hexagons9: others + 1 });
  return places.reduce((least, place) => (partOf(place) > partOf(least) ? place : least));
}

/** Writes the scales of the private hexagons of the finest level, 1e-4. */
export function writePrivateScales(sorted: SortedRows, levels: readonly DensityLevel[], scales: Uint16Array): void {
  const finest = levels[0];
  for (let hexagon = 0; hexagon < scales.length; hexagon++) {
    if (!isPrivateHexagon(sorted, finest, hexagon)) continue;
    let numerator = 10_000n;
    let denominator = BigInt(partOf(leastPlace(sorted, finest, hexagon)));
    for (const level of levels) {
      if (level.resolution >= PUBLIC_RESOLUTION) continue;
      const above = hexagonOfRow(level, finest.first[hexagon]);
      numerator *= BigInt(level.clipped[above]);
      denominator *= BigInt(level.unclipped[above]);
    }
    scales[hexagon] = Number(divideHalfEven(numerator, denominator));
  }
}

function partOf({ hotspots, hexagons10, hexagons9 }: LeastPlace): number {
  return hotspots * hexagons10 * hexagons9;
}

/** The resolution-9 hexagons with open hotspots in the cell of a private hexagon, which is the last of its cell in cell order. */
function groupsOfCell(sorted: SortedRows, { difference, first, unclipped }: DensityLevel, hexagon: number): Group[] {
  const groups: Group[] = [];
  let occupied = 0;
  let fullest = 0;
  for (let at = hexagon; difference[at] > PUBLIC_RESOLUTION; ) {
    at--;
    occupied++;
    fullest = Math.max(fullest, unclipped[at]);
    // The first of a resolution-9 hexagon differs from the one before it at resolution 9 or coarser.
    if (difference[at] > PUBLIC_RESOLUTION + 1) continue;
    const row = first[at];
    groups.push({ occupied, fullest, children: childrenOf(...parentOf(sorted.hi[row] >>> 0, sorted.lo[row] >>> 0)) });
    occupied = 0;
    fullest = 0;
  }
  return groups;
}

function parentOf(hi: number, lo: number): [hi: number, lo: number] {
  return [parentHi(hi, lo, PUBLIC_RESOLUTION + 1), parentLo(hi, lo, PUBLIC_RESOLUTION + 1)];
}

/** A pentagon lacks one child. */
function childrenOf(hi: number, lo: number): number {
  return isPentagon(hi, lo) ? 6 : 7;
}
