/**
 * A link as detectors see it: what an epoch's receptions say of two hotspots, in both directions.
 *
 * Levels are ESP where the SNR is known (below the noise the RSSI hardly falls any more, which makes honest weak links look
 * strong for their distance) and RSSI where it is not. Losses are sums of integers in 0.1 dB, so they do not depend on the order of
 * receptions. `excess` is what a reception lost beyond free space: EIRP + gain of the receiver − free-space loss − level.
 */
import { espDdbm } from "../radio/link-budget.ts";

/** One direction: receptions, and the sums of their loss and excess, 0.1 dB. */
export interface Direction {
  readonly receptions: number;
  readonly lossSumDdb: number;
  readonly excessSumDdb: number;
}

export interface Link {
  /** Metres between the asserted places. */
  readonly distanceM: number;
  /** What the counterpart reported of the hotspot's beacons. */
  readonly sent: Direction;
  /** What the hotspot reported of the counterpart's beacons. */
  readonly heard: Direction;
}

export const NO_RECEPTIONS: Direction = { receptions: 0, lossSumDdb: 0, excessSumDdb: 0 };

/** Stands for an SNR that was not reported. */
export const NO_SNR = -0x8000;

/** Signal level of a reception, 0.1 dBm: ESP, or the RSSI itself without an SNR. */
export function levelDdbm(rssiDdbm: number, snrDdb: number): number {
  return snrDdb === NO_SNR ? rssiDdbm : espDdbm(rssiDdbm, snrDdb);
}

/** A direction with one reception more. */
export function withReception(direction: Direction, lossDdb: number, excessDdb: number): Direction {
  return {
    receptions: direction.receptions + 1,
    lossSumDdb: direction.lossSumDdb + lossDdb,
    excessSumDdb: direction.excessSumDdb + excessDdb,
  };
}

/** Mean of a sum over a direction, 0.1 dB, rounded down; null without receptions. */
export function meanDdb(sumDdb: number, { receptions }: Direction): number | null {
  return receptions === 0 ? null : Math.floor(sumDdb / receptions);
}
