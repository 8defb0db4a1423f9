/**
 * What a witness check may look at: one row, its sender, its beacon, as integers.
 *
 * The kernel fills one such object again and again for the rows its fast path cannot pass, so a check must not keep it.
 */
import type { WitnessCheckName } from "../parameters/network-parameters.ts";

export interface WitnessFacts {
  /** Group the beacon's part stands for; scratch of the kernel. */
  group: number;
  /** Row of the witness in hotspots.arrow, or the number of hotspots when its key is unknown. */
  hotspot: number;
  beaconer: number;
  /** Meta words of both (hotspot-lines.ts). */
  meta: number;
  beaconerMeta: number;
  /** 1 when this is the first report of the hotspot for the beacon, else 2. */
  place: number;
  edgeDenied: boolean;
  /** Ingest time, and the zero, first and last ms that pass, as offsets in the epoch. */
  receiveOffsetMs: number;
  zeroOffsetMs: number;
  firstOffsetMs: number;
  lastOffsetMs: number;
  /** Lag rule: reference and greatest lag, ms. */
  lagReferenceMs: number;
  lagLimitMs: number;
  frequencyHz: number;
  beaconFrequencyHz: number;
  dataRate: number;
  beaconDataRate: number;
  snrDdb: number;
  snrFloorDdb: number;
  rssiDdbm: number;
  /** Highest RSSI allowed, tolerance included, 0.1 dBm. */
  boundDdbm: number;
  distanceM: number;
  /** Grid distance of the resolution-11 parents; -1 where there is none. Only filled when the rules ask for it. */
  gridCells: number;
}

/** Where verdicts go: one element a row in each column. */
export interface RowVerdicts {
  readonly reason: Uint8Array;
  readonly measured: Int32Array;
  readonly limit: Int32Array;
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

export function emptyWitnessFacts(): WitnessFacts {
  return {
    group: -1,
    hotspot: 0,
    beaconer: 0,
    meta: 0,
    beaconerMeta: 0,
    place: 1,
    edgeDenied: false,
    receiveOffsetMs: 0,
    zeroOffsetMs: 0,
    firstOffsetMs: 0,
    lastOffsetMs: 0,
    lagReferenceMs: 0,
    lagLimitMs: 0x7fffffff,
    frequencyHz: 0,
    beaconFrequencyHz: 0,
    dataRate: 0,
    beaconDataRate: 0,
    snrDdb: 0,
    snrFloorDdb: 0,
    rssiDdbm: 0,
    boundDdbm: 0,
    distanceM: 0,
    gridCells: 0,
  };
}
