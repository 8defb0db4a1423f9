/**
 * The levels of the density map: the active hotspots in cell order, and from resolution 10 downwards the counts of the hexagons
 * that hold them, each level merged from the finer one and clipped (density.ts says what for; proof-of-coverage §4.1).
 *
 * Method: one radix sort of row numbers, then every level is a linear merge, because children of a hexagon are contiguous in
 * cell order. Between neighbours in that order only the resolution of the first differing digit matters; once that is one byte
 * per hexagon, merging compares no keys. Neighbours are looked up only where the count exceeds the target and the maximum
 * allows more than the target: elsewhere no neighbour can change the clipped count. The loops over hexagons have no
 * branch on data, for their boundaries come in no pattern a processor could learn.
 */

import {
  type Cell,
  cellOrderOfRows,
  isCell,
  MAX_NEIGHBOURS,
  MAX_RESOLUTION,
  neighbours,
  PUBLIC_RESOLUTION,
  parentCell,
} from "@earshot/geo";
import type { DensityLimit } from "../parameters/network-parameters.ts";

/** The finest resolution with a limit; the levels go down from here. */
export const FINEST_LEVEL = 10;
/** Resolutions of cells that count, a bit each: 11 to 15 for asserted ones, and the one that stands for a private location. */
const ASSERTED_RESOLUTIONS = 0xf800;
const PRIVATE_RESOLUTIONS = 1 << PUBLIC_RESOLUTION;
/** Base cell and digits in an upper word; with the lower word they order cells. */
const DIGITS_MASK_HI = 0x000fffff;
const TWO_32 = 2 ** 32;
/**
 * The resolution of the first digit that differs, by the leading zeros of the exclusive-or of two upper (20-bit) or two lower
 * words; 16, finer than all, where they are equal.
 */
const DIFFERENCE_HI = new Uint8Array(33).fill(16);
const DIFFERENCE_LO = new Uint8Array(33).fill(16);
for (let bit = 0; bit < 32; bit++) {
  DIFFERENCE_HI[31 - bit] = bit >= 13 ? 0 : bit === 0 ? 5 : 4 - Math.floor((bit - 1) / 3);
  DIFFERENCE_LO[31 - bit] = bit >= 30 ? 5 : 15 - Math.floor(bit / 3);
}

/** The hexagons of one resolution that hold an active hotspot, in cell order. */
export interface DensityLevel {
  readonly resolution: number;
  readonly limits: DensityLimit;
  /** Sum of the children's clipped counts; at resolution 10 the hotspots themselves. */
  readonly unclipped: Int32Array;
  /** The smaller of that and the limit. */
  readonly clipped: Int32Array;
  /** For each hexagon, its first hotspot in cell order; one more entry closes the last. */
  readonly first: Int32Array;
  /** For each hexagon, the resolution of the first digit that differs from the hexagon before it. */
  readonly difference: Uint8Array;
}

/** The active hotspots in cell order. */
export interface SortedRows {
  /** The row each came from. */
  readonly row: Int32Array;
  readonly hi: Int32Array;
  readonly lo: Int32Array;
  /** Its resolution-10 hexagon. */
  readonly hexagon: Int32Array;
}

/** min(maximum, target × max(occupied - neighbours + 1, 1)). */
export function limitFor(limits: DensityLimit, occupied: number): number {
  return Math.min(limits.maximum, limits.target * (Math.max(occupied - limits.neighbours, 0) + 1));
}

/**
 * Builds all levels; `limits` has one entry for each resolution from 10 downwards, in that order. With `hasPrivate`, rows of resolution 8 are
 * private locations: behind the open ones of their cell, in hexagons of their own at resolutions 9 and 10, because their unused digits
 * are no digits of another.
 */
export function buildLevels(
  hi: Uint32Array,
  lo: Uint32Array,
  limits: readonly DensityLimit[],
  hasPrivate: boolean,
): { sorted: SortedRows; levels: DensityLevel[] } {
  const resolutions = hasPrivate ? ASSERTED_RESOLUTIONS | PRIVATE_RESOLUTIONS : ASSERTED_RESOLUTIONS;
  const order = cellOrderOfRows(hi, lo, activeRows(hi, lo, resolutions));
  const { sorted, level, differences } = finestLevel(hi, lo, order, limits[0]);
  clip(sorted, level);
  const levels = [level];
  for (const limit of limits.slice(1)) {
    // A hexagon of the level starts wherever its digit or a coarser one changes.
    const count = differences.subarray(0, limit.resolution + 1).reduce((sum, rows) => sum + rows, 0);
    const coarser = coarserLevel(levels[levels.length - 1], limit, count);
    clip(sorted, coarser);
    levels.push(coarser);
  }
  return { sorted, levels };
}

/** The rows that count: cells of the resolutions whose bits are set. */
function activeRows(hi: Uint32Array, lo: Uint32Array, resolutions: number): Int32Array {
  const upper = signed(hi);
  const lower = signed(lo);
  const rows = new Int32Array(hi.length);
  let count = 0;
  for (let row = 0; row < rows.length; row++) {
    rows[count] = row;
    const isActive = ((resolutions >>> ((upper[row] >>> 20) & 15)) & 1) === 1 && isCell(upper[row], lower[row]);
    count += isActive ? 1 : 0;
  }
  return rows.subarray(0, count);
}

/** The same words as int32, on which bit operations stay integers in the engine. */
function signed(words: Uint32Array): Int32Array {
  return new Int32Array(words.buffer, words.byteOffset, words.length);
}

/** The rows in cell order, their resolution-10 hexagons, and how often each resolution is the first to differ. */
function finestLevel(
  hi: Uint32Array,
  lo: Uint32Array,
  order: Int32Array,
  limits: DensityLimit,
): { sorted: SortedRows; level: DensityLevel; differences: Int32Array } {
  const rows = order.length;
  const sorted = { row: order, hi: new Int32Array(rows), lo: new Int32Array(rows), hexagon: new Int32Array(rows) };
  const first = new Int32Array(rows + 1);
  const difference = new Uint8Array(rows + 1);
  const differences = new Int32Array(MAX_RESOLUTION + 2);
  const count = splitHexagons(signed(hi), signed(lo), sorted, first, difference, differences);
  first[count] = rows;
  const unclipped = new Int32Array(count);
  for (let hexagon = 0; hexagon < count; hexagon++) unclipped[hexagon] = first[hexagon + 1] - first[hexagon];
  return {
    sorted,
    differences,
    level: {
      resolution: FINEST_LEVEL,
      limits,
      unclipped,
      clipped: new Int32Array(count),
      first: first.subarray(0, count + 1),
      difference: difference.subarray(0, count),
    },
  };
}

/** Gathers the rows in order and finds where each resolution-10 hexagon starts; returns how many there are. */
function splitHexagons(
  upper: Int32Array,
  lower: Int32Array,
  sorted: SortedRows,
  first: Int32Array,
  difference: Uint8Array,
  differences: Int32Array,
): number {
  const { row: order, hi: sortedHi, lo: sortedLo, hexagon: hexagonOf } = sorted;
  let count = 0;
  // No row: the first one differs from it in the base cell.
  let lastHi = -1;
  let lastLo = 0;
  for (let at = 0; at < order.length; at++) {
    const row = order[at];
    const hi = upper[row];
    const lo = lower[row];
    // The resolution of hotspots may differ inside a hexagon; only the digits count.
    const differsHi = (hi ^ lastHi) & DIGITS_MASK_HI;
    const differsLo = lo ^ lastLo;
    const resolution = Math.min(DIFFERENCE_HI[Math.clz32(differsHi)], DIFFERENCE_LO[Math.clz32(differsLo)]);
    differences[resolution]++;
    // Written for every row, and kept for the first one of a hexagon, which moves `count` on.
    first[count] = at;
    difference[count] = resolution;
    count += (resolution - (FINEST_LEVEL + 1)) >>> 31;
    sortedHi[at] = hi;
    sortedLo[at] = lo;
    hexagonOf[at] = count - 1;
    lastHi = hi;
    lastLo = lo;
  }
  return count;
}

/** Merges the children of each hexagon of the next coarser resolution. */
function coarserLevel(finer: DensityLevel, limits: DensityLimit, count: number): DensityLevel {
  const resolution = limits.resolution;
  const first = new Int32Array(count + 1);
  const unclipped = new Int32Array(count);
  const difference = new Uint8Array(count);
  mergeChildren(finer.first, finer.clipped, finer.difference, resolution, first, unclipped, difference);
  first[count] = finer.first[finer.first.length - 1];
  return { resolution, limits, unclipped, clipped: new Int32Array(count), first, difference };
}

/** Backwards, so that what the first child of a hexagon writes is what stays. */
function mergeChildren(
  finerFirst: Int32Array,
  finerClipped: Int32Array,
  finerDifference: Uint8Array,
  resolution: number,
  first: Int32Array,
  unclipped: Int32Array,
  difference: Uint8Array,
): void {
  let hexagon = unclipped.length - 1;
  for (let child = finerDifference.length - 1; child >= 0; child--) {
    const differs = finerDifference[child];
    first[hexagon] = finerFirst[child];
    difference[hexagon] = differs;
    unclipped[hexagon] += finerClipped[child];
    hexagon -= (differs - resolution - 1) >>> 31;
  }
}

/** Fills the clipped counts of a level. */
function clip(sorted: SortedRows, level: DensityLevel): void {
  const { unclipped, clipped, limits } = level;
  const { target, maximum } = limits;
  if (maximum === target) {
    for (let hexagon = 0; hexagon < clipped.length; hexagon++) clipped[hexagon] = Math.min(unclipped[hexagon], target);
    return;
  }
  for (let hexagon = 0; hexagon < clipped.length; hexagon++) {
    const count = unclipped[hexagon];
    clipped[hexagon] = count;
    if (count <= target) continue;
    clipped[hexagon] = Math.min(count, limitFor(limits, occupiedAround(sorted, level, hexagon)));
  }
}

/** Room for the neighbours of one hexagon; valid only until the next one. */
const neighbourHi = new Uint32Array(MAX_NEIGHBOURS);
const neighbourLo = new Uint32Array(MAX_NEIGHBOURS);

export function occupiedAround(sorted: SortedRows, level: DensityLevel, hexagon: number): number {
  const { target } = level.limits;
  const { hi, lo } = hexagonCell(sorted, level, hexagon);
  const around = neighbours(hi, lo, neighbourHi, neighbourLo);
  let occupied = level.unclipped[hexagon] >= target ? 1 : 0;
  for (let side = 0; side < around; side++) {
    const neighbour = findHexagon(sorted, level, neighbourHi[side], neighbourLo[side]);
    if (neighbour >= 0 && level.unclipped[neighbour] >= target) occupied++;
  }
  return occupied;
}

/** `occupiedAround` of every hexagon of a level: each occupied one counts for itself and for all that touch it. */
export function occupiedOfAll(sorted: SortedRows, level: DensityLevel): Uint8Array {
  const occupied = new Uint8Array(level.unclipped.length);
  for (let hexagon = 0; hexagon < occupied.length; hexagon++) {
    if (level.unclipped[hexagon] < level.limits.target) continue;
    occupied[hexagon]++;
    const { hi, lo } = hexagonCell(sorted, level, hexagon);
    const around = neighbours(hi, lo, neighbourHi, neighbourLo);
    for (let side = 0; side < around; side++) {
      const neighbour = findHexagon(sorted, level, neighbourHi[side], neighbourLo[side]);
      if (neighbour >= 0) occupied[neighbour]++;
    }
  }
  return occupied;
}

export function hexagonCell(sorted: SortedRows, level: DensityLevel, hexagon: number): Cell {
  const at = level.first[hexagon];
  return parentCell(sorted.hi[at], sorted.lo[at] >>> 0, level.resolution);
}

/** The position of a hexagon in its level, or -1. */
export function findHexagon(sorted: SortedRows, level: DensityLevel, hi: number, lo: number): number {
  const { first, resolution } = level;
  // The unused digits of the hexagon are 7s: it is its own last descendant, and zeros there make the first one.
  const lastKey = orderKey(hi, lo);
  const firstKey = lastKey - (2 ** (3 * (15 - resolution)) - 1);
  let start = 0;
  let end = first.length - 1;
  while (start < end) {
    const middle = (start + end) >>> 1;
    const at = first[middle];
    if (orderKey(sorted.hi[at], sorted.lo[at] >>> 0) < firstKey) start = middle + 1;
    else end = middle;
  }
  if (start === first.length - 1) return -1;
  const at = first[start];
  return orderKey(sorted.hi[at], sorted.lo[at] >>> 0) <= lastKey ? start : -1;
}

/** The 52 ordering bits as an exact number. */
function orderKey(hi: number, lo: number): number {
  return (hi & DIGITS_MASK_HI) * TWO_32 + lo;
}
