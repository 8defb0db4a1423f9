/**
 * The cheap pass: one look at every reception of the drawn beacons, to find the few hotspots whose links are worth a close one.
 *
 * Counts by hotspot, all integers and all sums, so the order of partitions and rows does not matter; typed arrays only. A hotspot is
 * looked at closely when a detector could find something: enough receptions that are strong for their distance, or most of them far;
 * many more one way than the other; losses that differ between the ways; no link with another owner. Apart from these, pairs that the
 * same others hear are found (like-pairs.ts). The limits here are wide on purpose: only what the detectors say afterwards counts.
 */
import { POSITION_UNITS_PER_M, surfaceDistanceM } from "@earshot/geo";
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { hasPrivateEnd } from "../verify/private-reach.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { DirectedLinks, HEARD, HEARD_STRIDE, STRONG_BIT } from "./directed-links.ts";
import type { DrawnGroups } from "./drawn-groups.ts";
import { RECEPTION, RECEPTION_STRIDE, takeReceptions } from "./drawn-receptions.ts";
import { firstMix, type LikePairs, NO_HASH, nextMix, SKETCH_HASHES, WitnessSketches } from "./like-pairs.ts";
import { levelDdbm } from "./link.ts";
import { lineChordSquared } from "./link-columns.ts";
import { nearestTwo } from "./nearest-two.ts";
import { leastExcessDdb } from "./placement.ts";
import { rowExcessDdb } from "./row-loss.ts";

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
  farHeard: 13,
  /** Its last link as a witness, and how many it has. */
  link: 14,
  heardLinks: 15,
} as const;
const TALLY_STRIDE = 16;
const SLOT_SHIFT = 20;
const SLOTS_PER_OCTAVE = 8;
/** Of a ratio of 1: rows that fail by their RSSI have none, and stand at the bound they are beyond. */
const SLOT_OF_BOUND = 0x3f80_0000 >>> SLOT_SHIFT;
const DDB_PER_OCTAVE = 30;
/** Of a limit of the ratio: 0.46 dB below it no rounding of either makes a reception strong. */
const SURELY_WEAK = 0.9;

/** Receptions of one way that make the lack of the other worth a look, and how many times as many they are. */
const ONE_WAY_RECEPTIONS = 4;
const ONE_WAY_FACTOR = 1.5;
/** Parts of its receptions that must be strong, or far: those that detectors ask for of its links, less what links with many receptions hide. */
const STRONG_SHARE = 0.125;
const FAR_SHARE = 0.6;

export interface LinkTally {
  /** 1 by hotspot for those to be looked at closely. */
  readonly isSuspect: Uint8Array;
  /** Drawn beacons by hotspot, and receptions of drawn beacons that it reported and that others reported of it. */
  readonly beacons: Uint32Array;
  readonly heard: Uint32Array;
  readonly sent: Uint32Array;
  /** Receptions either way with another owner's hotspots. */
  readonly foreign: Uint32Array;
  /** Pairs that may stand in one place. */
  readonly likePairs: LikePairs;
  /** Who heard whom, by beaconer, and of how many beaconers each hotspot heard. */
  readonly links: DirectedLinks;
  readonly heardLinks: Uint32Array;
}

/** Looks once at every reception of the drawn beacons. */
export function tallyLinks(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  drawn: DrawnGroups,
  parameters: AnomalyParameters,
  owner: Uint32Array,
): LinkTally {
  const { count, lines } = context.hotspots;
  const tallies = emptyTallies(lines, count, owner);
  const sketches = new WitnessSketches(count);
  const links = new DirectedLinks(takeReceptions(context, partitions, drawn), drawn.first, lines, context.rules.loss);
  tallyGroups(context, drawn, parameters, tallies, sketches, links);
  const column = (field: number) => {
    const values = new Uint32Array(count);
    for (let hotspot = 0; hotspot < count; hotspot++) values[hotspot] = tallies[hotspot * TALLY_STRIDE + field];
    return values;
  };
  const isSuspect = new Uint8Array(count);
  const heard = column(TALLY.heard);
  const beacons = column(TALLY.beacons);
  const meanBeacons = meanOfActive(beacons);
  for (let hotspot = 0; hotspot < count; hotspot++)
    if (deservesLook(tallies, hotspot * TALLY_STRIDE, parameters, meanBeacons)) isSuspect[hotspot] = 1;
  const nearest = new Map<number, number>();
  const likePairs = sketches.pairs(lines, parameters.twins, (hotspot) => {
    const known = nearest.get(hotspot) ?? nearestTwo(context, partitions, drawn, hotspot);
    nearest.set(hotspot, known);
    return known;
  });
  return {
    isSuspect,
    beacons,
    heard,
    sent: column(TALLY.sent),
    foreign: column(TALLY.foreign),
    likePairs,
    links,
    heardLinks: column(TALLY.heardLinks),
  };
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
    tallies[at + TALLY.link] = -1;
  }
  return tallies;
}

/** Beaconer by beaconer, so that what is counted of it stays in registers, and its town's lines in the cache. Fills in the links. */
function tallyGroups(
  { hotspots, places, rules }: EpochContext,
  { first }: DrawnGroups,
  { placement, silence }: AnomalyParameters,
  tallies: Int32Array,
  sketches: WitnessSketches,
  { first: firstLinks, receptions, squared, words: links }: DirectedLinks,
): void {
  const { challenge, eirpDdbm, end: ends, start: starts, words } = receptions;
  const ratios = new Float32Array(words.buffer);
  const { lines } = hotspots;
  const isPrivateTown = places.privateCount > 0;
  // Thresholds of losses are 10^(k/100) apart: a ratio without a logarithm. Above it a reception may be strong for its distance.
  const most = Math.max(...placement.bands.map(({ excessDdb }) => excessDdb));
  const strongRatio = rules.loss.thresholds[0] * rules.loss.inverses[Math.max(0, most + rules.toleranceDdb)];
  const surelyWeakRatio = strongRatio * SURELY_WEAK;
  const farSq = (silence.farM * POSITION_UNITS_PER_M) ** 2;
  const least = new Uint16Array(SKETCH_HASHES);
  let next = 0;
  for (let beaconer = 0; beaconer < hotspots.count; beaconer++) {
    const from = first[beaconer];
    const to = first[beaconer + 1];
    const firstLink = next;
    firstLinks[beaconer] = firstLink;
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
    for (let place = from; place < to; place++) {
      const eirp = eirpDdbm[place];
      const end = ends[place] * RECEPTION_STRIDE;
      for (let reception = starts[place] * RECEPTION_STRIDE; reception < end; reception += RECEPTION_STRIDE) {
        const witness = words[reception + RECEPTION.witness];
        const signal = words[reception + RECEPTION.signal];
        const at = witness * TALLY_STRIDE;
        const ratio = ratios[reception + RECEPTION.linkRatio];
        const slot = ratio > 0 ? words[reception + RECEPTION.linkRatio] >>> SLOT_SHIFT : SLOT_OF_BOUND;
        const lost = eirp + tallies[at + TALLY.gain] - levelDdbm(signal >> 16, (signal << 16) >> 16);
        // Sums are built of 16 bits of it.
        const counted = (lost << 16) >> 16;
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
        tallies[at + TALLY.farHeard] += isFar;
        tallies[at + TALLY.heard]++;
        tallies[at + TALLY.heardSlots] += slot;
        let link = tallies[at + TALLY.link];
        if (link >= firstLink) {
          const entry = link * HEARD_STRIDE;
          links[entry + HEARD.receptions]++;
          links[entry + HEARD.lossSumDdb] += counted;
          if (challenge[place] < links[entry + HEARD.challenge]) links[entry + HEARD.challenge] = challenge[place];
        } else {
          link = next++;
          tallies[at + TALLY.link] = link;
          tallies[at + TALLY.heardLinks]++;
          const entry = link * HEARD_STRIDE;
          links[entry + HEARD.witness] = witness;
          links[entry + HEARD.receptions] = 1;
          links[entry + HEARD.lossSumDdb] = counted;
          links[entry + HEARD.challenge] = challenge[place];
          squared[link] = square;
          if (isPrivateTown && hasPrivateEnd(lines, beaconer * LINE_STRIDE, witness * LINE_STRIDE)) {
            squared[link] = lineChordSquared(lines, beaconer, witness);
            links[entry + HEARD.witness] |= STRONG_BIT;
          }
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
        }
        if (ratio > 0 && ratio <= surelyWeakRatio && lost === counted) continue;
        const distanceM = surfaceDistanceM(square);
        const excess = rowExcessDdb(rules.loss, lost, distanceM, words[reception + RECEPTION.frequencyHz]);
        const isStrong = excess < leastExcessDdb(placement, distanceM);
        if (isStrong || lost !== counted) links[link * HEARD_STRIDE + HEARD.witness] |= STRONG_BIT;
        if (!isStrong || (ratio > 0 && ratio <= strongRatio)) continue;
        strong++;
        tallies[at + TALLY.strong]++;
      }
    }
    tallies[own + TALLY.beacons] += to - from;
    tallies[own + TALLY.foreign] += foreign;
    tallies[own + TALLY.sent] += sent;
    tallies[own + TALLY.sentSlots] += slots;
    tallies[own + TALLY.strong] += strong;
    tallies[own + TALLY.far] += far;
    least[0] = a0;
    least[1] = a1;
    least[2] = b0;
    least[3] = b1;
    least[4] = c0;
    least[5] = c1;
    least[6] = d0;
    least[7] = d1;
    if (sent > 0) sketches.set(beaconer, least);
  }
  firstLinks[hotspots.count] = next;
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
  const farSent = tallies[at + TALLY.far];
  const farHeard = tallies[at + TALLY.farHeard];
  if (farSent + farHeard >= FAR_SHARE * all) return true;
  const beacons = tallies[at + TALLY.beacons];
  // Far links are few, so that their one way is not hidden by the others.
  const isFarOneWay = farHeard * beacons > farSent * meanBeacons * ONE_WAY_FACTOR;
  if (farHeard >= oneSided.surely && isFarOneWay && beacons >= oneSided.surely) return true;
  // Who sent fewer beacons than others was heard less for that alone.
  const isOneWay = heard * beacons > sent * meanBeacons * ONE_WAY_FACTOR;
  if (heard >= ONE_WAY_RECEPTIONS && isOneWay && beacons >= oneSided.beacons) return true;
  if (Math.min(heard, sent) < reciprocity.surely) return false;
  // Means of whole links differ less than one link may: half of its limit is worth a look.
  const gapSlots = (reciprocity.toleranceDdb * SLOTS_PER_OCTAVE) / DDB_PER_OCTAVE / 2;
  return (
    Math.abs(tallies[at + TALLY.heardSlots] * sent - tallies[at + TALLY.sentSlots] * heard) > gapSlots * heard * sent
  );
}
