/**
 * What the witness kernel is given: packed rows grouped by beacon, lines of hotspots and beacons, rules.
 *
 * A packed row is four int32: hotspot | data rate << 24, frequency Hz, RSSI << 16 | SNR (0.1 dBm, 0.1 dB), ingest offset ms.
 */
import type { WitnessRules } from "./witness-rules.ts";

export const ROW_STRIDE = 4;

/** Int32 fields of a beacon line. Times are offsets in the epoch, ms; `reason` other than 0 is given to all its rows. */
export const BEACON_LINE = {
  hotspot: 0,
  frequencyHz: 1,
  dataRate: 2,
  /** Conducted power plus the beaconer's gain, 0.1 dBm. */
  eirpDdbm: 3,
  zeroOffsetMs: 4,
  firstOffsetMs: 5,
  lastOffsetMs: 6,
  reason: 7,
  measured: 8,
  limit: 9,
  receiveOffsetMs: 10,
} as const;
export const BEACON_STRIDE = 12;

/** Questions positions cannot settle, asked for few rows: both by hotspot ids. */
export interface ExactGeometry {
  /** Metres between the cell centres by the double haversine. */
  haversineM(a: number, b: number): number;
  /** H3 grid distance of the resolution-11 parents, or -1 where H3 knows none. */
  gridCells(a: number, b: number): number;
}

export interface WitnessJob {
  /** Hotspot lines (hotspot-lines.ts); the stamps are overwritten. */
  readonly lines: Int32Array;
  /** Beacon lines in group order. */
  readonly beacons: Int32Array;
  /** Rows of group g are starts[g] to starts[g + 1]. */
  readonly starts: Uint32Array;
  readonly rows: Int32Array;
  readonly rules: WitnessRules;
  readonly lag: { readonly behindBeaconMs: number; readonly behindWitnessMs: number } | null;
  readonly geometry: ExactGeometry;
  /** Denied pairs, lower id × 2^24 + higher id; null when there are none. */
  readonly deniedEdges: ReadonlySet<number> | null;
}

/** Positions decide a rounding unless the distance is this close to a half metre: two coordinates, each off by half of 1/256 m. */
export const HALF_METRE_BAND_M = 0.008;
/** Later than any offset. */
export const NEVER_MS = 0x7fffffff;

/** Sender of packed row `row`. */
export function hotspotOfRow(rows: Int32Array, row: number): number {
  return rows[row * ROW_STRIDE] & 0xffffff;
}

/** Ingest time of packed row `row`, ms since the epoch's start. */
export function receiveOffsetOfRow(rows: Int32Array, row: number): number {
  return rows[row * ROW_STRIDE + 3] >>> 0;
}

/** One number for an undirected pair of hotspots. */
export function edgeCode(a: number, b: number): number {
  return a < b ? a * 0x1000000 + b : b * 0x1000000 + a;
}
