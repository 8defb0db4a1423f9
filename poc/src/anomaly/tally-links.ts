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
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE, ROW_STRIDE } from "../verify/witness-job.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { firstMix, NO_HASH, nextMix, type Pair, SKETCH_HASHES, WitnessSketches } from "./like-pairs.ts";
import { leastExcessDdb } from "./placement.ts";
import { rowExcessDdb, rowLossDdb } from "./row-loss.ts";

/** Counts of a hotspot side by side: half a cache line. Slots are upper bits of a power ratio, 0.38 dB each. */
const TALLY = { heard: 0, sent: 1, strong: 2, far: 3, heardSlots: 4, sentSlots: 5, beacons: 6, foreign: 7 } as const;
const TALLY_STRIDE = 8;
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
  const tallies = new Int32Array((count + 1) * TALLY_STRIDE);
  const sketches = new WitnessSketches(count);
  for (const verdicts of partitions) tallyPartition(context, verdicts, parameters, owner, tallies, sketches);
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

function tallyPartition(
  context: EpochContext,
  verdicts: PartitionVerdicts,
  { placement, silence }: AnomalyParameters,
  owner: Uint32Array,
  tallies: Int32Array,
  sketches: WitnessSketches,
): void {
  const { lines } = context.hotspots;
  const { beacons, rules } = context;
  const { beaconOfGroup, beaconReason, linkRatio, reason, rows, starts } = verdicts;
  const ratioBits = new Uint32Array(linkRatio.buffer, linkRatio.byteOffset, linkRatio.length);
  // Thresholds of losses are 10^(k/100) apart: a ratio without a logarithm. Above it a reception may be strong for its distance.
  const most = Math.max(...placement.bands.map(({ excessDdb }) => excessDdb));
  const strongRatio = rules.loss.thresholds[0] * rules.loss.inverses[Math.max(0, most + rules.toleranceDdb)];
  const least = new Uint16Array(SKETCH_HASHES);
  const farSq = (silence.farM * POSITION_UNITS_PER_M) ** 2;
  for (let group = 0; group < beaconOfGroup.length - 1; group++) {
    if (beaconReason[group] !== VALID) continue;
    const beacon = beaconOfGroup[group];
    const beaconer = beacons.hotspot[beacon];
    const eirpDdbm = beacons.lines[beacon * BEACON_STRIDE + BEACON_LINE.eirpDdbm];
    const own = beaconer * LINE_STRIDE;
    const x = lines[own + LINE.x];
    const y = lines[own + LINE.y];
    const z = lines[own + LINE.z];
    const ownOwner = owner[beaconer];
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
    let best = -1;
    let power = 0;
    for (let row = starts[group]; row < starts[group + 1]; row++) {
      const why = reason[row];
      if (why !== VALID && why !== BAD_RSSI) continue;
      const witness = rows[row * ROW_STRIDE] & 0xffffff;
      const line = witness * LINE_STRIDE;
      const at = witness * TALLY_STRIDE;
      const slot = ratioBits[row] >>> SLOT_SHIFT;
      const dx = lines[line + LINE.x] - x;
      const dy = lines[line + LINE.y] - y;
      const dz = lines[line + LINE.z] - z;
      const square = dx * dx + dy * dy + dz * dz;
      const isForeign = owner[witness] === ownOwner ? 0 : 1;
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
      if (ratio > power * square) {
        power = ratio / square;
        best = witness;
      }
      if (why === VALID && ratio <= strongRatio) continue;
      const distanceM = surfaceDistanceM(square);
      const lost = rowLossDdb(eirpDdbm, lines[line + LINE.gain], rows[row * ROW_STRIDE + 2]);
      const excess = rowExcessDdb(rules.loss, lost, distanceM, rows[row * ROW_STRIDE + 1]);
      if (excess >= leastExcessDdb(placement, distanceM)) continue;
      strong++;
      tallies[at + TALLY.strong]++;
    }
    const at = beaconer * TALLY_STRIDE;
    tallies[at + TALLY.beacons]++;
    tallies[at + TALLY.sent] += sent;
    tallies[at + TALLY.sentSlots] += slots;
    tallies[at + TALLY.strong] += strong;
    tallies[at + TALLY.far] += far;
    tallies[at + TALLY.foreign] += foreign;
    least[0] = a0;
    least[1] = a1;
    least[2] = b0;
    least[3] = b1;
    least[4] = c0;
    least[5] = c1;
    least[6] = d0;
    least[7] = d1;
    sketches.add(beaconer, least, best, power);
  }
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
