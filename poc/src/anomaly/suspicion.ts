/**
 * From votes to weight: suspicion by detector, how it fades, and what it takes of a hotspot's shares.
 *
 * A level is 0 to 10,000. It rises with the accusing share of the voices of one epoch, from 0 at `votes.fromE4` to full at
 * `votes.fullE4`, and falls only through time: an epoch leaves `keptPerEpochE4` of it, and the greater of that and what the epoch shows
 * counts. So at a fixed time more evidence against a hotspot never lowers a level, and no good epoch wipes a bad one out.
 */
import type { AnomalyParameters } from "./anomaly-parameters.ts";

const FULL = 10_000;

/** Where a share begins to count, and where it counts in full, 1e-4. */
export interface Ramp {
  readonly fromE4: number;
  readonly fullE4: number;
}

/** Level of a share, 1e-4: 0 up to the ramp, 10,000 from its end on. */
export function levelOfShare({ fromE4, fullE4 }: Ramp, shareE4: number): number {
  if (shareE4 <= fromE4) return 0;
  if (shareE4 >= fullE4) return FULL;
  return Math.floor(((shareE4 - fromE4) * FULL) / (fullE4 - fromE4));
}

/** Level after an epoch that by itself shows `fresh`. */
export function nextLevel({ keptPerEpochE4 }: AnomalyParameters, before: number, fresh: number): number {
  return Math.max(fresh, Math.floor((before * keptPerEpochE4) / FULL));
}

/** Weight of the shares of a hotspot with these levels, 1e-4: the highest one counts. */
export function weightOfLevels({ effectE4 }: AnomalyParameters, levels: readonly number[]): number {
  return FULL - Math.floor((Math.max(0, ...levels) * effectE4) / FULL);
}

/** Clean epochs after one in which the hotspot took part (or not), and in which the highest fresh level was `fresh`. */
export function nextCleanEpochs(before: number, tookPart: boolean, fresh: number): number {
  if (fresh > 0) return 0;
  return tookPart ? Math.min(before + 1, 0xffff) : before;
}
