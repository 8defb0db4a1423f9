/**
 * The cells that touch a cell, by digit tables on its two halves.
 *
 * Moving one step changes the finest digit; where that leaves the parent, the step is carried to the next coarser digit, as in
 * long addition. Across a base cell the digits turn into the neighbour's orientation. Where a pentagon base cell is involved
 * (the twelve at sea) the answer is h3-js's; otherwise nothing is allocated.
 */

import { DIGIT_A, DIGIT_B, DIGIT_CCW, neighbourBaseCell, neighbourRotations } from "./base-cells.ts";
import { cellBaseCell, cellDigit, cellResolution, isPentagonBaseCell } from "./cell.ts";
import { gridDiskSlow } from "./h3.ts";

/** Room that `neighbours` needs in its two output columns. */
export const MAX_NEIGHBOURS = 6;

/**
 * The sum of a digit and a step of the same resolution, as the new digit plus 8 times the step to carry to the parent;
 * at 64 · (resolution mod 2) + 8 · digit + step.
 */
const STEP_DIGIT = new Uint8Array(128);
for (let odd = 0; odd < 2; odd++) {
  // One step of the parent in steps of this resolution: 2 - ω when this one is odd, 3 + ω when it is even.
  const stepA = odd === 1 ? 2 : 3;
  const stepB = odd === 1 ? -1 : 1;
  for (let digit = 0; digit < 7; digit++) {
    for (let step = 0; step < 7; step++) {
      const sumA = DIGIT_A[digit] + DIGIT_A[step];
      const sumB = DIGIT_B[digit] + DIGIT_B[step];
      for (let carry = 0; carry < 7; carry++) {
        const a = DIGIT_A[carry];
        const b = DIGIT_B[carry];
        const restA = sumA - (a * stepA - b * stepB);
        const restB = sumB - (a * stepB + b * stepA - b * stepB);
        for (let rest = 0; rest < 7; rest++) {
          if (DIGIT_A[rest] === restA && DIGIT_B[rest] === restB)
            STEP_DIGIT[64 * odd + 8 * digit + step] = rest + 8 * carry;
        }
      }
    }
  }
}

/**
 * Writes the cells at one step from a cell into `outHi` and `outLo` (room for MAX_NEIGHBOURS) and returns how many: 6, or 5
 * around a pentagon. The order is fixed but has no meaning. The input must be a cell.
 */
export function neighbours(hi: number, lo: number, outHi: Uint32Array, outLo: Uint32Array): number {
  if (isPentagonBaseCell(cellBaseCell(hi))) return neighboursSlow(hi, lo, outHi, outLo);
  for (let direction = 1; direction <= MAX_NEIGHBOURS; direction++) {
    if (!step(hi, lo, direction, outHi, outLo)) return neighboursSlow(hi, lo, outHi, outLo);
  }
  return MAX_NEIGHBOURS;
}

/** Writes one neighbour at `direction - 1`; false when the step enters a pentagon base cell. */
function step(hi: number, lo: number, direction: number, outHi: Uint32Array, outLo: Uint32Array): boolean {
  const finest = cellResolution(hi);
  let newHi = hi;
  let newLo = lo;
  let carry = direction;
  for (let resolution = finest; resolution > 0 && carry !== 0; resolution--) {
    const sum = STEP_DIGIT[64 * (resolution & 1) + 8 * cellDigit(newHi, newLo, resolution) + carry];
    newHi = withDigitHi(newHi, resolution, sum & 7);
    newLo = withDigitLo(newLo, resolution, sum & 7);
    carry = sum >> 3;
  }
  if (carry !== 0) {
    const from = cellBaseCell(hi);
    const to = neighbourBaseCell(from, carry);
    if (to < 0 || isPentagonBaseCell(to)) return false;
    newHi = (newHi & ~0x000fe000) | (to << 13);
    for (let turn = neighbourRotations(from, carry); turn > 0; turn--) {
      for (let resolution = 1; resolution <= finest; resolution++) {
        const digit = DIGIT_CCW[cellDigit(newHi, newLo, resolution)];
        newHi = withDigitHi(newHi, resolution, digit);
        newLo = withDigitLo(newLo, resolution, digit);
      }
    }
  }
  outHi[direction - 1] = newHi;
  outLo[direction - 1] = newLo;
  return true;
}

/** The upper half with another digit at `resolution`; digits 6 to 15 do not touch it. */
function withDigitHi(hi: number, resolution: number, digit: number): number {
  if (resolution >= 6) return hi;
  if (resolution === 5) return (hi & ~1) | (digit >> 2);
  const shift = 13 - 3 * resolution;
  return (hi & ~(7 << shift)) | (digit << shift);
}

/** The lower half with another digit at `resolution`; digits 1 to 4 do not touch it. */
function withDigitLo(lo: number, resolution: number, digit: number): number {
  if (resolution < 5) return lo;
  if (resolution === 5) return (lo & 0x3fffffff) | (digit << 30);
  const shift = 3 * (15 - resolution);
  return (lo & ~(7 << shift)) | (digit << shift);
}

function neighboursSlow(hi: number, lo: number, outHi: Uint32Array, outLo: Uint32Array): number {
  let count = 0;
  for (const cell of gridDiskSlow(hi, lo, 1)) {
    if (cell.hi === hi && cell.lo === lo) continue;
    outHi[count] = cell.hi;
    outLo[count++] = cell.lo;
  }
  return count;
}
