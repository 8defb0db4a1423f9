/**
 * HIP-104 density with private hotspots, as literally as docs/adr/0010 words it: maps of strings, ratios of bigints, and for the scale of a
 * private hotspot a count of the whole world for each resolution-10 hexagon of its cell that it could stand in.
 */
import { cellToCenterChild, cellToChildren, cellToParent, gridDisk } from "h3-js";
import { HIP_104, limitOf } from "./helium-density.ts";

/** Where active hotspots stand: resolution-12 cells of open ones, resolution-8 cells of private ones. */
export interface ActivePlaces {
  readonly open: readonly string[];
  readonly hidden: readonly string[];
}

/** A hexagon a resolution, from 11 to 4. */
type Path = readonly string[];
interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const RESOLUTIONS = [11, 10, 9, 8, 7, 6, 5, 4];
const FINEST = 11;

const pathOf = (cell: string): Path => RESOLUTIONS.map((resolution) => cellToParent(cell, resolution));
/** All private hotspots of a cell share hexagons that are no others'. */
const hiddenPathOf = (cell: string): Path =>
  RESOLUTIONS.map((resolution) => (resolution > 8 ? `${cell} private ${resolution}` : cellToParent(cell, resolution)));

/** Scale in 1e-4 by place. */
export function privateDensityScalesE4({ open, hidden }: ActivePlaces): Map<string, number> {
  const scales = new Map<string, number>();
  const counts = countPaths([...open.map(pathOf), ...hidden.map(hiddenPathOf)]);
  for (const cell of open) scales.set(cell, roundE4(ratioOf(counts, pathOf(cell))));
  for (const cell of new Set(hidden)) {
    const others = hidden.slice();
    others.splice(others.indexOf(cell), 1);
    const ratios = cellToChildren(cell, 10).map((hexagon) => {
      const place = pathOf(cellToCenterChild(hexagon, 12));
      return ratioOf(countPaths([...open.map(pathOf), ...others.map(hiddenPathOf), place]), place);
    });
    scales.set(
      cell,
      [...ratios, ratioOf(counts, hiddenPathOf(cell))].map(roundE4).reduce((a, b) => Math.min(a, b)),
    );
  }
  return scales;
}

function countPaths(paths: readonly Path[]) {
  const unclipped = new Map<string, number>();
  const clipped = new Map<string, number>();
  const add = (map: Map<string, number>, cell: string, count: number) => map.set(cell, (map.get(cell) ?? 0) + count);
  for (const path of paths) {
    add(unclipped, path[0], 1);
    add(clipped, path[0], 1);
  }
  for (let level = 1; level < RESOLUTIONS.length; level++) {
    const limit = HIP_104[RESOLUTIONS[level]];
    const parentOf = new Map(paths.map((path) => [path[level - 1], path[level]]));
    for (const [child, parent] of parentOf) add(unclipped, parent, clipped.get(child) ?? 0);
    for (const parent of new Set(parentOf.values())) {
      const isFixed = limit.target === limit.maximum;
      const disk = isFixed ? [] : gridDisk(parent, 1);
      const occupied = disk.filter((cell) => (unclipped.get(cell) ?? 0) >= limit.target).length;
      const most = isFixed ? limit.maximum : limitOf(limit, occupied);
      clipped.set(parent, Math.min(most, unclipped.get(parent) ?? 0));
    }
  }
  return { unclipped, clipped };
}

function ratioOf({ clipped, unclipped }: ReturnType<typeof countPaths>, path: Path): Ratio {
  let numerator = 1n;
  let denominator = 1n;
  path.forEach((cell, level) => {
    if (RESOLUTIONS[level] === FINEST) return;
    numerator *= BigInt(clipped.get(cell) ?? 0);
    denominator *= BigInt(unclipped.get(cell) ?? 0);
  });
  return { numerator, denominator };
}

function roundE4({ numerator, denominator }: Ratio): number {
  const scaled = numerator * 10_000n;
  const floor = scaled / denominator;
  const twice = 2n * (scaled % denominator);
  return Number(floor) + (twice > denominator || (twice === denominator && floor % 2n === 1n) ? 1 : 0);
}
