/**
 * The scale of each resolution-10 hexagon: the product of clipped / unclipped over its ancestors and itself, in 1e-4, ties to even.
 *
 * Doubles propose and, wherever they come near a tie, integers decide: the result is the exact rational product, rounded once.
 * It equals upstream's 28-digit decimals whenever the limits that bind have no prime factor but 2 and 5, as those of HIP-104.
 */

import type { DensityLevel } from "./density-levels.ts";
import { divideHalfEven } from "./half-even.ts";

/** Products of at most eleven correctly rounded ratios, times 1e4, err by less than 1e-10: outside this margin there is no tie. */
const TIE_MARGIN = 1e-9;

/** The rounded scale of every resolution-10 hexagon: ratios are multiplied from the coarsest level down. */
export function roundedScales(levels: readonly DensityLevel[]): Uint16Array {
  const count = levels[0].unclipped.length;
  let above = new Float64Array(count);
  let products = new Float64Array(count);
  for (let at = levels.length - 1; at >= 0; at--) {
    const { unclipped, clipped, difference, resolution } = levels[at];
    if (at === levels.length - 1) divide(unclipped, clipped, products);
    else multiplyDown(above, unclipped, clipped, difference, resolution, products);
    const filled = products;
    products = above;
    above = filled;
  }
  const scales = new Uint16Array(count);
  roundHalfUp(above, scales);
  for (let hexagon = 0; hexagon < count; hexagon++) {
    const scaled = above[hexagon] * 10_000;
    if (Math.abs(scaled - scales[hexagon]) > 0.5 - TIE_MARGIN) scales[hexagon] = exactScale(levels, hexagon);
  }
  return scales;
}

function divide(unclipped: Int32Array, clipped: Int32Array, products: Float64Array): void {
  for (let hexagon = 0; hexagon < unclipped.length; hexagon++)
    products[hexagon] = clipped[hexagon] / unclipped[hexagon];
}

/** Multiplies each hexagon's ratio with the product of its parent. */
function multiplyDown(
  above: Float64Array,
  unclipped: Int32Array,
  clipped: Int32Array,
  difference: Uint8Array,
  resolution: number,
  products: Float64Array,
): void {
  let parent = -1;
  for (let hexagon = 0; hexagon < unclipped.length; hexagon++) {
    parent += (difference[hexagon] - resolution) >>> 31;
    products[hexagon] = above[parent] * (clipped[hexagon] / unclipped[hexagon]);
  }
}

function roundHalfUp(products: Float64Array, scales: Uint16Array): void {
  for (let hexagon = 0; hexagon < scales.length; hexagon++)
    scales[hexagon] = Math.floor(products[hexagon] * 10_000 + 0.5);
}

/** The scale of one resolution-10 hexagon by integers alone. */
function exactScale(levels: readonly DensityLevel[], finest: number): number {
  const row = levels[0].first[finest];
  let numerator = 1n;
  let denominator = 1n;
  for (const level of levels) {
    const { unclipped, clipped } = level;
    const above = hexagonOfRow(level, row);
    if (clipped[above] === unclipped[above]) continue;
    numerator *= BigInt(clipped[above]);
    denominator *= BigInt(unclipped[above]);
  }
  return Number(divideHalfEven(numerator * 10_000n, denominator));
}

/** The hexagon of a level that holds a row in cell order: the last one that starts at it or before. */
export function hexagonOfRow({ first, unclipped }: DensityLevel, row: number): number {
  let start = 0;
  let end = unclipped.length - 1;
  while (start < end) {
    const middle = (start + end + 1) >>> 1;
    if (first[middle] <= row) start = middle;
    else end = middle - 1;
  }
  return start;
}

/** Writes each hotspot's scale at the place `to` names. */
export function spreadScales(to: Int32Array, hexagonOf: Int32Array, scales: Uint16Array, out: Uint16Array): void {
  for (let at = 0; at < to.length; at++) out[to[at]] = scales[hexagonOf[at]];
}
