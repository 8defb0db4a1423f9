/**
 * The density rule once more, as literally as upstream words it: maps by H3 string, h3-js for every parent and disk, and the
 * scale as a ratio of bigints. Slow and obvious; the tests hold the kernel against it.
 */

import * as h3 from "h3-js";
import type { DensityLimit } from "../../src/parameters/network-parameters.ts";

export interface ReferenceDensity {
  readonly unclipped: ReadonlyMap<string, number>;
  readonly clipped: ReadonlyMap<string, number>;
  readonly occupied: ReadonlyMap<string, number>;
  readonly limit: ReadonlyMap<string, number>;
  /** Scale in 1e-4 of each asserted cell. */
  readonly scale: ReadonlyMap<string, number>;
}

/** Builds every level from the asserted cells; `limits` from resolution 10 downwards. */
export function referenceDensity(asserted: readonly string[], limits: readonly DensityLimit[]): ReferenceDensity {
  const unclipped = new Map<string, number>();
  const clipped = new Map<string, number>();
  const occupied = new Map<string, number>();
  const limit = new Map<string, number>();
  const active = asserted.filter((text) => h3.isValidCell(text) && h3.getResolution(text) >= 11);
  for (const text of active) {
    const cell = h3.cellToParent(text, 11);
    unclipped.set(cell, (unclipped.get(cell) ?? 0) + 1);
    clipped.set(cell, (clipped.get(cell) ?? 0) + 1);
  }
  let children = [...clipped.keys()];
  for (const { resolution, neighbours, target, maximum } of limits) {
    const parents = new Set<string>();
    for (const child of children) {
      const parent = h3.cellToParent(child, resolution);
      unclipped.set(parent, (unclipped.get(parent) ?? 0) + (clipped.get(child) ?? 0));
      parents.add(parent);
    }
    for (const parent of parents) {
      const around = h3.gridDisk(parent, 1).filter((cell) => (unclipped.get(cell) ?? 0) >= target).length;
      const most = Math.min(maximum, target * Math.max(Math.max(around - neighbours, 0) + 1, 1));
      occupied.set(parent, around);
      limit.set(parent, most);
      clipped.set(parent, Math.min(most, unclipped.get(parent) ?? 0));
    }
    children = [...parents];
  }
  const scale = new Map<string, number>();
  for (const text of new Set(active)) {
    let numerator = 10_000n;
    let denominator = 1n;
    for (const { resolution } of limits) {
      const cell = h3.cellToParent(text, resolution);
      numerator *= BigInt(clipped.get(cell) ?? 0);
      denominator *= BigInt(unclipped.get(cell) ?? 0);
    }
    const floor = numerator / denominator;
    const twice = 2n * (numerator % denominator);
    const up = twice > denominator || (twice === denominator && floor % 2n === 1n);
    scale.set(text, Number(floor) + (up ? 1 : 0));
  }
  return { unclipped, clipped, occupied, limit, scale };
}
