/**
 * An H3 cell as two uint32: which resolution, which base cell, which digits, which ancestor.
 *
 * Source: the H3 index bit layout, version 4 (h3geo.org, "H3 Index Bit Layouts"). From the top of the 64 bits: 1 reserved bit,
 * 4 bits of mode (1 is a cell), 3 reserved bits, 4 bits of resolution, 7 bits of base cell, then 15 digits of 3 bits, coarsest
 * first; a digit finer than the resolution is 7. `hi` holds the upper 32 bits down to the top bit of digit 5, `lo` the rest.
 *
 * A cell is passed as two plain numbers, because an object or a bigint per row costs more than the arithmetic. The "no cell"
 * is (0, 0). Functions that only move bits do not validate: `isCell` does, once, where a value enters.
 */

import { geoError } from "./errors.ts";

/** An H3 cell at the edges, where one object is affordable. Both halves are uint32. */
export interface Cell {
  readonly hi: number;
  readonly lo: number;
}

/** The first and the last index of a run of cells that is contiguous in cell order; both ends belong to it. */
export interface CellRange {
  readonly firstHi: number;
  readonly firstLo: number;
  readonly lastHi: number;
  readonly lastLo: number;
}

/** The finest H3 resolution. */
export const MAX_RESOLUTION = 15;
/** Number of H3 base cells (the 122 cells of resolution 0). */
export const BASE_CELL_COUNT = 122;
/** The twelve base cells that are pentagons (H3 base cell table). */
export const PENTAGON_BASE_CELLS: readonly number[] = [4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117];

const RESOLUTION_SHIFT = 20;
const RESOLUTION_MASK = 0x00f00000;
const BASE_CELL_SHIFT = 13;
/** Base cell and digits: the 20 low bits of `hi`. With `lo` they are the 52 bits that order cells. */
const ORDER_MASK_HI = 0x000fffff;
/** Reserved bit, mode and the three mode-dependent bits of `hi`; of a cell they are 0, 1 and 0. */
const HEADER_MASK = 0xff000000;
const CELL_HEADER = 0x08000000;
/** The lowest of the three bits of each digit; digit 5 has its lower two bits in `lo` and its top bit in `hi`. */
const DIGIT_LOW_BIT_HI = 0x0492;
const DIGIT_LOW_BIT_LO = 0x49249249;
/** Digits 1 to 4 and the top bit of digit 5 in `hi`. */
const DIGITS_MASK_HI = 0x1fff;

/**
 * Bits of the digits finer than each resolution: what a parent at that resolution has set. Signed, as JavaScript's bit
 * operators are: an int32 stays an integer in the engine where a uint32 above 2^31 becomes a double.
 */
const FINER_HI = new Int32Array(16);
const FINER_LO = new Int32Array(16);
for (let resolution = 0; resolution <= MAX_RESOLUTION; resolution++) {
  const bits = 3 * (MAX_RESOLUTION - resolution);
  FINER_LO[resolution] = bits >= 32 ? 0xffffffff : 2 ** bits - 1;
  FINER_HI[resolution] = bits > 32 ? 2 ** (bits - 32) - 1 : 0;
}

const IS_PENTAGON_BASE_CELL = new Uint8Array(128);
for (const baseCell of PENTAGON_BASE_CELLS) IS_PENTAGON_BASE_CELL[baseCell] = 1;

/** The resolution, 0 (coarsest) to 15. */
export function cellResolution(hi: number): number {
  return (hi >>> RESOLUTION_SHIFT) & 15;
}

/** The base cell, 0 to 121 in a valid cell (the field holds up to 127). */
export function cellBaseCell(hi: number): number {
  return (hi >>> BASE_CELL_SHIFT) & 127;
}

/** True for the twelve base cells that are pentagons. */
export function isPentagonBaseCell(baseCell: number): boolean {
  return IS_PENTAGON_BASE_CELL[baseCell] === 1;
}

/** The digit at `resolution` (1 to 15): 0 to 6, or 7 where the cell is coarser than that. */
export function cellDigit(hi: number, lo: number, resolution: number): number {
  if (resolution >= 6) return (lo >>> (3 * (MAX_RESOLUTION - resolution))) & 7;
  if (resolution === 5) return ((hi & 1) << 2) | (lo >>> 30);
  return (hi >>> (13 - 3 * resolution)) & 7;
}

/**
 * The upper half of the ancestor at `resolution`; the cell's own at its own resolution.
 * Throws GEO_BAD_RESOLUTION when `resolution` is no integer from 0 to the cell's own.
 */
export function parentHi(hi: number, _lo: number, resolution: number): number {
  const finer = FINER_HI[resolution];
  if (finer === undefined || resolution > ((hi >>> RESOLUTION_SHIFT) & 15)) throw badParentResolution(hi, resolution);
  return ((hi & ~RESOLUTION_MASK) | (resolution << RESOLUTION_SHIFT) | finer) >>> 0;
}

/** The lower half of the ancestor at `resolution`; see `parentHi`. */
export function parentLo(hi: number, lo: number, resolution: number): number {
  const finer = FINER_LO[resolution];
  if (finer === undefined || resolution > ((hi >>> RESOLUTION_SHIFT) & 15)) throw badParentResolution(hi, resolution);
  return (lo | finer) >>> 0;
}

/** The ancestor at `resolution` as an object, for the edges; throws as `parentHi` does. */
export function parentCell(hi: number, lo: number, resolution: number): Cell {
  return { hi: parentHi(hi, lo, resolution), lo: parentLo(hi, lo, resolution) };
}

/**
 * True when the 64 bits are a valid H3 cell: mode 1, reserved bits zero, base cell below 122, digits 0 to 6 down to the
 * resolution and 7 below it, and not in the subsequence that a pentagon lacks. Agrees with H3's isValidCell on any bits.
 */
export function isCell(hi: number, lo: number): boolean {
  const resolution = (hi >>> RESOLUTION_SHIFT) & 15;
  const baseCell = (hi >>> BASE_CELL_SHIFT) & 127;
  const finerHi = FINER_HI[resolution];
  const finerLo = FINER_LO[resolution];
  const usedHi = hi & DIGITS_MASK_HI & ~finerHi;
  const usedLo = lo & ~finerLo;
  // One branch for all: any bit set here is a wrong header, an unused digit that is not 7, or a used digit that is.
  const wrong =
    ((hi ^ CELL_HEADER) & HEADER_MASK) |
    (finerHi & ~hi) |
    (finerLo & ~lo) |
    (usedHi & (usedHi >>> 1) & (usedHi >>> 2) & DIGIT_LOW_BIT_HI) |
    (usedLo & (usedLo >>> 1) & (usedLo >>> 2) & DIGIT_LOW_BIT_LO) |
    (usedHi & (usedLo >>> 31) & (usedLo >>> 30) & 1);
  if (wrong !== 0 || baseCell >= BASE_CELL_COUNT) return false;
  return IS_PENTAGON_BASE_CELL[baseCell] === 0 || !isInDeletedSubsequence(usedHi, usedLo);
}

/** True when the cell is one of the twelve pentagons of its resolution. */
export function isPentagon(hi: number, lo: number): boolean {
  if (IS_PENTAGON_BASE_CELL[(hi >>> BASE_CELL_SHIFT) & 127] === 0) return false;
  const resolution = (hi >>> RESOLUTION_SHIFT) & 15;
  return (hi & DIGITS_MASK_HI & ~FINER_HI[resolution]) === 0 && (lo & ~FINER_LO[resolution]) === 0;
}

/**
 * Orders cells by base cell, then digit by digit, so that the descendants of a cell are contiguous whatever their resolution
 * and stand directly before it. Among cells of one resolution this is the numeric order of the index.
 * Negative, zero or positive, as a sort comparator.
 */
export function compareCells(aHi: number, aLo: number, bHi: number, bLo: number): number {
  const hi = (aHi & ORDER_MASK_HI) - (bHi & ORDER_MASK_HI);
  return hi !== 0 ? hi : (aLo >>> 0) - (bLo >>> 0);
}

/**
 * The first and the last descendant at `resolution`, both inclusive, so that a column sorted by `compareCells` can be searched.
 * The cell itself at its own resolution. Throws GEO_BAD_RESOLUTION when `resolution` is coarser than the cell or not 0 to 15.
 */
export function childrenRange(hi: number, lo: number, resolution: number): CellRange {
  const own = (hi >>> RESOLUTION_SHIFT) & 15;
  const finerHi = FINER_HI[resolution];
  const finerLo = FINER_LO[resolution];
  if (finerHi === undefined || finerLo === undefined || resolution < own) {
    throw geoError("GEO_BAD_RESOLUTION", `expected a children's resolution from ${own} to 15, got ${resolution}`);
  }
  // The digits between the two resolutions are 7 in the parent: 0 in the first child, 6 in the last.
  const spanHi = FINER_HI[own] & ~finerHi;
  const spanLo = FINER_LO[own] & ~finerLo;
  const head = (hi & ~RESOLUTION_MASK) | (resolution << RESOLUTION_SHIFT);
  return {
    firstHi: (head & ~spanHi) >>> 0,
    firstLo: (lo & ~spanLo) >>> 0,
    lastHi: (head & ~(spanHi & DIGIT_LOW_BIT_HI)) >>> 0,
    lastLo: (lo & ~(spanLo & DIGIT_LOW_BIT_LO)) >>> 0,
  };
}

/** The index as H3 writes it: lower-case hexadecimal, 15 digits for a cell. Does not validate. */
export function cellToString(hi: number, lo: number): string {
  return hi === 0 ? (lo >>> 0).toString(16) : (hi >>> 0).toString(16) + (lo >>> 0).toString(16).padStart(8, "0");
}

/** Reads H3's hexadecimal form (15 digits, or 16 with a leading 0). Throws GEO_BAD_CELL when it is not a cell. */
export function cellFromString(text: string): Cell {
  if (typeof text !== "string" || !/^0?[0-9a-fA-F]{15}$/.test(text)) {
    throw geoError("GEO_BAD_CELL", `expected 15 hexadecimal digits, got ${JSON.stringify(text)}`);
  }
  return assertCell(Number.parseInt(text.slice(0, -8), 16), Number.parseInt(text.slice(-8), 16));
}

/** The index as a bigint. Does not validate. */
export function cellToBigInt(hi: number, lo: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** Reads a 64-bit index. Throws GEO_BAD_CELL when it is not a cell. */
export function cellFromBigInt(value: bigint): Cell {
  if (value < 0n || value > 0xffffffffffffffffn) {
    throw geoError("GEO_BAD_CELL", `expected an unsigned 64-bit index, got ${value}`);
  }
  return assertCell(Number(value >> 32n), Number(value & 0xffffffffn));
}

/** Returns the cell, or throws GEO_BAD_CELL when the two halves are not one. */
export function assertCell(hi: number, lo: number): Cell {
  if (!isCell(hi, lo)) throw geoError("GEO_BAD_CELL", `${cellToString(hi, lo)} is not an H3 cell`);
  return { hi, lo };
}

/**
 * True when the coarsest digit that is not 0 is 1, the K axis, which no cell under a pentagon has: then the highest bit set is
 * the lowest of its digit. The arguments hold the used digits only.
 */
function isInDeletedSubsequence(usedHi: number, usedLo: number): boolean {
  if (usedHi !== 0) return ((DIGIT_LOW_BIT_HI >>> (31 - Math.clz32(usedHi))) & 1) === 1;
  return usedLo !== 0 && ((DIGIT_LOW_BIT_LO >>> (31 - Math.clz32(usedLo))) & 1) === 1;
}

function badParentResolution(hi: number, resolution: number) {
  const own = (hi >>> RESOLUTION_SHIFT) & 15;
  return geoError("GEO_BAD_RESOLUTION", `expected a parent's resolution from 0 to ${own}, got ${resolution}`);
}
