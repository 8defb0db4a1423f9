/**
 * Placement limits from campaigns: for receivers that are judged by others than themselves.
 *
 * A receiver whose whole record loses less than 5 dB beyond free space has no place to learn from and is left out (the next higher of
 * the public campaigns loses 14 dB). Of the rest, windows of 30 receptions beyond 4 km are taken, each with the excess that 40 % of its places stay under (the
 * share from which votes count). The far limit is 1.5 dB below the value that 99 % of the windows exceed, and never above 18 dB.
 */
import type { AnomalyParameters } from "../../src/anomaly/anomaly-parameters.ts";
import type { Receiver } from "./campaigns.ts";
import { excessQuantileDdb, windowsOf } from "./windows.ts";

const LEARN_FROM_M = 4000;
const WINDOW = 30;
const WINDOWS_EACH = 40;
const MARGIN_DDB = 15;
const PLACELESS_DDB = 50;
/** A limit above this would speak against any honest line of sight of tens of kilometres. */
const HIGHEST_DDB = 180;
/** Steps towards near links, where nothing short of free space speaks against a place. */
const STEPS = [
  { fromM: 4000, belowDdb: 75 },
  { fromM: 6000, belowDdb: 25 },
  { fromM: 8000, belowDdb: 0 },
] as const;

/** The far limit, 0.1 dB. */
export function farLimitDdb(receivers: readonly Receiver[], shareE4: number): number {
  const learned = receivers.flatMap((receiver) => {
    if (excessQuantileDdb(receiver.receptions, 0.5) < PLACELESS_DDB) return [];
    const far = { ...receiver, receptions: receiver.receptions.filter(({ distanceM }) => distanceM >= LEARN_FROM_M) };
    return windowsOf(far, WINDOW, WINDOWS_EACH).map((window) => excessQuantileDdb(window, shareE4 / 10_000));
  });
  if (learned.length === 0) return HIGHEST_DDB;
  learned.sort((a, b) => a - b);
  return Math.min(HIGHEST_DDB, learned[Math.floor(learned.length / 100)] - MARGIN_DDB);
}

/** `parameters` with the placement bands of a far limit. */
export function withFarLimit(parameters: AnomalyParameters, farDdb: number): AnomalyParameters {
  const near = parameters.placement.bands.filter(({ fromM }) => fromM < LEARN_FROM_M);
  const bands = [...near, ...STEPS.map(({ fromM, belowDdb }) => ({ fromM, excessDdb: farDdb - belowDdb }))];
  return { ...parameters, placement: { ...parameters.placement, bands } };
}
