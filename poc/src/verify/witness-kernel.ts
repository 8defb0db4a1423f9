/**
 * The hot loop: one verdict for every witness row of every beacon, in one pass without allocation.
 *
 * Rows come grouped by beacon, in log order inside a group. The fast path passes a row whose every figure is inside its limit;
 * all others go through the preset's ordered list of checks (witness-checks.ts), which alone decides and names the reason. So the
 * fast path may give up on any row, and must never pass what a check would fail: a property test holds the two together. It is
 * one function, with distance and loss written out, because that is worth a third of its time (`bun run bench core`).
 * A passed row keeps its last two figures: measured = RSSI, limit = the free-space bound with tolerance.
 */
import { EARTH_RADIUS_M, POSITION_UNITS_PER_M } from "@earshot/geo";
import { LOSS_SLOT_SHIFT } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE, META } from "./hotspot-lines.ts";
import { REASON } from "./reason.ts";
import { firstFailure, recordFailure } from "./witness-checks.ts";
import type { RowVerdicts } from "./witness-facts.ts";
import { BEACON_LINE, BEACON_STRIDE, HALF_METRE_BAND_M, NEVER_MS, ROW_STRIDE, type WitnessJob } from "./witness-job.ts";
import { gridCellsOfLines, WitnessRow } from "./witness-row.ts";

/** Resolution-11 cells this far apart are more than 8 apart in any base cell; nearer ones are counted. */
const GRID_DECIDES_BELOW_M = 1200;
/** Up to this chord the arc needs two terms beyond it (geo/src/distance.ts); farther pairs are for the list. */
const SERIES_CHORD_SQ = (300_000 * POSITION_UNITS_PER_M) ** 2;
const SQUARE_METRES = 1 / (POSITION_UNITS_PER_M * POSITION_UNITS_PER_M);
const ARC_2 = 1 / (24 * EARTH_RADIUS_M * EARTH_RADIUS_M);
const ARC_4 = 3 / (640 * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M * EARTH_RADIUS_M);
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
  const facts = new WitnessRow(job);
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
            (!grid || distanceM >= GRID_DECIDES_BELOW_M || gridCellsOfLines(lines, own, line) >= minimumCells)
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
      facts.select(group, row, repeated);
      judgeByList(job, facts, row, out);
    }
  }
}

/** The last ingest offset the lag rule passes; NEVER_MS without one. */
function lastByLagMs(job: WitnessJob, group: number): number {
  const { beacons, lag, rows, starts } = job;
  if (lag === null) return NEVER_MS;
  const beaconMs = beacons[group * BEACON_STRIDE + BEACON_LINE.receiveOffsetMs] >>> 0;
  const firstWitnessMs = rows[starts[group] * ROW_STRIDE + 3] >>> 0;
  return beaconMs <= firstWitnessMs ? beaconMs + lag.behindBeaconMs : firstWitnessMs + lag.behindWitnessMs;
}

/** The first check of the list that fails gives the verdict; a row that fails none passes. */
function judgeByList(job: WitnessJob, facts: WitnessRow, row: number, out: RowVerdicts): void {
  const { order, limits } = job.rules;
  const code = firstFailure(order, facts, limits);
  if (code >= 0) {
    recordFailure(code, facts, limits, row, out);
    return;
  }
  out.reason[row] = REASON.valid;
  out.measured[row] = facts.rssiDdbm;
  out.limit[row] = facts.boundDdbm;
}
