/**
 * Witness validation as one would first write it: a function per preset, h3-js on strings for every row, a verdict object each.
 *
 * Written from the rules and not from the engine, with the reason numbers spelled out, so that it is a reference as well as a peer.
 */
import * as h3 from "h3-js";
import { REASON, type ReasonName } from "../../../src/verify/reason.ts";
import type { NaiveBeacon, NaiveHotspot, NaiveWitness } from "./epoch-objects.ts";

export interface NaiveVerdict {
  readonly reason: number;
  readonly measured: number;
  readonly limit: number;
}

const FREQUENCY_TOLERANCE_HZ = 100_000;
const SNR_FLOOR_DDB: Readonly<Record<number, number>> = {
  5: -75,
  6: -100,
  7: -120,
  8: -143,
  9: -175,
  10: -197,
  11: -233,
  12: -263,
};

const verdict = (name: ReasonName, measured: number, limit: number): NaiveVerdict => ({
  reason: REASON[name],
  measured,
  limit,
});

function distanceM(a: string, b: string): number {
  return Math.floor(h3.greatCircleDistance(h3.cellToLatLng(a), h3.cellToLatLng(b), h3.UNITS.m) + 0.5);
}

function gridCells(a: string, b: string): number {
  try {
    return h3.gridDistance(h3.cellToParent(a, 11), h3.cellToParent(b, 11));
  } catch {
    return -1;
  }
}

function lossDdb(metres: number, frequencyHz: number, speedOfLight: number): number {
  return Math.ceil(200 * Math.log10((4 * Math.PI * metres * frequencyHz) / speedOfLight));
}

/** Whole dB of a value in 0.1 dB, toward zero, again in 0.1 dB. */
function whole(tenths: number): number {
  return Math.trunc(tenths / 10) * 10;
}

/** The checks both presets begin with; null when all pass. */
function identity(beacon: NaiveBeacon, witness: NaiveHotspot | null, isRepeated: boolean): NaiveVerdict | null {
  if (isRepeated) return verdict("duplicate", 2, 1);
  if (witness === null) return verdict("gateway_not_found", 0, 1);
  if (witness.cell === null) return verdict("not_asserted", 0, 1);
  if (witness.isSuspended) return verdict("denied", 1, 0);
  if (witness === beacon.hotspot) return verdict("self_witness", witness.id, beacon.hotspot.id);
  return null;
}

/** The verdict of a row under `earshot`. */
export function judgeEarshot(beacon: NaiveBeacon, row: NaiveWitness, isRepeated: boolean): NaiveVerdict {
  const refused = identity(beacon, row.hotspot, isRepeated);
  if (refused !== null) return refused;
  const witness = row.hotspot!;
  if (!witness.isFull) return verdict("invalid_capability", 0, 1);
  const delayMs = row.receiveMs - beacon.transmitMs;
  if (delayMs > 30_000) return verdict("late", delayMs, 30_000);
  if (delayMs < -86_400_000) return verdict("early", delayMs, -86_400_000);
  if (witness.region !== beacon.hotspot.region) return verdict("invalid_region", witness.region, beacon.hotspot.region);
  const differenceHz = Math.abs(row.frequencyHz - beacon.frequencyHz);
  if (differenceHz > FREQUENCY_TOLERANCE_HZ) return verdict("invalid_frequency", differenceHz, FREQUENCY_TOLERANCE_HZ);
  if (row.dataRate !== beacon.dataRate) return verdict("invalid_data_rate", row.dataRate, beacon.dataRate);
  const metres = distanceM(beacon.hotspot.cell!, witness.cell!);
  if (metres < 300) return verdict("below_min_distance", metres, 300);
  if (metres > 100_000) return verdict("max_distance_exceeded", metres, 100_000);
  const floorDdb = SNR_FLOOR_DDB[beacon.dataRate & 15];
  if (row.snrDdb < floorDdb) return verdict("bad_snr", row.snrDdb, floorDdb);
  const gains = beacon.hotspot.gainDdbi + witness.gainDdbi;
  const bound = beacon.txPowerDdbm + gains - lossDdb(metres, row.frequencyHz, 299_792_458) + 100;
  return row.rssiDdbm > bound ? verdict("bad_rssi", row.rssiDdbm, bound) : verdict("valid", 0, 0);
}

/** The verdict of a row under `helium`; `lag` is its reference time and the greatest lag behind it, ms. */
export function judgeHelium(
  beacon: NaiveBeacon,
  row: NaiveWitness,
  isRepeated: boolean,
  lag: { readonly fromMs: number; readonly limitMs: number },
): NaiveVerdict {
  const refused = identity(beacon, row.hotspot, isRepeated);
  if (refused !== null) return refused;
  const witness = row.hotspot!;
  const ageMs = row.receiveMs - beacon.transmitMs;
  if (ageMs < 0 || ageMs > 180_999) return verdict("entropy_expired", ageMs, 180_999);
  const behindMs = row.receiveMs - lag.fromMs;
  if (behindMs > lag.limitMs) return verdict("too_late", behindMs, lag.limitMs);
  if (!witness.isFull) return verdict("invalid_capability", 0, 1);
  const differenceHz = Math.abs(row.frequencyHz - beacon.frequencyHz);
  if (differenceHz > FREQUENCY_TOLERANCE_HZ) return verdict("invalid_frequency", differenceHz, FREQUENCY_TOLERANCE_HZ);
  if (witness.region !== beacon.hotspot.region) return verdict("invalid_region", witness.region, beacon.hotspot.region);
  const cells = gridCells(beacon.hotspot.cell!, witness.cell!);
  if (cells < 8) return verdict("below_min_distance", cells, 8);
  const metres = distanceM(beacon.hotspot.cell!, witness.cell!);
  if (metres > 100_999) return verdict("max_distance_exceeded", metres, 100_999);
  const gains = whole(beacon.hotspot.gainDdbi) + whole(witness.gainDdbi);
  const bound = whole(beacon.txPowerDdbm) + gains - lossDdb(metres, row.frequencyHz, 2.998e8);
  return row.rssiDdbm > bound ? verdict("bad_rssi", row.rssiDdbm, bound) : verdict("valid", 0, 0);
}
