/**
 * Density (transmit) scaling of HIP-17 and HIP-104: how much of a beacon's worth is left where hotspots crowd.
 *
 * Every active hotspot counts in its cell. From resolution 10 downwards (to 4 in both HIPs) a hexagon's count is the sum of its
 * children's clipped counts and is clipped to a limit that grows with the number of occupied hexagons around it
 * (proof-of-coverage §4.1). The scale of a location is the product of clipped / unclipped over its ancestors, an integer in
 * 1e-4, ties to even; resolutions finer than 10 give 1. It belongs to the exact asserted cell: another cell, even in the same
 * hexagon, is not in the map, and the caller says what that is worth.
 *
 * Counts are by cell only: who is active, and that one hotspot counts once, is the caller's. Refuses limits that are not one per
 * resolution from 10 downwards, or whose maximum is below their target.
 */

import {
  buildCellIndex,
  type Cell,
  type CellIndex,
  cellResolution,
  isCell,
  PUBLIC_RESOLUTION,
  parentCell,
} from "@earshot/geo";
import { pocError } from "../errors.ts";
import type { DensityLimit } from "../parameters/network-parameters.ts";
import {
  buildLevels,
  type DensityLevel,
  FINEST_LEVEL,
  findHexagon,
  hexagonCell,
  limitFor,
  occupiedAround,
  occupiedOfAll,
  type SortedRows,
} from "./density-levels.ts";
import { hexagonOfRow, roundedScales, spreadScales } from "./density-scales.ts";
import { isPrivateHexagon, leastPlace, writePrivateScales } from "./private-scale.ts";

export type { DensityLevel };
export { FINEST_LEVEL };

/** One line of the arithmetic of a scale. */
export interface DensityStep {
  readonly resolution: number;
  readonly cell: Cell;
  /** Hotspots in the hexagon before any limit. */
  readonly active: number;
  readonly unclipped: number;
  /** Hexagons of the disk around it, itself included, that reach the target. */
  readonly occupied: number;
  readonly limit: number;
  readonly clipped: number;
  /** clipped / unclipped, for show. */
  readonly factor: number;
}

/** The density of a set of active hotspots: levels from resolution 10 downwards, and the scale of each asserted cell. */
export class DensityMap {
  /** One level per limit, from resolution 10 to the coarsest. */
  readonly levels: readonly DensityLevel[];
  readonly #rowCount: number;
  readonly #sorted: SortedRows;
  /** The scale of each resolution-10 hexagon in 1e-4. */
  readonly #scales: Uint16Array;
  #index: CellIndex | undefined;
  /** The scale of each cell of the index. */
  #indexScales = new Uint16Array(0);

  /** `buildDensityMap` makes these. */
  constructor(rowCount: number, sorted: SortedRows, scales: Uint16Array, levels: readonly DensityLevel[]) {
    this.levels = levels;
    this.#rowCount = rowCount;
    this.#sorted = sorted;
    this.#scales = scales;
  }

  /** How many hotspots count. */
  get activeCount(): number {
    return this.#sorted.row.length;
  }

  /** The scale in 1e-4 of each row the map was built from; `defaultE4` for the rows that were skipped. */
  rowScalesE4(defaultE4: number): Uint16Array {
    const scales = new Uint16Array(this.#rowCount);
    if (this.activeCount < this.#rowCount) scales.fill(defaultE4);
    spreadScales(this.#sorted.row, this.#sorted.hexagon, this.#scales, scales);
    return scales;
  }

  /** Scale in 1e-4 of a location by its exact asserted cell; `defaultE4` where no active hotspot asserts that cell. */
  scaleE4(hi: number, lo: number, defaultE4: number): number {
    const id = this.#cellIndex().find(hi, lo);
    return id < 0 ? defaultE4 : this.#indexScales[id];
  }

  /** `scaleE4` of many locations, row by row. Throws POC_BAD_COLUMNS when the halves differ in length. */
  scalesE4(hi: Uint32Array, lo: Uint32Array, defaultE4: number): Uint16Array {
    assertSameLength(hi, lo);
    const index = this.#cellIndex();
    const scales = new Uint16Array(hi.length);
    for (let row = 0; row < hi.length; row++) {
      const id = index.find(hi[row], lo[row]);
      scales[row] = id < 0 ? defaultE4 : this.#indexScales[id];
    }
    return scales;
  }

  /** The level of a resolution. Throws POC_BAD_PARAMETERS when the limits have none for it. */
  level(resolution: number): DensityLevel {
    const level = this.levels[FINEST_LEVEL - resolution];
    if (level === undefined) throw pocError("POC_BAD_PARAMETERS", `no density limit at resolution ${resolution}`);
    return level;
  }

  /** The hexagons of a level as cell columns, and their places in it, in its order; without those in which private hotspots count. */
  cells(level: DensityLevel): {
    readonly hi: Uint32Array;
    readonly lo: Uint32Array;
    readonly hexagon: Uint32Array;
  } {
    const most = level.unclipped.length;
    const hi = new Uint32Array(most);
    const lo = new Uint32Array(most);
    const hexagons = new Uint32Array(most);
    let count = 0;
    for (let hexagon = 0; hexagon < most; hexagon++) {
      if (level.resolution > PUBLIC_RESOLUTION && isPrivateHexagon(this.#sorted, level, hexagon)) continue;
      const cell = hexagonCell(this.#sorted, level, hexagon);
      hi[count] = cell.hi;
      lo[count] = cell.lo;
      hexagons[count++] = hexagon;
    }
    return { hi: hi.subarray(0, count), lo: lo.subarray(0, count), hexagon: hexagons.subarray(0, count) };
  }

  /** The position of a hexagon in its level by the cell's two halves, or -1 when it holds no active hotspot. */
  findHexagon(level: DensityLevel, hi: number, lo: number): number {
    return findHexagon(this.#sorted, level, hi, lo);
  }

  /** Active hotspots in a hexagon of a level before any limit. */
  active(level: DensityLevel, hexagon: number): number {
    return level.first[hexagon + 1] - level.first[hexagon];
  }

  /** Hexagons of the disk around a hexagon of a level, itself included, whose count reaches the target: 0 to 7. */
  occupied(level: DensityLevel, hexagon: number): number {
    return occupiedAround(this.#sorted, level, hexagon);
  }

  /** The limits of all hexagons of a level, whether they bind or not. */
  limits(level: DensityLevel): Int32Array {
    const { target, maximum } = level.limits;
    if (target === maximum) return new Int32Array(level.unclipped.length).fill(target);
    return Int32Array.from(occupiedOfAll(this.#sorted, level), (occupied) => limitFor(level.limits, occupied));
  }

  /** The limit of a hexagon of a level, whether it binds or not. */
  limit(level: DensityLevel, hexagon: number): number {
    const { target, maximum } = level.limits;
    return target === maximum ? target : limitFor(level.limits, occupiedAround(this.#sorted, level, hexagon));
  }

  /** The arithmetic behind the scale of private hotspots of a resolution-8 cell, resolution 10 first; empty where none is active. */
  explainPrivate(cell: Cell): DensityStep[] {
    const finest = this.levels[0];
    const own = this.findHexagon(this.level(PUBLIC_RESOLUTION), cell.hi, cell.lo);
    if (own < 0) return [];
    // The private hexagon is the last one of its cell.
    const row = this.level(PUBLIC_RESOLUTION).first[own + 1] - 1;
    const hexagon = hexagonOfRow(finest, row);
    if (!isPrivateHexagon(this.#sorted, finest, hexagon)) return [];
    const { hotspots, hexagons10, hexagons9 } = leastPlace(this.#sorted, finest, hexagon);
    return this.levels.map((level) => {
      const { resolution } = level;
      if (resolution < PUBLIC_RESOLUTION)
        return this.step(level, hexagonOfRow(level, row), parentCell(cell.hi, cell.lo, resolution));
      const unclipped = [hexagons9, hexagons10, hotspots][resolution - PUBLIC_RESOLUTION];
      const active = resolution === PUBLIC_RESOLUTION ? this.active(level, own) : unclipped;
      return { resolution, cell, active, unclipped, occupied: 1, limit: 1, clipped: 1, factor: 1 / unclipped };
    });
  }

  /** One line of the arithmetic, of a hexagon of a level. */
  step(level: DensityLevel, hexagon: number, cell: Cell): DensityStep {
    const unclipped = level.unclipped[hexagon];
    const clipped = level.clipped[hexagon];
    return {
      resolution: level.resolution,
      cell,
      active: this.active(level, hexagon),
      unclipped,
      occupied: this.occupied(level, hexagon),
      limit: this.limit(level, hexagon),
      clipped,
      factor: clipped / unclipped,
    };
  }

  /** Built when the first location is looked up; the rows it was made from do not need it. */
  #cellIndex(): CellIndex {
    if (this.#index === undefined) {
      const { hi, lo, hexagon } = this.#sorted;
      this.#index = buildCellIndex(new Uint32Array(hi.buffer), new Uint32Array(lo.buffer));
      this.#indexScales = new Uint16Array(this.#index.size);
      spreadScales(this.#index.ids, hexagon, this.#scales, this.#indexScales);
    }
    return this.#index;
  }
}

/**
 * The density of the active hotspots, given the cells they assert. Rows may repeat, be in any order and mix resolutions; what
 * is no cell or coarser than resolution 11 is skipped, but for resolution 8 with `hasPrivate`: those are private locations
 * (private-scale.ts), which only limits of 1 at resolutions 8 to 10 can count. `limits` holds one entry for each resolution from 10
 * downwards. Throws POC_BAD_COLUMNS when the halves differ in length, POC_BAD_PARAMETERS for limits it cannot apply.
 */
export function buildDensityMap(
  hi: Uint32Array,
  lo: Uint32Array,
  limits: readonly DensityLimit[],
  hasPrivate = false,
): DensityMap {
  assertSameLength(hi, lo);
  const { sorted, levels } = buildLevels(hi, lo, checkedLimits(limits), hasPrivate);
  const scales = roundedScales(levels);
  if (hasPrivate) writePrivateScales(sorted, levels, scales);
  return new DensityMap(hi.length, sorted, scales, levels);
}

/**
 * The arithmetic behind the scale of a location, resolution 10 first; empty when no active hotspot is in its resolution-10
 * hexagon or the cell is coarser than that. A cell of resolution 8 is that of private hotspots.
 */
export function explainDensity(map: DensityMap, hi: number, lo: number): DensityStep[] {
  if (!isCell(hi, lo)) return [];
  if (cellResolution(hi) === PUBLIC_RESOLUTION) return map.explainPrivate({ hi, lo });
  if (cellResolution(hi) < FINEST_LEVEL) return [];
  const steps: DensityStep[] = [];
  for (const level of map.levels) {
    const cell = parentCell(hi, lo, level.resolution);
    const hexagon = map.findHexagon(level, cell.hi, cell.lo);
    if (hexagon < 0) return [];
    steps.push(map.step(level, hexagon, cell));
  }
  return steps;
}

/** The limits from resolution 10 downwards, checked. */
function checkedLimits(limits: readonly DensityLimit[]): DensityLimit[] {
  const descending = [...limits].sort((a, b) => b.resolution - a.resolution);
  descending.forEach((limit, at) => {
    const { resolution, neighbours, target, maximum } = limit;
    const isWhole = [resolution, neighbours, target, maximum].every(
      (value) => Number.isInteger(value) && value < 2 ** 31,
    );
    if (
      !isWhole ||
      resolution !== FINEST_LEVEL - at ||
      resolution < 0 ||
      neighbours < 0 ||
      target < 1 ||
      maximum < target
    ) {
      throw pocError(
        "POC_BAD_PARAMETERS",
        `density limit ${JSON.stringify(limit)} cannot stand at position ${at} from 10 down`,
      );
    }
  });
  if (descending.length === 0) throw pocError("POC_BAD_PARAMETERS", "at least one density limit is needed");
  return descending;
}

function assertSameLength(hi: Uint32Array, lo: Uint32Array): void {
  if (hi.length !== lo.length) throw pocError("POC_BAD_COLUMNS", `hi has ${hi.length} rows, lo has ${lo.length}`);
}
