/**
 * The hot loop: one verdict for every witness row of every beacon, in one pass without allocation.
 *
 * Rows come grouped by beacon, in log order inside a group. The fast path passes a row whose every figure is inside its limit;
 * all others go through the preset's ordered list of checks (witness-checks.ts), which alone decides and names the reason. So the
 * fast path must never pass what a check would fail: a property test holds the two together.
 *
 * A packed row is four int32: hotspot | data rate << 24, frequency Hz, RSSI << 16 | SNR (0.1 dBm, 0.1 dB), ingest offset ms.
 * A passed row keeps its last two figures: measured = RSSI, limit = the free-space bound with tolerance.
 */
import { chordSquared, GRID_NEEDS_CELLS, gridDistanceLocal, surfaceDistanceM } from "@earshot/geo";
import { lossDdb } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE, META } from "./hotspot-lines.ts";
import { REASON } from "./reason.ts";
import { emptyWitnessFacts, type WitnessFacts } from "./witness-facts.ts";
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

export interface RowVerdicts {
  readonly reason: Uint8Array;
  readonly measured: Int32Array;
  readonly limit: Int32Array;
}

/** Positions decide a rounding unless the distance is this close to a half metre: two coordinates, each off by half of 1/256 m. */
const HALF_METRE_BAND_M = 0.008;
/** Resolution-11 cells this far apart are more than 8 apart in any base cell; nearer ones are counted. */
const GRID_DECIDES_BELOW_M = 1200;
const NEVER_MS = 0x7fffffff;
const BARRED = META.unregistered | META.notAsserted | META.suspended | META.dataOnly;

/** Judges every row of every group into `out`, which has one element per row. */
export function judgeWitnesses(job: WitnessJob, out: RowVerdicts): void {
  const groups = job.starts.length - 1;
  const facts = emptyWitnessFacts();
  for (let group = 0; group < groups; group++) {
    const from = job.starts[group];
    const to = job.starts[group + 1];
    if (from === to) continue;
    const at = group * BEACON_STRIDE;
    const reason = job.beacons[at + BEACON_LINE.reason];
    if (reason !== 0) {
      out.reason.fill(reason, from, to);
      out.measured.fill(job.beacons[at + BEACON_LINE.measured], from, to);
      out.limit.fill(job.beacons[at + BEACON_LINE.limit], from, to);
    } else {
      judgeGroup(job, group, from, to, facts, out);
    }
  }
}

function judgeGroup(
  job: WitnessJob,
  group: number,
  from: number,
  to: number,
  facts: WitnessFacts,
  out: RowVerdicts,
): void {
  const { lines, rows, rules, beacons } = job;
  const { limits, loss } = rules;
  const at = group * BEACON_STRIDE;
  const beaconer = beacons[at + BEACON_LINE.hotspot];
  const beaconFrequencyHz = beacons[at + BEACON_LINE.frequencyHz] >>> 0;
  const beaconDataRate = beacons[at + BEACON_LINE.dataRate];
  const firstMs = beacons[at + BEACON_LINE.firstOffsetMs];
  const lastMs = beacons[at + BEACON_LINE.lastOffsetMs];
  const baseDdbm = beacons[at + BEACON_LINE.eirpDdbm] + rules.toleranceDdb;
  const snrFloor = rules.checksSnr ? rules.snrFloorDdb[beaconDataRate & 15] : -32768;
  const dataRateMask = rules.checksDataRate ? 0xff : 0;
  const own = beaconer * LINE_STRIDE;
  const beaconerMeta = lines[own + LINE.meta];
  const bx = lines[own + LINE.x];
  const by = lines[own + LINE.y];
  const bz = lines[own + LINE.z];
  const stamp = group + 1;
  const toleranceHz = limits.frequencyToleranceHz;
  const grid = limits.minimumGridCells > 0;
  const minimumM = grid ? GRID_DECIDES_BELOW_M : limits.minimumM;
  const maximumM = limits.maximumM;
  const haversine = rules.haversineRounding;
  // Rows the fast path cannot settle: any of them bars it, and a beaconer with such a bit bars it for the whole group.
  const bars =
    BARRED |
    (grid ? META.pentagonBase : 0) |
    (job.deniedEdges !== null || (grid && (beaconerMeta & META.pentagonBase) !== 0) ? META.always : 0);
  let lastByLagMs = NEVER_MS;
  facts.lagLimitMs = NEVER_MS;
  facts.lagReferenceMs = 0;
  if (job.lag !== null) {
    const firstWitnessMs = rows[from * ROW_STRIDE + 3] >>> 0;
    const beaconMs = beacons[at + BEACON_LINE.receiveOffsetMs] >>> 0;
    const beaconFirst = beaconMs <= firstWitnessMs;
    facts.lagReferenceMs = beaconFirst ? beaconMs : firstWitnessMs;
    facts.lagLimitMs = beaconFirst ? job.lag.behindBeaconMs : job.lag.behindWitnessMs;
    lastByLagMs = facts.lagReferenceMs + facts.lagLimitMs;
  }
  const lastPassingMs = Math.min(lastMs, lastByLagMs);

  for (let row = from; row < to; row++) {
    const p = row * ROW_STRIDE;
    const word = rows[p];
    const frequencyHz = rows[p + 1] >>> 0;
    const levels = rows[p + 2];
    const receiveMs = rows[p + 3] >>> 0;
    const hotspot = word & 0xffffff;
    const line = hotspot * LINE_STRIDE;
    const repeated = lines[line + LINE.stamp] === stamp;
    lines[line + LINE.stamp] = stamp;
    const chordSq = chordSquared(lines[line + LINE.x] - bx, lines[line + LINE.y] - by, lines[line + LINE.z] - bz);
    const metres = surfaceDistanceM(chordSq);
    let distanceM = Math.floor(metres + 0.5);
    let v = distanceM * frequencyHz;
    let bound = baseDdbm + lines[line + LINE.gain] - lossDdb(loss, v * v);
    if (haversine && Math.abs(metres + 0.5 - Math.round(metres + 0.5)) < HALF_METRE_BAND_M) {
      const other = metres + 0.5 - distanceM < 0.5 ? distanceM - 1 : distanceM + 1;
      v = other * frequencyHz;
      const otherBound = baseDdbm + lines[line + LINE.gain] - lossDdb(loss, v * v);
      if (otherBound !== bound || Math.max(distanceM, other) > maximumM) {
        const exactM = Math.round(job.geometry.haversineM(beaconer, hotspot));
        if (exactM === other) {
          distanceM = other;
          bound = otherBound;
        }
      }
    }
    const rssiDdbm = levels >> 16;
    const snrDdb = (levels << 16) >> 16;
    const meta = lines[line + LINE.meta];
    const differenceHz = frequencyHz - beaconFrequencyHz;
    let near = distanceM < minimumM;
    if (grid && near) near = gridCells(lines, own, line) < limits.minimumGridCells;
    if (
      ((meta ^ beaconerMeta) & META.regionMask) === 0 &&
      (meta & bars) === 0 &&
      !repeated &&
      !near &&
      distanceM <= maximumM &&
      hotspot !== beaconer &&
      receiveMs >= firstMs &&
      receiveMs <= lastPassingMs &&
      differenceHz <= toleranceHz &&
      differenceHz >= -toleranceHz &&
      ((word >>> 24) & dataRateMask) === (beaconDataRate & dataRateMask) &&
      snrDdb >= snrFloor &&
      rssiDdbm <= bound
    ) {
      out.reason[row] = 0;
      out.measured[row] = rssiDdbm;
      out.limit[row] = bound;
      continue;
    }
    facts.hotspot = hotspot;
    facts.beaconer = beaconer;
    facts.meta = meta;
    facts.beaconerMeta = beaconerMeta;
    facts.place = repeated && (meta & META.unregistered) === 0 ? 2 : 1;
    facts.receiveOffsetMs = receiveMs;
    facts.zeroOffsetMs = beacons[at + BEACON_LINE.zeroOffsetMs];
    facts.firstOffsetMs = firstMs;
    facts.lastOffsetMs = lastMs;
    facts.frequencyHz = frequencyHz;
    facts.beaconFrequencyHz = beaconFrequencyHz;
    facts.dataRate = word >>> 24;
    facts.beaconDataRate = beaconDataRate;
    facts.snrDdb = snrDdb;
    facts.snrFloorDdb = snrFloor;
    facts.rssiDdbm = rssiDdbm;
    facts.boundDdbm = bound;
    facts.distanceM = distanceM;
    judgeByList(job, facts, row, out);
  }
}

/** The first check of the list that fails gives the verdict; a row that fails none passes. */
function judgeByList(job: WitnessJob, facts: WitnessFacts, row: number, out: RowVerdicts): void {
  const { checks, reasons, limits } = job.rules;
  facts.edgeDenied = job.deniedEdges?.has(edgeCode(facts.hotspot, facts.beaconer)) ?? false;
  facts.gridCells = 0;
  if (limits.minimumGridCells > 0 && (facts.meta & (META.unregistered | META.notAsserted)) === 0) {
    const cells = gridCells(job.lines, facts.beaconer * LINE_STRIDE, facts.hotspot * LINE_STRIDE);
    facts.gridCells = cells === GRID_NEEDS_CELLS ? job.geometry.gridCells(facts.beaconer, facts.hotspot) : cells;
  }
  for (let index = 0; index < checks.length; index++) {
    const check = checks[index];
    if (check.fails(facts, limits)) {
      out.reason[row] = reasons[index];
      out.measured[row] = check.measured(facts, limits);
      out.limit[row] = check.limit(facts, limits);
      return;
    }
  }
  out.reason[row] = REASON.valid;
  out.measured[row] = facts.rssiDdbm;
  out.limit[row] = facts.boundDdbm;
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
