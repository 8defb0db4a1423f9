/** The cells of an epoch for drawing: at their own resolution, or gathered under coarser parents where those would be too small to see. */
import type { MapColumns } from "../api-types.ts";
import { cellToLatLng, cellToParent } from "./h3.ts";
import type { CellFigures } from "./palette.ts";

/** Zoom from which each resolution is drawn: a hexagon is at least some pixels wide. */
const RESOLUTION_FROM_ZOOM: readonly (readonly [zoom: number, resolution: number])[] = [
  [8.5, 8],
  [7.2, 7],
  [5.8, 6],
  [4.4, 5],
  [0, 4],
];

export function resolutionAt(zoom: number): number {
  return RESOLUTION_FROM_ZOOM.find(([from]) => zoom >= from)?.[1] ?? 4;
}

export interface Bounds {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

export class CellIndex {
  readonly epoch: number;
  readonly count: number;
  readonly #columns: MapColumns;
  readonly #byResolution = new Map<number, ReadonlyMap<string, CellFigures>>();
  readonly #centres = new Map<number, Float64Array>();

  constructor(columns: MapColumns) {
    this.#columns = columns;
    this.epoch = columns.epoch;
    this.count = columns.cell.length;
  }

  /** Cells of a resolution up to 8, each with what its children sum to. */
  at(resolution: number): ReadonlyMap<string, CellFigures> {
    const known = this.#byResolution.get(resolution) ?? this.#gather(resolution);
    this.#byResolution.set(resolution, known);
    return known;
  }

  /** Latitude and longitude of each cell of a resolution, in the order of `at`, degrees. */
  centres(resolution: number): Float64Array {
    const known = this.#centres.get(resolution);
    if (known !== undefined) return known;
    const cells = this.at(resolution);
    const centres = new Float64Array(2 * cells.size);
    let at = 0;
    for (const cell of cells.keys()) {
      [centres[at], centres[at + 1]] = cellToLatLng(cell);
      at += 2;
    }
    this.#centres.set(resolution, centres);
    return centres;
  }

  /** Cells of a resolution whose centres are within bounds, degrees. */
  within(resolution: number, { south, west, north, east }: Bounds): CellFigures[] {
    const centres = this.centres(resolution);
    const found: CellFigures[] = [];
    let at = 0;
    for (const figures of this.at(resolution).values()) {
      const lat = centres[at]!;
      const lng = centres[at + 1]!;
      at += 2;
      if (lat >= south && lat <= north && lng >= west && lng <= east) found.push(figures);
    }
    return found;
  }

  #gather(resolution: number): ReadonlyMap<string, CellFigures> {
    const { cell, endMs, resolution: own, ...columns } = this.#columns;
    const gathered = new Map<string, { -readonly [K in keyof CellFigures]: CellFigures[K] } & { cells: number }>();
    for (let row = 0; row < cell.length; row++) {
      const key = resolution >= own ? cell[row]! : cellToParent(cell[row]!, resolution);
      let sum = gathered.get(key);
      if (sum === undefined) {
        sum = {
          ...{ cell: key, cells: 0, hotspots: 0, activeHotspots: 0, beaconsValid: 0, witnessesValid: 0, weightE4: 0 },
          ...{ shares: 0, servedCredits: 0, lastBeaconMs: 0, endMs },
        };
        gathered.set(key, sum);
      }
      sum.cells++;
      sum.hotspots += columns.hotspots[row]!;
      sum.activeHotspots += columns.activeHotspots[row]!;
      sum.beaconsValid += columns.beaconsValid[row]!;
      sum.witnessesValid += columns.witnessesValid[row]!;
      sum.weightE4 += (columns.weightE4[row]! - sum.weightE4) / sum.cells;
      sum.shares += columns.shares[row]!;
      sum.servedCredits += columns.servedCredits[row]!;
      sum.lastBeaconMs = Math.max(sum.lastBeaconMs, columns.lastBeaconMs[row]!);
    }
    return gathered;
  }
}
