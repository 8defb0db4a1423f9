/** Two draws of who hears a hotspot best: the same for profiles of losses that differ by a constant, seldom for others. */
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { REASON } from "../verify/reason.ts";
import { ROW_STRIDE } from "../verify/witness-job.ts";
import type { DrawnGroups } from "./drawn-groups.ts";
import { firstMix, NO_HASH, nextMix } from "./like-pairs.ts";
import { lineChordSquared } from "./link-columns.ts";

const VALID: number = REASON.valid;
const BAD_RSSI: number = REASON.bad_rssi;
const TWO_24 = 0x100_0000;

/**
 * The winners of two races among the witnesses of a hotspot's drawn beacons, as one number; -1 without any. A witness runs its hash times
 * what was lost to it: of losses that differ by a constant the least is at one witness. Of equal runs the lower id wins.
 */
export function nearestTwo(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  { first, group, partition }: DrawnGroups,
  hotspot: number,
): number {
  const { lines } = context.hotspots;
  let firstA = -1;
  let firstB = -1;
  let raceA = Number.POSITIVE_INFINITY;
  let raceB = Number.POSITIVE_INFINITY;
  for (let place = first[hotspot]; place < first[hotspot + 1]; place++) {
    const { linkRatio, reason, rows, starts } = partitions[partition[place]];
    for (let row = starts[group[place]]; row < starts[group[place] + 1]; row++) {
      if (reason[row] !== VALID && reason[row] !== BAD_RSSI) continue;
      const witness = rows[row * ROW_STRIDE] & 0xffffff;
      const lost = lineChordSquared(lines, hotspot, witness) / linkRatio[row];
      const mix = firstMix(witness);
      const runA = ((mix & NO_HASH) + 1) * lost;
      const runB = ((nextMix(mix) & NO_HASH) + 1) * lost;
      if (runA < raceA || (runA === raceA && witness < firstA)) {
        raceA = runA;
        firstA = witness;
      }
      if (runB < raceB || (runB === raceB && witness < firstB)) {
        raceB = runB;
        firstB = witness;
      }
    }
  }
  return firstA === -1 ? -1 : firstA * TWO_24 + firstB;
}
