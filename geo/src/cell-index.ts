/**
 * Cells as dense integers: every distinct cell gets an int32 id, in cell order, so that the descendants of any cell are a run
 * of ids and a table by cell is an array.
 *
 * Order is `compareCells`: base cell, then digits, descendants directly before their ancestor. That order is the low 52 bits
 * of the index read as a number, which a double holds exactly, so one native sort of doubles does it. Looking up is open
 * addressing with linear probing over the ids.
 *
 * Serialised form, little-endian: "ECI1", uint32 version (1), uint32 count, uint32 checksum (FNV-1a over the 32-bit words of
 * both columns), then the hi column, then the lo column. Bytes that differ in anything, or whose cells are not cells in
 * ascending order, are refused.
 */

import { compareCells, isCell, MAX_RESOLUTION } from "./cell.ts";
import { geoError } from "./errors.ts";

const MAGIC = 0x31494345;
const VERSION = 1;
const HEADER_BYTES = 16;
/** Beyond this the table of slots would be longer than an int32 can index. */
const MAX_CELLS = 2 ** 26;
const TWO_32 = 4294967296;

/** Distinct cells in cell order; the position of a cell is its id. */
export class CellIndex {
  /** The distinct cells, in cell order, upper and lower halves. */
  readonly hi: Uint32Array;
  readonly lo: Uint32Array;
  /** The id of each row the index was built from, -1 for a row without a cell; empty when read from bytes. */
  readonly ids: Int32Array;
  /** Slots of four words by hash: hi, lo, id + 1 or 0 where free, and a spare that keeps a slot inside one cache line. */
  readonly #slots: Int32Array;

  /** Takes columns that are already distinct and in order; `buildCellIndex` and `CellIndex.from` make them. */
  constructor(hi: Uint32Array, lo: Uint32Array, ids: Int32Array, slots: Int32Array) {
    this.hi = hi;
    this.lo = lo;
    this.ids = ids;
    this.#slots = slots;
  }

  /** How many distinct cells there are. */
  get size(): number {
    return this.hi.length;
  }

  /** The id of a cell, or -1 when the index does not hold it. */
  find(hi: number, lo: number): number {
    return findSlot(this.#slots, hi | 0, lo | 0);
  }

  /**
   * The ids of a cell's descendants, and of the cell itself if present, as `[start, end)`; start equals end when there are
   * none. The cell need not be in the index.
   */
  rangeOfParent(hi: number, lo: number): readonly [start: number, end: number] {
    const last = orderKey(hi, lo);
    // All descendants share the digits the cell has; its unused digits are 7s, which are zero in the first descendant.
    const first = last - (2 ** unusedBits(hi) - 1);
    return [this.#lowerBound(first), this.#lowerBound(last + 1)];
  }

  /** The index as bytes; `CellIndex.from` reads them back. The rows it was built from are not part of it. */
  serialise(): Uint8Array {
    const count = this.size;
    const bytes = new Uint8Array(HEADER_BYTES + 8 * count);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, VERSION, true);
    view.setUint32(8, count, true);
    view.setUint32(12, checksum(this.hi, this.lo), true);
    for (let id = 0; id < count; id++) {
      view.setUint32(HEADER_BYTES + 4 * id, this.hi[id], true);
      view.setUint32(HEADER_BYTES + 4 * (count + id), this.lo[id], true);
    }
    return bytes;
  }

  /** Reads what `serialise` wrote. Throws GEO_BAD_INDEX for bytes that are not exactly that. */
  static from(bytes: Uint8Array): CellIndex {
    if (bytes.length < HEADER_BYTES) throw geoError("GEO_BAD_INDEX", `${bytes.length} bytes are shorter than a header`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(0, true) !== MAGIC)
      throw geoError("GEO_BAD_INDEX", "the magic number is not that of a cell index");
    if (view.getUint32(4, true) !== VERSION)
      throw geoError("GEO_BAD_INDEX", `version ${view.getUint32(4, true)} is not 1`);
    const count = view.getUint32(8, true);
    if (bytes.length !== HEADER_BYTES + 8 * count) {
      throw geoError("GEO_BAD_INDEX", `${count} cells need ${HEADER_BYTES + 8 * count} bytes, got ${bytes.length}`);
    }
    const hi = new Uint32Array(count);
    const lo = new Uint32Array(count);
    for (let id = 0; id < count; id++) {
      hi[id] = view.getUint32(HEADER_BYTES + 4 * id, true);
      lo[id] = view.getUint32(HEADER_BYTES + 4 * (count + id), true);
      if (!isCell(hi[id], lo[id])) throw geoError("GEO_BAD_INDEX", `entry ${id} is not a cell`);
      if (id > 0 && compareCells(hi[id - 1], lo[id - 1], hi[id], lo[id]) >= 0) {
        throw geoError("GEO_BAD_INDEX", `entry ${id} does not come after the one before it`);
      }
    }
    if (view.getUint32(12, true) !== checksum(hi, lo)) throw geoError("GEO_BAD_INDEX", "the checksum does not match");
    return new CellIndex(hi, lo, new Int32Array(0), fillSlots(hi, lo));
  }

  /** The first id whose order key is at least `key`. */
  #lowerBound(key: number): number {
    let start = 0;
    let end = this.hi.length;
    while (start < end) {
      const middle = (start + end) >>> 1;
      if (orderKey(this.hi[middle], this.lo[middle]) < key) start = middle + 1;
      else end = middle;
    }
    return start;
  }
}

/**
 * Interns a column of cells. Rows may repeat, be in any order and mix resolutions; (0, 0) is a row without a cell and gets
 * id -1. Throws GEO_BAD_LENGTH when the halves differ in length, GEO_BAD_CELL naming the first row that is not a cell,
 * GEO_TOO_MANY_CELLS beyond 2^26 rows.
 */
export function buildCellIndex(hi: Uint32Array, lo: Uint32Array): CellIndex {
  const rows = hi.length;
  if (lo.length !== rows) throw geoError("GEO_BAD_LENGTH", `hi has ${rows} rows, lo has ${lo.length}`);
  if (rows > MAX_CELLS) throw geoError("GEO_TOO_MANY_CELLS", `${rows} rows, at most ${MAX_CELLS}`);
  const keys = new Float64Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    if (isCell(hi[row], lo[row])) keys[count++] = orderKey(hi[row], lo[row]);
    else if (hi[row] !== 0 || lo[row] !== 0) throw geoError("GEO_BAD_CELL", `row ${row} is not an H3 cell`);
  }
  const sorted = keys.subarray(0, count).sort();
  let distinct = 0;
  for (let at = 0; at < count; at++) {
    if (at === 0 || sorted[at] !== sorted[distinct - 1]) sorted[distinct++] = sorted[at];
  }
  const cellHi = new Uint32Array(distinct);
  const cellLo = new Uint32Array(distinct);
  for (let id = 0; id < distinct; id++) {
    const upper = Math.floor(sorted[id] / TWO_32);
    cellLo[id] = sorted[id] - upper * TWO_32;
    cellHi[id] = 0x08000000 | (resolutionOfKey(upper, cellLo[id]) << 20) | upper;
  }
  const slots = fillSlots(cellHi, cellLo);
  const ids = new Int32Array(rows);
  for (let row = 0; row < rows; row++) ids[row] = findSlot(slots, hi[row] | 0, lo[row] | 0);
  return new CellIndex(cellHi, cellLo, ids, slots);
}

/** The 52 bits of base cell and digits as an exact number. */
function orderKey(hi: number, lo: number): number {
  return (hi & 0xfffff) * TWO_32 + lo;
}

/** How many low bits belong to digits the cell does not use. */
function unusedBits(hi: number): number {
  return 3 * (MAX_RESOLUTION - ((hi >>> 20) & 15));
}

/** The resolution of a cell from its order key: the digits below the last one that is not 7 are unused. */
function resolutionOfKey(upper: number, lower: number): number {
  const lowerOnes = trailingOnes(lower);
  const ones = lowerOnes < 32 ? lowerOnes : 32 + trailingOnes(upper);
  return MAX_RESOLUTION - Math.min(MAX_RESOLUTION, Math.floor(ones / 3));
}

function trailingOnes(word: number): number {
  const zeros = ~word;
  return zeros === 0 ? 32 : 31 - Math.clz32(zeros & -zeros);
}

function hash(hi: number, lo: number): number {
  // The unused digits of most cells are all ones, so the mixing has to come from above.
  const mixed = Math.imul(hi ^ (lo >>> 9), 0x9e3779b1) ^ Math.imul(lo, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** A table at most half full. */
function fillSlots(hi: Uint32Array, lo: Uint32Array): Int32Array {
  const slots = new Int32Array(4 * 2 ** (33 - Math.clz32(hi.length)));
  const mask = slots.length - 4;
  for (let id = 0; id < hi.length; id++) {
    let slot = (hash(hi[id], lo[id]) << 2) & mask;
    while (slots[slot + 2] !== 0) slot = (slot + 4) & mask;
    slots[slot] = hi[id];
    slots[slot + 1] = lo[id];
    slots[slot + 2] = id + 1;
  }
  return slots;
}

/** The id of a cell whose halves are given as int32, or -1. */
function findSlot(slots: Int32Array, hi: number, lo: number): number {
  const mask = slots.length - 4;
  for (let slot = (hash(hi, lo) << 2) & mask; slots[slot + 2] !== 0; slot = (slot + 4) & mask) {
    if (slots[slot + 1] === lo && slots[slot] === hi) return slots[slot + 2] - 1;
  }
  return -1;
}

function checksum(hi: Uint32Array, lo: Uint32Array): number {
  let sum = 0x811c9dc5;
  for (const column of [hi, lo]) {
    for (let at = 0; at < column.length; at++) sum = Math.imul(sum ^ column[at], 0x01000193);
  }
  return sum >>> 0;
}
