/** What a loss leaves beyond free space: integers in 0.1 dB, no allocation. */
import { lossDdb as freeSpaceLossDdb, type LossTable } from "../radio/path-loss.ts";

export function rowExcessDdb(loss: LossTable, lostDdb: number, distanceM: number, frequencyHz: number): number {
  const product = distanceM * frequencyHz;
  return lostDdb - freeSpaceLossDdb(loss, product * product);
}
