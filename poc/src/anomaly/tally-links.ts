/**
 * The cheap pass: one look at every reception of the epoch, to find the few hotspots whose links are worth a close one.
 *
 * Counts by hotspot, all integers and all sums, so the order of partitions and rows does not matter. A hotspot is looked at closely when a
 * detector could find something: enough links that are strong for their distance, or far; many more receptions one way than the other;
 * losses that differ between the ways; or a counterpart elsewhere with the same witnesses. The limits here are wide on purpose: only
 * what the detectors say afterwards counts.
 */
import { POSITION_UNITS_PER_M } from "@earshot/geo";
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { REASON } from "../verify/reason.ts";
import { ROW_STRIDE } from "../verify/witness-job.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";

/** Counts of a hotspot side by side: one cache line. Slots are upper bits of a power ratio, 0.38 dB each. */
const TALLY = { heard: 0, sent: 1, strong: 2, far: 3, heardSlots: 4, sentSlots: 5, beacons: 6, foreign: 7 } as const;
const TALLY_STRIDE = 8;
const SLOT_SHIFT = 20;
const SLOTS_PER_OCTAVE = 8;
const DDB_PER_OCTAVE = 30;

/** Receptions of one way that make the lack of the other worth a look, and how many times as many they are. */
const ONE_WAY_RECEPTIONS = 4;
const ONE_WAY_FACTOR = 4;
/** Part of its receptions that must be strong, or far. */
const LOOK_DIVISOR = 4;
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
  /** Pairs that may stand in one place, the lower id first. */
  readonly likePairs: readonly (readonly [number, number])[];
}

/** Looks at every reception once. */
export function tallyLinks(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  parameters: AnomalyParameters,
  owner: Uint32Array,
): LinkTally {
  const { count } = context.hotspots;
  const tallies = new Int32Array((count + 1) * TALLY_STRIDE);
  const sketches = new Int32Array(count * SKETCH).fill(0x7fff_ffff);
  const strong = strongLimits(context, parameters);
  for (const verdicts of partitions) tallyPartition(context, verdicts, strong, owner, tallies, sketches);
  const isSuspect = new Uint8Array(count);
  const column = (field: number) =>
    Uint32Array.from({ length: count }, (_, hotspot) => tallies[hotspot * TALLY_STRIDE + field]);
  for (let hotspot = 0; hotspot < count; hotspot++) {
    if (deservesLook(tallies, hotspot * TALLY_STRIDE, parameters)) isSuspect[hotspot] = 1;
  }
  const likePairs = likePairsOf(context, parameters, sketches);
  for (const [a, b] of likePairs) {
    isSuspect[a] = 1;
    isSuspect[b] = 1;
  }
  return { isSuspect, beacons: column(TALLY.beacons), heard: column(TALLY.heard), sent: column(TALLY.sent), likePairs };
}

interface StrongLimits {
  /** Power ratio above which a reception is strong, and squared chord above which it can be, and above which it is far. */
  readonly ratio: number;
  readonly strongSq: number;
  readonly farSq: number;
}

function strongLimits(context: EpochContext, parameters: AnomalyParameters): StrongLimits {
  const { bands } = parameters.placement;
  const { loss, toleranceDdb } = context.rules;
  const most = Math.max(...bands.map(({ excessDdb }) => excessDdb));
  const first = bands.find(({ excessDdb }) => excessDdb > 0) ?? bands[0];
  const square = (metres: number) => (metres * POSITION_UNITS_PER_M) ** 2;
  // Thresholds of losses are 10^(k/100) apart: a ratio without a logarithm.
  const ratio = loss.thresholds[0] * loss.inverses[Math.max(0, most + toleranceDdb)];
  return { ratio, strongSq: square(first.fromM), farSq: square(parameters.silence.farM) };
}

function tallyPartition(
  context: EpochContext,
  verdicts: PartitionVerdicts,
  { ratio: strongRatio, strongSq, farSq }: StrongLimits,
  owner: Uint32Array,
  tallies: Int32Array,
  sketches: Int32Array,
): void {
  const { lines } = context.hotspots;
  const { beaconOfGroup, beaconReason, linkRatio, reason, rows, starts } = verdicts;
  const ratioBits = new Uint32Array(linkRatio.buffer, linkRatio.byteOffset, linkRatio.length);
  const nearestSq = Math.min(strongSq, farSq);
  for (let group = 0; group < beaconOfGroup.length - 1; group++) {
    if (beaconReason[group] !== VALID) continue;
    const beaconer = context.beacons.hotspot[beaconOfGroup[group]];
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
    let least0 = 0x7fff_ffff;
    let least1 = 0x7fff_ffff;
    let least2 = 0x7fff_ffff;
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
      foreign += isForeign;
      tallies[at + TALLY.foreign] += isForeign;
      sent++;
      slots += slot;
      tallies[at + TALLY.heard]++;
      tallies[at + TALLY.heardSlots] += slot;
      const mix = Math.imul(witness + 1, 0x9e37_79b1);
      const mix0 = (mix ^ (mix >>> 15)) & 0x7fff_ffff;
      const mix1 = Math.imul(mix0, 0x85eb_ca6b) >>> 1;
      const mix2 = Math.imul(mix1, 0xc2b2_ae35) >>> 1;
      if (mix0 < least0) least0 = mix0;
      if (mix1 < least1) least1 = mix1;
      if (mix2 < least2) least2 = mix2;
      if (square < nearestSq && why === VALID) continue;
      if (square >= farSq) {
        far++;
        tallies[at + TALLY.far]++;
      }
      if (why === BAD_RSSI || (square >= strongSq && linkRatio[row] > strongRatio)) {
        strong++;
        tallies[at + TALLY.strong]++;
      }
    }
    const at = beaconer * TALLY_STRIDE;
    tallies[at + TALLY.beacons]++;
    tallies[at + TALLY.sent] += sent;
    tallies[at + TALLY.sentSlots] += slots;
    tallies[at + TALLY.strong] += strong;
    tallies[at + TALLY.far] += far;
    tallies[at + TALLY.foreign] += foreign;
    const sketch = beaconer * SKETCH;
    if (least0 < sketches[sketch]) sketches[sketch] = least0;
    if (least1 < sketches[sketch + 1]) sketches[sketch + 1] = least1;
    if (least2 < sketches[sketch + 2]) sketches[sketch + 2] = least2;
  }
}

function deservesLook(tallies: Int32Array, at: number, { reciprocity, oneSided }: AnomalyParameters): boolean {
  const heard = tallies[at + TALLY.heard];
  const sent = tallies[at + TALLY.sent];
  const all = heard + sent;
  if (all === 0) return false;
  if (tallies[at + TALLY.foreign] === 0) return true;
  if (tallies[at + TALLY.strong] * LOOK_DIVISOR >= all) return true;
  if (tallies[at + TALLY.far] * LOOK_DIVISOR >= all) return true;
  const beacons = tallies[at + TALLY.beacons];
  if (heard >= ONE_WAY_RECEPTIONS && heard > sent * ONE_WAY_FACTOR && beacons >= oneSided.beacons) return true;
  if (heard < GAP_RECEPTIONS || sent < GAP_RECEPTIONS) return false;
  // Means of whole links differ less than one link may: half of its limit is worth a look.
  const gapSlots = (reciprocity.toleranceDdb * SLOTS_PER_OCTAVE) / DDB_PER_OCTAVE / 2;
  return (
    Math.abs(tallies[at + TALLY.heardSlots] * sent - tallies[at + TALLY.sentSlots] * heard) > gapSlots * heard * sent
  );
}

/** Least values of three hashes over a beaconer's witnesses: equal for equal sets, and seldom for others. */
const SKETCH = 3;
/** A crowd with one sketch is compared with its first members only. */
const MOST_COMPARED = 64;

function likePairsOf(
  context: EpochContext,
  { twins }: AnomalyParameters,
  sketches: Int32Array,
): readonly (readonly [number, number])[] {
  const { count, lines } = context.hotspots;
  const apartSq = (twins.apartM * POSITION_UNITS_PER_M) ** 2;
  const alike = new Map<string, number[]>();
  const pairs: (readonly [number, number])[] = [];
  for (let hotspot = 0; hotspot < count; hotspot++) {
    const at = hotspot * SKETCH;
    if (sketches[at] === 0x7fff_ffff) continue;
    const key = `${sketches[at]} ${sketches[at + 1]} ${sketches[at + 2]}`;
    const members = alike.get(key);
    if (members === undefined) {
      alike.set(key, [hotspot]);
      continue;
    }
    for (const member of members) {
      const a = member * LINE_STRIDE;
      const b = hotspot * LINE_STRIDE;
      const dx = lines[a + LINE.x] - lines[b + LINE.x];
      const dy = lines[a + LINE.y] - lines[b + LINE.y];
      const dz = lines[a + LINE.z] - lines[b + LINE.z];
      if (dx * dx + dy * dy + dz * dz >= apartSq) pairs.push([member, hotspot]);
    }
    if (members.length < MOST_COMPARED) members.push(hotspot);
  }
  return pairs;
}
