/**
 * The cheap pass: one look at every reception of the epoch, to find the few hotspots whose links are worth a close one.
 *
 * Counts by hotspot, all integers and all sums, so the order of partitions and rows does not matter; typed arrays only. A hotspot is
 * looked at closely when a detector could find something: enough receptions that are strong for their distance, or most of them far;
 * many more one way than the other; losses that differ between the ways; no link with another owner; or a counterpart elsewhere with
 * the same witnesses (like-pairs.ts). The limits here are wide on purpose: only what the detectors say afterwards counts.
 */
import { POSITION_UNITS_PER_M, surfaceDistanceM } from "@earshot/geo";
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { pocError } from "../errors.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { firstMix, NO_HASH, nextMix, type Pair, SKETCH_HASHES, WitnessSketches } from "./like-pairs.ts";
import { leastExcessDdb } from "./placement.ts";
import { rowExcessDdb, rowLossDdb } from "./row-loss.ts";

/** What a row needs to know of a hotspot, and its counts, in one cache line. Slots are upper bits of a power ratio, 0.38 dB each. */
const TALLY = {
  x: 0,
  y: 1,
  z: 2,
  gain: 3,
  owner: 4,
  heard: 5,
  sent: 6,
  strong: 7,
  far: 8,
  heardSlots: 9,
  sentSlots: 10,
  beacons: 11,
  foreign: 12,
} as const;
const TALLY_STRIDE = 16;
const SLOT_SHIFT = 20;
const SLOTS_PER_OCTAVE = 8;
const DDB_PER_OCTAVE = 30;

/** Receptions of one way that make the lack of the other worth a look, and how many times as many they are. */
const ONE_WAY_RECEPTIONS = 4;
const ONE_WAY_FACTOR = 1.5;
/** Parts of its receptions that must be strong, or far: those that detectors ask for of its links, less what links with many receptions hide. */
const STRONG_SHARE = 0.125;
const FAR_SHARE = 0.6;
/** Receptions each way whose means are compared. */
const GAP_RECEPTIONS = 4;

const VALID: number = REASON.valid;
const BAD_RSSI: number = REASON.bad_rssi;

export interface LinkTally {
  /** 1 by hotspot for those to be looked at closely. */
  readonly isSuspect: Uint8Array;
  /** Valid beacons by hotspot, and receptions that it reported and that others reported of it. */
  readonly beacons: Uint32Array;
  readonly heard: Uint32Array;
  readonly sent: Uint32Array;
  /** Receptions either way with another owner's hotspots. */
  readonly foreign: Uint32Array;
  /** Pairs that may stand in one place, the lower id first. */
  readonly likePairs: readonly Pair[];
}

/** Looks at every reception once. */
export function tallyLinks(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  parameters: AnomalyParameters,
  owner: Uint32Array,
): LinkTally {
  const { count, lines } = context.hotspots;
  const tallies = emptyTallies(lines, count, owner);
  const sketches = new WitnessSketches(count);
  for (const verdicts of partitions) tallyPartition(context, verdicts, parameters, tallies, sketches);
  const column = (field: number) =>
    Uint32Array.from({ length: count }, (_, hotspot) => tallies[hotspot * TALLY_STRIDE + field]);
  const isSuspect = new Uint8Array(count);
  const heard = column(TALLY.heard);
  const beacons = column(TALLY.beacons);
  const meanBeacons = meanOfActive(beacons);
  for (let hotspot = 0; hotspot < count; hotspot++)
    if (deservesLook(tallies, hotspot * TALLY_STRIDE, parameters, meanBeacons)) isSuspect[hotspot] = 1;
  const likePairs = sketches.pairs(lines, parameters.twins);
  for (const [a, b] of likePairs) {
    isSuspect[a] = 1;
    isSuspect[b] = 1;
  }
  return { isSuspect, beacons, heard, sent: column(TALLY.sent), foreign: column(TALLY.foreign), likePairs };
}

function emptyTallies(lines: Int32Array, count: number, owner: Uint32Array): Int32Array {
  const tallies = new Int32Array((count + 1) * TALLY_STRIDE);
  for (let hotspot = 0; hotspot < count; hotspot++) {
    const line = hotspot * LINE_STRIDE;
    const at = hotspot * TALLY_STRIDE;
    tallies[at + TALLY.x] = lines[line + LINE.x];
    tallies[at + TALLY.y] = lines[line + LINE.y];
    tallies[at + TALLY.z] = lines[line + LINE.z];
    tallies[at + TALLY.gain] = lines[line + LINE.gain];
    tallies[at + TALLY.owner] = owner[hotspot];
  }
  return tallies;
}

function tallyPartition(
  context: EpochContext,
  verdicts: PartitionVerdicts,
  { placement, silence }: AnomalyParameters,
  tallies: Int32Array,
  sketches: WitnessSketches,
): void {
  const { beacons, rules } = context;
  const { beaconOfGroup, beaconReason, linkRatio, reason, rows, starts } = verdicts;
  const ratioBits = new Uint32Array(linkRatio.buffer, linkRatio.byteOffset, linkRatio.length);
  // Thresholds of losses are 10^(k/100) apart: a ratio without a logarithm. Above it a reception may be strong for its distance.
  const most = Math.max(...placement.bands.map(({ excessDdb }) => excessDdb));
  const strongRatio = rules.loss.thresholds[0] * rules.loss.inverses[Math.max(0, most + rules.toleranceDdb)];
  const least = new Uint16Array(SKETCH_HASHES);
  let touched = 0;
  const farSq = (silence.farM * POSITION_UNITS_PER_M) ** 2;
  for (let group = 0; group < beaconOfGroup.length - 1; group++) {
    if (beaconReason[group] !== VALID) continue;
    const beacon = beaconOfGroup[group];
    const beaconer = beacons.hotspot[beacon];
    const eirpDdbm = beacons.lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
    const own = beaconer * TALLY_STRIDE;
    const x = tallies[own + TALLY.x];
    const y = tallies[own + TALLY.y];
    const z = tallies[own + TALLY.z];
    const owner = tallies[own + TALLY.owner];
    let foreign = 0;
    let sent = 0;
    let slots = 0;
    let strong = 0;
    let far = 0;
    let a0 = NO_HASH;
    let a1 = NO_HASH;
    let b0 = NO_HASH;
    let b1 = NO_HASH;
    let c0 = NO_HASH;
    let c1 = NO_HASH;
    let d0 = NO_HASH;
    let d1 = NO_HASH;
    // Read without a branch, so that the memory answers for all of a group at once.
    for (let row = starts[group]; row < starts[group + 1]; row++)
      touched |= tallies[(rows[row * ROW_STRIDE] & 0xffffff) * TALLY_STRIDE + TALLY.owner];
    let firstA = -1;
    let firstB = -1;
    let raceA = Number.POSITIVE_INFINITY;
    let raceB = Number.POSITIVE_INFINITY;
    for (let row = starts[group]; row < starts[group + 1]; row++) {
      const why = reason[row];
      if (why !== VALID && why !== BAD_RSSI) continue;
      const witness = rows[row * ROW_STRIDE] & 0xffffff;
      const at = witness * TALLY_STRIDE;
      const slot = ratioBits[row] >>> SLOT_SHIFT;
      const dx = tallies[at + TALLY.x] - x;
      const dy = tallies[at + TALLY.y] - y;
      const dz = tallies[at + TALLY.z] - z;
      const square = dx * dx + dy * dy + dz * dz;
      const isForeign = tallies[at + TALLY.owner] === owner ? 0 : 1;
      const isFar = square >= farSq ? 1 : 0;
      foreign += isForeign;
      far += isFar;
      slots += slot;
      sent++;
      tallies[at + TALLY.foreign] += isForeign;
      tallies[at + TALLY.far] += isFar;
      tallies[at + TALLY.heard]++;
      tallies[at + TALLY.heardSlots] += slot;
      const ratio = linkRatio[row];
      const mixA = firstMix(witness);
      const mixB = nextMix(mixA);
      const mixC = nextMix(mixB);
      const mixD = nextMix(mixC);
      a0 = Math.min(a0, mixA & NO_HASH);
      a1 = Math.min(a1, mixA >>> 16);
      b0 = Math.min(b0, mixB & NO_HASH);
      b1 = Math.min(b1, mixB >>> 16);
      c0 = Math.min(c0, mixC & NO_HASH);
      c1 = Math.min(c1, mixC >>> 16);
      d0 = Math.min(d0, mixD & NO_HASH);
      d1 = Math.min(d1, mixD >>> 16);
      // Hashes in proportion to the loss: of losses that differ by a constant the least is at one witness.
      const runA = ((mixA & NO_HASH) + 1) * square;
      if (runA < raceA * ratio) {
        raceA = runA / ratio;
        firstA = witness;
      }
      const runB = ((mixB & NO_HASH) + 1) * square;
      if (runB < raceB * ratio) {
        raceB = runB / ratio;
        firstB = witness;
      }
      if (why === VALID && ratio <= strongRatio) continue;
      const distanceM = surfaceDistanceM(square);
      const lost = rowLossDdb(eirpDdbm, tallies[at + TALLY.gain], rows[row * ROW_STRIDE + 2]);
      const excess = rowExcessDdb(rules.loss, lost, distanceM, rows[row * ROW_STRIDE + 1]);
      if (excess >= leastExcessDdb(placement, distanceM)) continue;
      strong++;
      tallies[at + TALLY.strong]++;
    }
    tallies[own + TALLY.beacons]++;
    tallies[own + TALLY.sent] += sent;
    tallies[own + TALLY.sentSlots] += slots;
    tallies[own + TALLY.strong] += strong;
    tallies[own + TALLY.far] += far;
    tallies[own + TALLY.foreign] += foreign;
    least[0] = a0;
    least[1] = a1;
    least[2] = b0;
    least[3] = b1;
    least[4] = c0;
    least[5] = c1;
    least[6] = d0;
    least[7] = d1;
    sketches.add(beaconer, least, sent, firstA, raceA, firstB, raceB);
  }
  if (touched < 0) throw pocError("POC_INVARIANT", "an owner id is negative");
}

/** Mean of the values above 0; 0 where there are none. */
function meanOfActive(values: Uint32Array): number {
  let sum = 0;
  let active = 0;
  for (const value of values) {
    sum += value;
    if (value > 0) active++;
  }
  return active === 0 ? 0 : sum / active;
}

function deservesLook(
  tallies: Int32Array,
  at: number,
  { reciprocity, oneSided }: AnomalyParameters,
  meanBeacons: number,
): boolean {
  const heard = tallies[at + TALLY.heard];
  const sent = tallies[at + TALLY.sent];
  const all = heard + sent;
  if (all === 0) return false;
  if (tallies[at + TALLY.foreign] === 0) return true;
  if (tallies[at + TALLY.strong] >= STRONG_SHARE * all) return true;
  if (tallies[at + TALLY.far] >= FAR_SHARE * all) return true;
  const beacons = tallies[at + TALLY.beacons];
  // Who sent fewer beacons than others was heard less for that alone.
  const isOneWay = heard * beacons > sent * meanBeacons * ONE_WAY_FACTOR;
  if (heard >= ONE_WAY_RECEPTIONS && isOneWay && beacons >= oneSided.beacons) return true;
  if (heard < GAP_RECEPTIONS || sent < GAP_RECEPTIONS) return false;
  // Means of whole links differ less than one link may: half of its limit is worth a look.
  const gapSlots = (reciprocity.toleranceDdb * SLOTS_PER_OCTAVE) / DDB_PER_OCTAVE / 2;
  return (
    Math.abs(tallies[at + TALLY.heardSlots] * sent - tallies[at + TALLY.sentSlots] * heard) > gapSlots * heard * sent
  );
}
