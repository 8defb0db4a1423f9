/** What one judged reception lost, from its packed row: integers in 0.1 dB, no allocation. */
import { lossDdb as freeSpaceLossDdb, type LossTable } from "../radio/path-loss.ts";
import { levelDdbm } from "./link.ts";

/** Loss: EIRP and gain of the receiver less its level. `levels` is the third word of a packed row (verify/witness-job.ts). */
export function rowLossDdb(eirpDdbm: number, gainDdbi: number, levels: number): number {
  return eirpDdbm + gainDdbi - levelDdbm(levels >> 16, (levels << 16) >> 16);
}

/** What a loss leaves beyond free space. */
export function rowExcessDdb(loss: LossTable, lostDdb: number, distanceM: number, frequencyHz: number): number {
  const product = distanceM * frequencyHz;
  return lostDdb - freeSpaceLossDdb(loss, product * product);
}
