/**
 * The hot loop: one verdict for every witness row of every beacon, in one pass without allocation.
 *
 * Rows come grouped by beacon, in log order inside a group. The fast path passes a row whose every figure is inside its limit;
 * all others go through the preset's ordered list of checks (witness-checks.ts), which alone decides and names the reason. So the
 * fast path may give up on any row, and must never pass what a check would fail: a property test holds the two together. It is
 * one function, with distance and loss written out, because that is worth a third of its time (`bun run bench core`).
 *
 * A packed row is four int32: hotspot | data rate << 24, frequency Hz, RSSI << 16 | SNR (0.1 dBm, 0.1 dB), ingest offset ms.
 * A passed row keeps its last two figures: measured = RSSI, limit = the free-space bound with tolerance.
 */
import {
  chordSquared,
  EARTH_RADIUS_M,
  GRID_NEEDS_CELLS,
  gridDistanceLocal,
  POSITION_UNITS_PER_M,
  surfaceDistanceM,
} from "@earshot/geo";
import { LOSS_SLOT_SHIFT, linkLossDdb } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE, META } from "./hotspot-lines.ts";
import { REASON } from "./reason.ts";
import { firstFailure, recordFailure } from "./witness-checks.ts";
import { emptyWitnessFacts, type RowVerdicts, type WitnessFacts } from "./witness-facts.ts";
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
const HALF_METRE_BAND_M = 0.008;
/** Resolution-11 cells this far apart are more than 8 apart in any base cell; nearer ones are counted. */
const GRID_DECIDES_BELOW_M = 1200;
/** Up to this chord the arc needs two terms beyond it (geo/src/distance.ts); farther pairs are for the list. */
const SERIES_CHORD_SQ = (300_000 * POSITION_UNITS_PER_M) ** 2;
const SQUARE_METRES = 1 / (POSITION_UNITS_PER_M * POSITION_UNITS_PER_M);
const ARC_2 = 1 / (24 * EARTH_RADIUS_M * EARTH_RADIUS_M);
const ARC_4 = 3 / (640 * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M);
const NEVER_MS = 0x7fffffff;
/** Below this the loss table has no entry for a metre: no band of any region. */
const LEAST_FREQUENCY_HZ = 100_000_000;
const NO_SNR_FLOOR = new Int16Array(16).fill(-32768);
const BARRED = META.unregistered | META.notAsserted | META.suspended | META.dataOnly | META.regionMask;

/** The double whose upper word finds the loss (radio/path-loss.ts); one per module, since a worker is one thread. */
const squared = new Float64Array(1);
const squaredWords = new Uint32Array(squared.buffer);

/** Judges every row of every group into `out`, which has one element per row. */
export function judgeWitnesses(job: WitnessJob, out: RowVerdicts): void {
  const { lines, rows, beacons, starts, rules, lag } = job;
  const { reason: outReason, measured: outMeasured, limit: outLimit } = out;
  const { thresholds, start: lossStart, firstSlot } = rules.loss;
  const toleranceHz = rules.limits.frequencyToleranceHz;
  const minimumCells = rules.limits.minimumGridCells;
  const grid = minimumCells > 0;
  const minimumM = grid ? 0 : rules.limits.minimumM;
  const maximumM = rules.limits.maximumM;
  const dataRateMask = rules.checksDataRate ? 0xff : 0;
  // How far from a half metre a distance must be; below zero where positions decide every one.
  const certainM = rules.haversineRounding ? HALF_METRE_BAND_M : -1;
  const snrFloors = rules.checksSnr ? rules.snrFloorDdb : NO_SNR_FLOOR;
  const facts = emptyWitnessFacts();
  const edges = job.deniedEdges !== null;
  const pentagon = grid ? META.pentagonBase : 0;
  const tolerance = rules.toleranceDdb;
  const groups = starts.length - 1;
  // Stamps are group numbers, which mean another beacon in another partition.
  for (let at = LINE.stamp; at < lines.length; at += LINE_STRIDE) lines[at] = 0;
  for (let group = 0; group < groups; group++) {
    const from = starts[group];
    const to = starts[group + 1];
    if (from === to) continue;
    const at = group * BEACON_STRIDE;
    if (beacons[at + BEACON_LINE.reason] !== 0) {
      outReason.fill(beacons[at + BEACON_LINE.reason], from, to);
      outMeasured.fill(beacons[at + BEACON_LINE.measured], from, to);
      outLimit.fill(beacons[at + BEACON_LINE.limit], from, to);
      continue;
    }
    const beaconer = beacons[at + BEACON_LINE.hotspot];
    const beaconFrequency = beacons[at + BEACON_LINE.frequencyHz];
    const dataRate = beacons[at + BEACON_LINE.dataRate] & dataRateMask;
    // An offset is never negative, so an earlier first moment is the same as none.
    const firstMs = Math.max(beacons[at + BEACON_LINE.firstOffsetMs], 0) | 0;
    const lagMs = lag === null ? NEVER_MS : lastByLagMs(job, group);
    const ownLastMs = beacons[at + BEACON_LINE.lastOffsetMs];
    const lastMs = ownLastMs < lagMs ? ownLastMs : lagMs | 0;
    const base = beacons[at + BEACON_LINE.eirpDdbm] + tolerance;
    const snrFloor = snrFloors[beacons[at + BEACON_LINE.dataRate] & 15];
    const own = beaconer * LINE_STRIDE;
    const beaconerMeta = lines[own + LINE.meta];
    const region = beaconerMeta & META.regionMask;
    // What the fast path does not know sends the whole group to the list.
    const isUnusual = edges || (beaconerMeta & pentagon) !== 0 || beaconFrequency < LEAST_FREQUENCY_HZ;
    const bars = isUnusual ? BARRED | pentagon | META.always : BARRED | pentagon;
    const bx = lines[own + LINE.x];
    const by = lines[own + LINE.y];
    const bz = lines[own + LINE.z];
    const stamp = group + 1;
    for (let row = from; row < to; row++) {
      const p = row * ROW_STRIDE;
      const word = rows[p];
      const levels = rows[p + 2];
      const receiveMs = rows[p + 3];
      const hotspot = word & 0xffffff;
      const line = hotspot * LINE_STRIDE;
      const differenceHz = rows[p + 1] - beaconFrequency;
      const repeated = lines[line + LINE.stamp] === stamp;
      lines[line + LINE.stamp] = stamp;
      if (
        ((lines[line + LINE.meta] ^ region) & bars) === 0 &&
        !repeated &&
        hotspot !== beaconer &&
        differenceHz <= toleranceHz &&
        differenceHz >= -toleranceHz &&
        receiveMs >= firstMs &&
        receiveMs <= lastMs &&
        ((word >>> 24) & dataRateMask) === dataRate &&
        (levels << 16) >> 16 >= snrFloor
      ) {
        const dx = lines[line + LINE.x] - bx;
        const dy = lines[line + LINE.y] - by;
        const dz = lines[line + LINE.z] - bz;
        const chordSq = dx * dx + dy * dy + dz * dz;
        if (chordSq <= SERIES_CHORD_SQ) {
          const square = chordSq * SQUARE_METRES;
          const halfUp = Math.sqrt(square) * (1 + square * (ARC_2 + square * ARC_4)) + 0.5;
          const distanceM = Math.floor(halfUp);
          const part = halfUp - distanceM;
          if (
            distanceM >= minimumM &&
            distanceM <= maximumM &&
            part > certainM &&
            part < 1 - certainM &&
            (!grid || distanceM >= GRID_DECIDES_BELOW_M || gridCells(lines, own, line) >= minimumCells)
          ) {
            const product = distanceM * rows[p + 1];
            const square2 = product * product;
            squared[0] = square2;
            const k = lossStart[(squaredWords[1] >>> LOSS_SLOT_SHIFT) - firstSlot];
            const bound = base + lines[line + LINE.gain] - (square2 > thresholds[k] ? k + 1 : k);
            const rssiDdbm = levels >> 16;
            if (rssiDdbm <= bound) {
              outReason[row] = 0;
              outMeasured[row] = rssiDdbm;
              outLimit[row] = bound;
              continue;
            }
          }
        }
      }
      judgeByList(job, facts, group, row, repeated, base, out);
    }
  }
}

/** What of the facts is the same for all rows of a group. */
function fillBeaconFacts(job: WitnessJob, facts: WitnessFacts, group: number): void {
  const { beacons, lines, rules } = job;
  const at = group * BEACON_STRIDE;
  facts.group = group;
  facts.beaconer = beacons[at + BEACON_LINE.hotspot];
  facts.beaconerMeta = lines[facts.beaconer * LINE_STRIDE + LINE.meta];
  facts.beaconFrequencyHz = beacons[at + BEACON_LINE.frequencyHz] >>> 0;
  facts.beaconDataRate = beacons[at + BEACON_LINE.dataRate];
  facts.snrFloorDdb = rules.checksSnr ? rules.snrFloorDdb[facts.beaconDataRate & 15] : -32768;
  facts.zeroOffsetMs = beacons[at + BEACON_LINE.zeroOffsetMs];
  facts.firstOffsetMs = beacons[at + BEACON_LINE.firstOffsetMs];
  facts.lastOffsetMs = beacons[at + BEACON_LINE.lastOffsetMs];
  const { lag } = job;
  if (lag === null) return;
  facts.lagReferenceMs = lagReferenceMs(job, group);
  facts.lagLimitMs =
    facts.lagReferenceMs === beacons[at + BEACON_LINE.receiveOffsetMs] >>> 0 ? lag.behindBeaconMs : lag.behindWitnessMs;
}

/** What a lag is counted from: the beacon when it arrived no later than the first witness, else that witness. */
function lagReferenceMs(job: WitnessJob, group: number): number {
  const beaconMs = job.beacons[group * BEACON_STRIDE + BEACON_LINE.receiveOffsetMs] >>> 0;
  const firstWitnessMs = job.rows[job.starts[group] * ROW_STRIDE + 3] >>> 0;
  return Math.min(beaconMs, firstWitnessMs);
}

/** The last ingest offset the lag rule passes. */
function lastByLagMs(job: WitnessJob, group: number): number {
  const { lag } = job;
  if (lag === null) return NEVER_MS;
  const referenceMs = lagReferenceMs(job, group);
  const isBeaconFirst = referenceMs === job.beacons[group * BEACON_STRIDE + BEACON_LINE.receiveOffsetMs] >>> 0;
  return referenceMs + (isBeaconFirst ? lag.behindBeaconMs : lag.behindWitnessMs);
}

/** The first check of the list that fails gives the verdict; a row that fails none passes. */
function judgeByList(
  job: WitnessJob,
  facts: WitnessFacts,
  group: number,
  row: number,
  repeated: boolean,
  base: number,
  out: RowVerdicts,
): void {
  const { lines, rows, rules } = job;
  const { limits } = rules;
  const p = row * ROW_STRIDE;
  if (facts.group !== group) fillBeaconFacts(job, facts, group);
  const word = rows[p];
  const hotspot = word & 0xffffff;
  facts.hotspot = hotspot;
  facts.meta = lines[hotspot * LINE_STRIDE + LINE.meta];
  facts.place = repeated && (facts.meta & META.unregistered) === 0 ? 2 : 1;
  facts.edgeDenied = job.deniedEdges?.has(edgeCode(hotspot, facts.beaconer)) ?? false;
  facts.receiveOffsetMs = rows[p + 3] >>> 0;
  facts.frequencyHz = rows[p + 1] >>> 0;
  facts.dataRate = word >>> 24;
  facts.snrDdb = (rows[p + 2] << 16) >> 16;
  facts.rssiDdbm = rows[p + 2] >> 16;
  let code = firstFailure(rules.order, 0, rules.beforePlaces, facts, limits);
  if (code < 0) {
    if ((facts.meta & (META.unregistered | META.notAsserted)) === 0) fillPlaceFacts(job, facts, base);
    code = firstFailure(rules.order, rules.beforePlaces, rules.order.length, facts, limits);
  }
  if (code >= 0) {
    recordFailure(code, facts, limits, row, out);
    return;
  }
  out.reason[row] = REASON.valid;
  out.measured[row] = facts.rssiDdbm;
  out.limit[row] = facts.boundDdbm;
}

/** Distance, grid distance and the free-space bound: what needs both places. */
function fillPlaceFacts(job: WitnessJob, facts: WitnessFacts, base: number): void {
  const { lines, rules, geometry } = job;
  const own = facts.beaconer * LINE_STRIDE;
  const line = facts.hotspot * LINE_STRIDE;
  const withGain = base + lines[line + LINE.gain];
  const metres = surfaceDistanceM(
    chordSquared(
      lines[line + LINE.x] - lines[own + LINE.x],
      lines[line + LINE.y] - lines[own + LINE.y],
      lines[line + LINE.z] - lines[own + LINE.z],
    ),
  );
  facts.distanceM = Math.floor(metres + 0.5);
  facts.boundDdbm = withGain - linkLossDdb(rules.loss, facts.distanceM, facts.frequencyHz);
  const part = metres + 0.5 - facts.distanceM;
  if (rules.haversineRounding && (part < HALF_METRE_BAND_M || part > 1 - HALF_METRE_BAND_M)) {
    const other = part < 0.5 ? facts.distanceM - 1 : facts.distanceM + 1;
    const otherBound = withGain - linkLossDdb(rules.loss, other, facts.frequencyHz);
    const isOpen = otherBound !== facts.boundDdbm || Math.max(facts.distanceM, other) > rules.limits.maximumM;
    if (isOpen && Math.floor(geometry.haversineM(facts.beaconer, facts.hotspot) + 0.5) === other) {
      facts.distanceM = other;
      facts.boundDdbm = otherBound;
    }
  }
  if (rules.limits.minimumGridCells === 0) return;
  const cells = gridCells(lines, own, line);
  facts.gridCells = cells === GRID_NEEDS_CELLS ? geometry.gridCells(facts.beaconer, facts.hotspot) : cells;
}

/** Grid distance from the two lines alone: H3's, or GRID_UNCOMPUTABLE, or GRID_NEEDS_CELLS beside a pentagon. */
function gridCells(lines: Int32Array, a: number, b: number): number {
  return gridDistanceLocal(
    (lines[a + LINE.meta] & META.baseCellMask) >> META.baseCellShift,
    lines[a + LINE.i],
    lines[a + LINE.j],
    (lines[b + LINE.meta] & META.baseCellMask) >> META.baseCellShift,
    lines[b + LINE.i],
    lines[b + LINE.j],
  );
}

/** One number for an undirected pair of hotspots. */
export function edgeCode(a: number, b: number): number {
  return a < b ? a * 0x1000000 + b : b * 0x1000000 + a;
}
