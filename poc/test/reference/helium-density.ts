/**
 * HIP-104 (and HIP-17) density with maps of cell strings, as upstream's hex_density computed it: in place, from resolution 10 to 4, in
 * decimals of 28 places. Oracle of the columnar density.
 */
import { cellToParent, getResolution, gridDisk, isValidCell } from "h3-js";
import { roundHalfEven } from "./helium-rules.ts";

export interface Limit {
  readonly neighbours: number;
  readonly target: number;
  readonly maximum: number;
}

export const HIP_104: Readonly<Record<number, Limit>> = {
  4: { neighbours: 2, target: 500, maximum: 1000 },
  5: { neighbours: 4, target: 100, maximum: 200 },
  6: { neighbours: 4, target: 25, maximum: 50 },
  7: { neighbours: 4, target: 5, maximum: 10 },
  8: { neighbours: 2, target: 1, maximum: 1 },
  9: { neighbours: 2, target: 1, maximum: 1 },
  10: { neighbours: 2, target: 1, maximum: 1 },
};

export const HIP_17: Readonly<Record<number, Limit>> = {
  4: { neighbours: 1, target: 250, maximum: 800 },
  5: { neighbours: 1, target: 100, maximum: 400 },
  6: { neighbours: 1, target: 25, maximum: 100 },
  7: { neighbours: 2, target: 5, maximum: 20 },
  8: { neighbours: 2, target: 1, maximum: 4 },
  9: { neighbours: 2, target: 1, maximum: 2 },
  10: { neighbours: 2, target: 1, maximum: 1 },
};

/** Counts of one pass, by cell of resolutions 4 to 11. */
export interface DensityCounts {
  readonly unclipped: Map<string, number>;
  readonly clipped: Map<string, number>;
}

/** How many a cell may count, given how many cells of its disk (itself included) hold the target. */
export function limitOf({ neighbours, target, maximum }: Limit, occupied: number): number {
  return Math.min(maximum, target * Math.max(Math.max(occupied - neighbours, 0) + 1, 1));
}

/** One entry of `cells` per active hotspot; cells coarser than resolution 11 and strings that are no cell are skipped. */
export function countDensity(
  cells: readonly string[],
  limits: Readonly<Record<number, Limit>> = HIP_104,
): DensityCounts {
  const unclipped = new Map<string, number>();
  const clipped = new Map<string, number>();
  const add = (map: Map<string, number>, cell: string, count: number) => map.set(cell, (map.get(cell) ?? 0) + count);
  for (const cell of countedCells(cells)) {
    add(unclipped, cellToParent(cell, 11), 1);
    add(clipped, cellToParent(cell, 11), 1);
  }
  let children = [...unclipped.keys()];
  for (let resolution = 10; resolution >= 4; resolution--) {
    const parents = new Set<string>();
    for (const child of children) {
      const parent = cellToParent(child, resolution);
      parents.add(parent);
      add(unclipped, parent, clipped.get(child) ?? 0);
      add(clipped, parent, clipped.get(child) ?? 0);
    }
    for (const parent of parents) {
      const occupied = gridDisk(parent, 1).filter(
        (cell) => (clipped.get(cell) ?? 0) >= limits[resolution].target,
      ).length;
      clipped.set(parent, Math.min(limitOf(limits[resolution], occupied), unclipped.get(parent) ?? 0));
    }
    children = [...parents];
  }
  return { unclipped, clipped };
}

const PLACES = 10n ** 28n;

/** Scale of each asserted cell, 1e-4. */
export function densityScalesE4(
  cells: readonly string[],
  limits: Readonly<Record<number, Limit>> = HIP_104,
): Map<string, number> {
  const { unclipped, clipped } = countDensity(cells, limits);
  const scales = new Map<string, number>();
  for (const cell of countedCells(cells)) {
    let scale = PLACES;
    for (let resolution = 11; resolution >= 4; resolution--) {
      const parent = cellToParent(cell, resolution);
      const ratio = roundToPlaces(BigInt(clipped.get(parent) ?? 0) * PLACES, BigInt(unclipped.get(parent) ?? 1));
      scale = roundToPlaces(scale * ratio, PLACES);
    }
    scales.set(cell, roundHalfEven(scale * 10_000n, PLACES));
  }
  return scales;
}

function countedCells(cells: readonly string[]): string[] {
  return cells.filter((cell) => isValidCell(cell) && getResolution(cell) >= 11);
}

function roundToPlaces(numerator: bigint, denominator: bigint): bigint {
  const floor = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  return twice > denominator || (twice === denominator && floor % 2n === 1n) ? floor + 1n : floor;
}
