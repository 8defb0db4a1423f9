/**
 * The hot loop: one verdict for every witness row of every beacon, in one pass without allocation.
 *
 * Rows come grouped by beacon, in log order inside a group. The fast path passes a row whose every figure is inside its limit;
 * all others wait as open rows for the preset's ordered list of checks (witness-list.ts), which alone decides and names the reason.
 * So the fast path may give up on any row, and must never pass what a check would fail: a property test holds the two together.
 * It is one function, with distance and loss written out, and its shape is what JavaScriptCore makes fast code of: comparisons
 * that fail all leave to one place, which only notes the row (docs/adr/0011).
 * A passed row keeps its last two figures: measured = RSSI, limit = the free-space bound with tolerance.
 */
import { EARTH_RADIUS_M, POSITION_UNITS_PER_M } from "@earshot/geo";
import { LINE, LINE_STRIDE, META } from "./hotspot-lines.ts";
import type { RowVerdicts } from "./witness-facts.ts";
import { BEACON_LINE, BEACON_STRIDE, NEVER_MS, ROW_STRIDE, type WitnessJob } from "./witness-job.ts";
import { judgeOpenRows, MAY_BE_NEAR, OPEN_ROWS, type OpenRows } from "./witness-list.ts";

/**
 * Places this far apart are at least 8 resolution-11 cells apart: the centres of cells seven steps apart are at most 384 m from each
 * other, and a place at most 35 m from the centre of its cell.
 */
export const GRID_DECIDES_BELOW_M = 500;
/** 1 / 24R² and 1 / 1920R⁴ of the chord of an arc, m⁻² and m⁻⁴: sin x = x − x³/6 + x⁵/120 with x = arc / 2R. */
const ARC_2 = 1 / (24 * EARTH_RADIUS_M * EARTH_RADIUS_M);
const ARC_4 = 1 / (1920 * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M);

/** Nearer and farther than a limit by this much, m, a distance is on its side of it however it is rounded. */
const ROUNDING_M = 0.52;
/** Beyond this the chord is too short for the arc; such links are for the list. */
const FARTHEST_M = 300_000;
/** Where whole metres are not known, a distance from 300 m on may be this factor greater, squared: (300.52 / 300)². */
const ROUNDING_FACTOR = 1.0035;
const LEAST_ROUNDED_M = 300;
/** Up to this ratio of (d·f)² to its threshold no rounding of the distance can fail a row. */
const CERTAIN_RATIO = 1 / ROUNDING_FACTOR;
const SQUARE_METRES = 1 / (POSITION_UNITS_PER_M * POSITION_UNITS_PER_M);
/** Below this the loss table has no entry for a metre: no band of any region. */
const LEAST_FREQUENCY_HZ = 100_000_000;
const DATA_RATE_MASK = 0xff << 24;
const NO_SNR_FLOOR = new Int16Array(16).fill(-32768);
/** What keeps a row from the fast path: bars, another region, and a witness whose place is an interval. */
const BARRED = META.unregistered | META.notAsserted | META.suspended | META.dataOnly | META.private | META.regionMask;
const open: OpenRows = {
  row: new Int32Array(OPEN_ROWS),
  group: new Int32Array(OPEN_ROWS),
  mark: new Int32Array(OPEN_ROWS),
};
/** Rows looked at between two looks at how many are open. */
const CHUNK_ROWS = OPEN_ROWS / 2;

/** Judges every row of every group into `out`, which has one element per row; its reasons and figures must be 0, as in new columns. */
export function judgeWitnesses(job: WitnessJob, out: RowVerdicts): void {
  const { lines, rows, beacons, starts, rules, lag } = job;
  const { reason: outReason, measured: outMeasured, limit: outLimit, linkRatio: outRatio } = out;
  const { row: openRow, group: openGroup, mark: openMark } = open;
  const { inverses } = rules.loss;
  const { minimumGridCells, minimumM, maximumM, frequencyToleranceHz: toleranceHz } = rules.limits;
  const isGrid = minimumGridCells > 0;
  const nearSq = chordSquaredOf(Math.max(minimumM, LEAST_ROUNDED_M) + ROUNDING_M);
  const gridSq = isGrid ? chordSquaredOf(GRID_DECIDES_BELOW_M) : nearSq;
  const farSq = chordSquaredOf(Math.min(maximumM, FARTHEST_M) - ROUNDING_M);
  const dataRateMask = rules.checksDataRate ? DATA_RATE_MASK : 0;
  const snrFloors = rules.checksSnr ? rules.snrFloorDdb : NO_SNR_FLOOR;
  const isListed = job.deniedEdges !== null;
  const tolerance = rules.toleranceDdb;
  const bandHz = 2 * toleranceHz;
  const groups = starts.length - 1;
  // Stamps are group numbers, which mean another beacon in another partition.
  for (let at = LINE.stamp; at < lines.length; at += LINE_STRIDE) lines[at] = 0;
  let count = 0;
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
    const dataRate = beacons[at + BEACON_LINE.dataRate] << 24;
    // An offset is never negative, so an earlier first moment is the same as none.
    const firstMs = Math.max(beacons[at + BEACON_LINE.firstOffsetMs], 0);
    const lagMs = lag === null ? NEVER_MS : lastByLagMs(job, group);
    const ownLastMs = beacons[at + BEACON_LINE.lastOffsetMs];
    const lastMs = ownLastMs < lagMs ? ownLastMs : lagMs | 0;
    const base = beacons[at + BEACON_LINE.eirpDdbm] + tolerance;
    const snrFloor = snrFloors[beacons[at + BEACON_LINE.dataRate] & 15];
    const own = beaconer * LINE_STRIDE;
    const beaconerMeta = lines[own + LINE.meta];
    // Grid coordinates are compared outside pentagons, or inside one sector of one.
    const placeBits = !isGrid ? 0 : (beaconerMeta & META.pentagonBase) === 0 ? META.pentagonBase : META.placeMask;
    const lowestHz = (beaconFrequency - toleranceHz) | 0;
    // What the fast path does not know sends the whole group to the list, as does a window that ends before it begins.
    const isUnusual =
      isListed ||
      beaconFrequency < LEAST_FREQUENCY_HZ ||
      lowestHz < 0 ||
      lastMs < firstMs ||
      (beaconerMeta & META.private) !== 0;
    const bars = (isUnusual ? BARRED | META.always : BARRED) | placeBits;
    const wanted = beaconerMeta & (META.regionMask | placeBits);
    const windowMs = (lastMs - firstMs) | 0;
    const bx = lines[own + LINE.x];
    const by = lines[own + LINE.y];
    const bz = lines[own + LINE.z];
    const stamp = group + 1;
    for (let first = from; first < to; first += CHUNK_ROWS) {
      if (count > OPEN_ROWS - CHUNK_ROWS) {
        judgeOpenRows(job, open, count, out);
        count = 0;
      }
      const end = Math.min(first + CHUNK_ROWS, to);
      for (let row = first; row < end; row++) {
        const p = row * ROW_STRIDE;
        const word = rows[p];
        const frequency = rows[p + 1];
        const levels = rows[p + 2];
        const receiveMs = rows[p + 3];
        const hotspot = word & 0xffffff;
        const line = hotspot * LINE_STRIDE;
        const meta = lines[line + LINE.meta];
        let mark = lines[line + LINE.stamp] ^ stamp;
        lines[line + LINE.stamp] = stamp;
        if (
          (((meta ^ wanted) & bars) | ((word ^ dataRate) & dataRateMask)) === 0 &&
          mark !== 0 &&
          hotspot !== beaconer &&
          // Both ends at once: below the first an unsigned difference is greater than any window.
          (frequency - lowestHz) >>> 0 <= bandHz >>> 0 &&
          (receiveMs - firstMs) >>> 0 <= windowMs >>> 0 &&
          (levels << 16) >> 16 >= snrFloor
        ) {
          // Differences that wrap are of places thousands of kilometres apart, and stay far beyond the limit.
          const dx = (lines[line + LINE.x] - bx) | 0;
          const dy = (lines[line + LINE.y] - by) | 0;
          const dz = (lines[line + LINE.z] - bz) | 0;
          const chordSq = dx * dx + dy * dy + dz * dz;
          if (chordSq <= farSq && chordSq >= nearSq) {
            // RSSI ≤ base + gain − loss  ⇔  loss ≤ base + gain − RSSI  ⇔  (d·f)² ≤ the threshold of that loss.
            const allowedDdb = base + lines[line + LINE.gain] - (levels >> 16);
            const ratio = chordSq * SQUARE_METRES * frequency * frequency * inverses[allowedDdb];
            if (ratio <= CERTAIN_RATIO) {
              outRatio[row] = ratio;
              if (chordSq >= gridSq) continue;
              mark = MAY_BE_NEAR;
            }
          }
        }
        openGroup[count] = group;
        openMark[count] = mark;
        openRow[count++] = row;
      }
    }
  }
  judgeOpenRows(job, open, count, out);
}

/** Squared chord, (1/256 m)², of an arc of `metres` along the sphere, to well below a millimetre for the limits of a link. */
function chordSquaredOf(metres: number): number {
  const square = metres * metres;
  const chordM = metres * (1 - square * (ARC_2 - square * ARC_4));
  return chordM * chordM * POSITION_UNITS_PER_M * POSITION_UNITS_PER_M;
}

/** The last ingest offset the lag rule passes; NEVER_MS without one. */
function lastByLagMs(job: WitnessJob, group: number): number {
  const { beacons, lag, rows, starts } = job;
  if (lag === null) return NEVER_MS;
  const beaconMs = beacons[group * BEACON_STRIDE + BEACON_LINE.receiveOffsetMs] >>> 0;
  const firstWitnessMs = rows[starts[group] * ROW_STRIDE + 3] >>> 0;
  return beaconMs <= firstWitnessMs ? beaconMs + lag.behindBeaconMs : firstWitnessMs + lag.behindWitnessMs;
}
