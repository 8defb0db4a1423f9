/**
 * H3's grid distance between resolution-11 cells, exact, without a call per row.
 *
 * Helium's minimum distance is counted in resolution-11 cells (proof-of-coverage §3.4, W12), and a distance H3 cannot compute
 * counts as too near, so both the number and "uncomputable" must be H3's own. Inside a base cell a cell has integer axial
 * coordinates; between two hexagonal base cells that touch, one rotation and one offset carry them over; base cells that do not
 * touch are uncomputable in H3. On a pentagon base cell the same holds inside each of its five sectors; only pairs across sectors, or
 * with one end on a pentagon base cell, are asked of h3-js: twelve places, all at sea.
 *
 * Coordinates are a + bω in steps of resolution 11, from the centre of the base cell along its own axes (base-cells.ts).
 */

import { baseCellDirection, DIGIT_A, DIGIT_B, neighbourRotations } from "./base-cells.ts";
import { type Cell, cellBaseCell, cellDigit, cellResolution, isPentagonBaseCell, parentCell } from "./cell.ts";
import { gridDistanceSlow } from "./h3.ts";

/** The resolution in whose cells the minimum distance is counted. */
export const GRID_DISTANCE_RESOLUTION = 11;
/** H3 has no distance for the pair: coarser than resolution 11, base cells that do not touch, or behind a pentagon. */
export const GRID_UNCOMPUTABLE = -1;
/** The pair involves a pentagon base cell: coordinates do not decide, `gridDistance11` on the cells does. */
export const GRID_NEEDS_CELLS = -2;

/** Axial coordinates in resolution-11 steps from the centre of the base cell. */
export interface LocalIj {
  readonly i: number;
  readonly j: number;
}

/** Step of one cell of each resolution 0 to 11 in resolution-11 steps, as a + bω. */
const STEP_A = new Int32Array(GRID_DISTANCE_RESOLUTION + 1);
const STEP_B = new Int32Array(GRID_DISTANCE_RESOLUTION + 1);
STEP_A[GRID_DISTANCE_RESOLUTION] = 1;
for (let resolution = GRID_DISTANCE_RESOLUTION; resolution > 0; resolution--) {
  const a = STEP_A[resolution];
  const b = STEP_B[resolution];
  // A coarser step is √7 finer ones, turned: 2 - ω into an odd resolution, 3 + ω into an even one; ω² = -1 - ω.
  STEP_A[resolution - 1] = resolution % 2 === 1 ? 2 * a + b : 3 * a - b;
  STEP_B[resolution - 1] = resolution % 2 === 1 ? 3 * b - a : a + 2 * b;
}

/** What a digit adds at each resolution 1 to 11, at 8 · resolution + digit. */
const DIGIT_I = new Int32Array(8 * (GRID_DISTANCE_RESOLUTION + 1));
const DIGIT_J = new Int32Array(8 * (GRID_DISTANCE_RESOLUTION + 1));
for (let resolution = 0; resolution <= GRID_DISTANCE_RESOLUTION; resolution++) {
  for (let digit = 0; digit < 7; digit++) {
    const a = DIGIT_A[digit];
    const b = DIGIT_B[digit];
    const stepA = STEP_A[resolution];
    const stepB = STEP_B[resolution];
    DIGIT_I[8 * resolution + digit] = a * stepA - b * stepB;
    DIGIT_J[8 * resolution + digit] = a * stepB + b * stepA - b * stepB;
  }
}

/** `baseCellDirection` of every pair, at 128 · from + to; -1 where they do not touch. */
const DIRECTION = new Int8Array(128 * 128).fill(-1);
for (let from = 0; from < 122; from++) {
  for (let to = 0; to < 122; to++) DIRECTION[128 * from + to] = baseCellDirection(from, to);
}

/**
 * Where the resolution-11 parent of a cell lies inside its base cell; undefined when the cell is coarser than that. On a pentagon
 * base cell the coordinates are comparable only within one sector.
 */
export function localIj(hi: number, lo: number): LocalIj | undefined {
  if (cellResolution(hi) < GRID_DISTANCE_RESOLUTION) return undefined;
  let i = 0;
  let j = 0;
  for (let resolution = 1; resolution <= GRID_DISTANCE_RESOLUTION; resolution++) {
    const at = 8 * resolution + cellDigit(hi, lo, resolution);
    i += DIGIT_I[at];
    j += DIGIT_J[at];
  }
  return { i, j };
}

/**
 * Which of the five sectors of a pentagon base cell a cell lies in: its first digit that is not 0, so 2 to 6; 0 for a cell on a hexagon
 * base cell; 7 for the pentagon's own centre, which lies in none. Inside a sector H3 turns nothing, so `axialDistance` is exact.
 */
export function pentagonSector(hi: number, lo: number): number {
  if (!isPentagonBaseCell(cellBaseCell(hi))) return 0;
  for (let resolution = 1; resolution <= GRID_DISTANCE_RESOLUTION; resolution++) {
    const digit = cellDigit(hi, lo, resolution);
    if (digit !== 0) return digit;
  }
  return 7;
}

/** Steps between two cells whose axial coordinates differ by (di, dj): the whole answer inside one hexagonal base cell. */
export function axialDistance(di: number, dj: number): number {
  return Math.max(di, dj, 0) - Math.min(di, dj, 0);
}

/**
 * Grid distance of two resolution-11 cells from base cell and local coordinates; GRID_UNCOMPUTABLE where H3 has none,
 * GRID_NEEDS_CELLS where a pentagon base cell is involved. Does not allocate.
 */
export function gridDistanceLocal(
  baseCellA: number,
  iA: number,
  jA: number,
  baseCellB: number,
  iB: number,
  jB: number,
): number {
  const direction = DIRECTION[128 * baseCellA + baseCellB];
  if (direction < 0) return GRID_UNCOMPUTABLE;
  if (isPentagonBaseCell(baseCellA) || isPentagonBaseCell(baseCellB)) return GRID_NEEDS_CELLS;
  if (direction === 0) return axialDistance(iA - iB, jA - jB);
  // Turn B clockwise into A's axes, then move it to where its base cell stands.
  let i = iB;
  let j = jB;
  for (let turn = neighbourRotations(baseCellA, direction); turn > 0; turn--) {
    const turned = j - i;
    i = j;
    j = turned;
  }
  return axialDistance(iA - i - DIGIT_I[direction], jA - j - DIGIT_J[direction]);
}

/**
 * Grid distance of the resolution-11 parents of two cells, exactly H3's; GRID_UNCOMPUTABLE where H3 has none or a cell is
 * coarser than resolution 11. Both must be cells: throws GEO_BAD_CELL where h3-js has to be asked and one is not.
 */
export function gridDistance11(aHi: number, aLo: number, bHi: number, bLo: number): number {
  if (cellResolution(aHi) < GRID_DISTANCE_RESOLUTION || cellResolution(bHi) < GRID_DISTANCE_RESOLUTION) {
    return GRID_UNCOMPUTABLE;
  }
  const baseCellA = cellBaseCell(aHi);
  const baseCellB = cellBaseCell(bHi);
  const a = localIj(aHi, aLo);
  const b = localIj(bHi, bLo);
  if (a !== undefined && b !== undefined) {
    const sector = pentagonSector(aHi, aLo);
    if (baseCellA === baseCellB && sector === pentagonSector(bHi, bLo) && sector < 7)
      return axialDistance(a.i - b.i, a.j - b.j);
    const distance = gridDistanceLocal(baseCellA, a.i, a.j, baseCellB, b.i, b.j);
    if (distance !== GRID_NEEDS_CELLS) return distance;
  }
  if (DIRECTION[128 * baseCellA + baseCellB] < 0) return GRID_UNCOMPUTABLE;
  return gridDistanceSlow(parent11(aHi, aLo), parent11(bHi, bLo)) ?? GRID_UNCOMPUTABLE;
}

/** True when the resolution-11 parents are at least `cells` apart and H3 can tell; false when nearer or uncomputable. */
export function gridDistanceAtLeast(aHi: number, aLo: number, bHi: number, bLo: number, cells: number): boolean {
  const distance = gridDistance11(aHi, aLo, bHi, bLo);
  return distance !== GRID_UNCOMPUTABLE && distance >= cells;
}

function parent11(hi: number, lo: number): Cell {
  return parentCell(hi, lo, GRID_DISTANCE_RESOLUTION);
}
