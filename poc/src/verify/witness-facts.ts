/**
 * What a witness check may look at: one row, its sender, its beacon, as integers.
 *
 * The kernel shows one such object again and again for the rows its fast path gives up on, so a check must not keep it.
 */
import type { WitnessCheckName } from "../parameters/network-parameters.ts";

export interface WitnessFacts {
  /** Row of the witness in hotspots.arrow, or the number of hotspots when its key is unknown. */
  readonly hotspot: number;
  readonly beaconer: number;
  /** Meta words of both (hotspot-lines.ts). */
  readonly meta: number;
  readonly beaconerMeta: number;
  /** 1 when this is the first report of the hotspot for the beacon, else 2. */
  readonly place: number;
  readonly edgeDenied: boolean;
  /** Ingest time, and the zero, first and last ms that pass, as offsets in the epoch. */
  readonly receiveOffsetMs: number;
  readonly zeroOffsetMs: number;
  readonly firstOffsetMs: number;
  readonly lastOffsetMs: number;
  /** Lag rule: reference and greatest lag, ms. */
  readonly lagReferenceMs: number;
  readonly lagLimitMs: number;
  readonly frequencyHz: number;
  readonly beaconFrequencyHz: number;
  readonly dataRate: number;
  readonly beaconDataRate: number;
  readonly snrDdb: number;
  readonly snrFloorDdb: number;
  readonly rssiDdbm: number;
  /** Highest RSSI allowed, tolerance included, 0.1 dBm. */
  readonly boundDdbm: number;
  /** Whole metres between the two; where a place is private, the least and the most that its cell allows. */
  readonly nearestM: number;
  readonly farthestM: number;
  /** Grid distance of the resolution-11 parents; -1 where there is none. */
  readonly gridCells: number;
}

/** Where verdicts go: one element a row in each column. The kernel writes nothing but the ratio of a row that passes: the rest is 0. */
export interface RowVerdicts {
  readonly reason: Uint8Array;
  readonly measured: Int32Array;
  readonly limit: Int32Array;
  /**
   * Of a row that passes: received power over the greatest allowed, squared distance and frequency included, so that
   * −10 log10 of it is the excess loss with tolerance in dB; at most 1.
   */
  readonly linkRatio: Float32Array;
}

/** Limits the checks compare with, compiled from NetworkParameters (rules.ts). */
export interface WitnessLimits {
  readonly frequencyToleranceHz: number;
  /** The difference of frequencies wraps at 2^31. */
  readonly frequencyInt32: boolean;
  readonly minimumM: number;
  /** 0 when the minimum is in metres. */
  readonly minimumGridCells: number;
  readonly maximumM: number;
}

/** One check: whether it fails, and the two figures of the verdict if it does. Pure; `name` is the reason. */
export interface WitnessCheck {
  readonly name: WitnessCheckName;
  fails(facts: WitnessFacts, limits: WitnessLimits): boolean;
  measured(facts: WitnessFacts, limits: WitnessLimits): number;
  limit(facts: WitnessFacts, limits: WitnessLimits): number;
}
