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
import type { LossTable } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { hasPrivateEnd } from "../verify/private-reach.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { DirectedLinks, HEARD, HEARD_STRIDE, STRONG_BIT, WITNESS_MASK } from "./directed-links.ts";
import type { DrawnGroups } from "./drawn-groups.ts";
import { RECEPTION, RECEPTION_STRIDE, takeReceptions } from "./drawn-receptions.ts";
import { firstMix, type LikePairs, NO_HASH, nextMix, SKETCH_HASHES, WitnessSketches } from "./like-pairs.ts";
import { levelDdbm } from "./link.ts";
import { lineChordSquared } from "./link-columns.ts";
import { nearestTwo } from "./nearest-two.ts";
import { leastExcessDdb } from "./placement.ts";
import { rowExcessDdb } from "./row-loss.ts";

/** What a link needs to know of a hotspot, and its counts, in one cache line. Slots are upper bits of a power ratio, 0.38 dB each. */
const TALLY = {
  x: 0,
  y: 1,
  z: 2,
  owner: 3,
  heard: 4,
  sent: 5,
  strong: 6,
  far: 7,
  heardSlots: 8,
  sentSlots: 9,
  beacons: 10,
  foreign: 11,
  farHeard: 12,
  heardLinks: 13,
} as const;
const TALLY_STRIDE = 16;
/** What a reception needs to know of its witness, apart because there are three for each link: antenna gain, and its last link. */
const EAR = { gain: 0, link: 1 } as const;
const EAR_STRIDE = 2;
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
    tallies[at + TALLY.owner] = owner[hotspot];
  }
  return tallies;
}

/** Beaconer by beaconer, so that its town's lines stay in the cache: its receptions become links, and the links are counted at both ends. */
function tallyGroups(
  context: EpochContext,
  drawn: DrawnGroups,
  parameters: AnomalyParameters,
  tallies: Int32Array,
  sketches: WitnessSketches,
  links: DirectedLinks,
): void {
  const { count } = context.hotspots;
  // By link of the beaconer: the sum of its slots.
  const slots = new Int32Array(count + 1);
  const receptions = new ReceptionTally(context, drawn, parameters, tallies, links, slots);
  const linkTally = new LinkCounts(context, parameters, tallies, sketches, links, slots);
  for (let beaconer = 0; beaconer < count; beaconer++) {
    links.first[beaconer + 1] = receptions.gather(beaconer);
    linkTally.count(beaconer);
    tallies[beaconer * TALLY_STRIDE + TALLY.beacons] = drawn.first[beaconer + 1] - drawn.first[beaconer];
  }
}

/** Receptions of one beaconer after the other as links. */
class ReceptionTally {
  readonly #drawn: DrawnGroups;
  readonly #tallies: Int32Array;
  readonly #ears: Int32Array;
  readonly #links: DirectedLinks;
  readonly #slots: Int32Array;
  readonly #ratios: Float32Array;
  readonly #strongRatio: number;
  readonly #loss: LossTable;
  readonly #placement: AnomalyParameters["placement"];

  constructor(
    { hotspots, rules }: EpochContext,
    drawn: DrawnGroups,
    { placement }: AnomalyParameters,
    tallies: Int32Array,
    links: DirectedLinks,
    slots: Int32Array,
  ) {
    this.#drawn = drawn;
    this.#tallies = tallies;
    this.#ears = new Int32Array((hotspots.count + 1) * EAR_STRIDE);
    for (let hotspot = 0; hotspot < hotspots.count; hotspot++) {
      this.#ears[hotspot * EAR_STRIDE + EAR.gain] = hotspots.lines[hotspot * LINE_STRIDE + LINE.gain];
      this.#ears[hotspot * EAR_STRIDE + EAR.link] = -1;
    }
    this.#links = links;
    this.#slots = slots;
    this.#ratios = new Float32Array(links.receptions.words.buffer);
    // Thresholds of losses are 10^(k/100) apart: a ratio without a logarithm. Above it a reception may be strong for its distance.
    const most = Math.max(...placement.bands.map(({ excessDdb }) => excessDdb));
    this.#strongRatio = rules.loss.thresholds[0] * rules.loss.inverses[Math.max(0, most + rules.toleranceDdb)];
    this.#loss = rules.loss;
    this.#placement = placement;
  }

  /** Writes the links of a beaconer behind those before; gives where they end. */
  gather(beaconer: number): number {
    const { first: firstLinks, receptions, words: links } = this.#links;
    const { challenge: challenges, eirpDdbm, end: ends, start: starts, words } = receptions;
    const ears = this.#ears;
    const slots = this.#slots;
    const ratios = this.#ratios;
    const surelyWeakRatio = this.#strongRatio * SURELY_WEAK;
    const firstLink = firstLinks[beaconer];
    let next = firstLink;
    const last = this.#drawn.first[beaconer + 1];
    for (let place = this.#drawn.first[beaconer]; place < last; place++) {
      const eirp = eirpDdbm[place];
      const challenge = challenges[place];
      const end = ends[place] * RECEPTION_STRIDE;
      for (let reception = starts[place] * RECEPTION_STRIDE; reception < end; reception += RECEPTION_STRIDE) {
        const witness = words[reception + RECEPTION.witness];
        const signal = words[reception + RECEPTION.signal];
        const ratio = ratios[reception + RECEPTION.linkRatio];
        const slot = ratio > 0 ? words[reception + RECEPTION.linkRatio] >>> SLOT_SHIFT : SLOT_OF_BOUND;
        const ear = witness * EAR_STRIDE;
        const lost = eirp + ears[ear + EAR.gain] - levelDdbm(signal >> 16, (signal << 16) >> 16);
        // Sums are built of 16 bits of it.
        const counted = (lost << 16) >> 16;
        let link = ears[ear + EAR.link];
        if (link >= firstLink) {
          const entry = link * HEARD_STRIDE;
          links[entry + HEARD.receptions]++;
          links[entry + HEARD.lossSumDdb] += counted;
          if (challenge < links[entry + HEARD.challenge]) links[entry + HEARD.challenge] = challenge;
          slots[link - firstLink] += slot;
        } else {
          link = next++;
          ears[ear + EAR.link] = link;
          const entry = link * HEARD_STRIDE;
          links[entry + HEARD.witness] = witness;
          links[entry + HEARD.receptions] = 1;
          links[entry + HEARD.lossSumDdb] = counted;
          links[entry + HEARD.challenge] = challenge;
          slots[link - firstLink] = slot;
        }
        if (ratio > 0 && ratio <= surelyWeakRatio && lost === counted) continue;
        this.#lookCloser(beaconer, witness, link, lost, ratio, words[reception + RECEPTION.frequencyHz]);
      }
    }
    return next;
  }

  /** A reception that may be strong for its distance. */
  #lookCloser(
    beaconer: number,
    witness: number,
    link: number,
    lostDdb: number,
    ratio: number,
    frequencyHz: number,
  ): void {
    const tallies = this.#tallies;
    const distanceM = surfaceDistanceM(squareBetween(tallies, beaconer * TALLY_STRIDE, witness * TALLY_STRIDE));
    const excess = rowExcessDdb(this.#loss, lostDdb, distanceM, frequencyHz);
    const isStrong = excess < leastExcessDdb(this.#placement, distanceM);
    if (isStrong || lostDdb !== (lostDdb << 16) >> 16)
      this.#links.words[link * HEARD_STRIDE + HEARD.witness] |= STRONG_BIT;
    if (!isStrong || (ratio > 0 && ratio <= this.#strongRatio)) return;
    tallies[beaconer * TALLY_STRIDE + TALLY.strong]++;
    tallies[witness * TALLY_STRIDE + TALLY.strong]++;
  }
}

/** Links of one beaconer after the other, counted at both ends. */
class LinkCounts {
  readonly #lines: Int32Array;
  readonly #isPrivateTown: boolean;
  readonly #farSq: number;
  readonly #tallies: Int32Array;
  readonly #sketches: WitnessSketches;
  readonly #links: DirectedLinks;
  readonly #slots: Int32Array;
  readonly #least = new Uint16Array(SKETCH_HASHES);

  constructor(
    { hotspots, places }: EpochContext,
    { silence }: AnomalyParameters,
    tallies: Int32Array,
    sketches: WitnessSketches,
    links: DirectedLinks,
    slots: Int32Array,
  ) {
    this.#lines = hotspots.lines;
    this.#isPrivateTown = places.privateCount > 0;
    this.#farSq = (silence.farM * POSITION_UNITS_PER_M) ** 2;
    this.#tallies = tallies;
    this.#sketches = sketches;
    this.#links = links;
    this.#slots = slots;
  }

  count(beaconer: number): void {
    const { first, squared, words: links } = this.#links;
    const tallies = this.#tallies;
    const slots = this.#slots;
    const farSq = this.#farSq;
    const own = beaconer * TALLY_STRIDE;
    const owner = tallies[own + TALLY.owner];
    const from = first[beaconer];
    const to = first[beaconer + 1];
    let foreign = 0;
    let sent = 0;
    let sentSlots = 0;
    let far = 0;
    let a0 = NO_HASH;
    let a1 = NO_HASH;
    let b0 = NO_HASH;
    let b1 = NO_HASH;
    let c0 = NO_HASH;
    let c1 = NO_HASH;
    let d0 = NO_HASH;
    let d1 = NO_HASH;
    for (let link = from; link < to; link++) {
      const entry = link * HEARD_STRIDE;
      const witness = links[entry + HEARD.witness] & WITNESS_MASK;
      const receptions = links[entry + HEARD.receptions];
      const at = witness * TALLY_STRIDE;
      const square = squareBetween(tallies, own, at);
      const ofForeign = tallies[at + TALLY.owner] === owner ? 0 : receptions;
      const ofFar = square >= farSq ? receptions : 0;
      squared[link] = square;
      foreign += ofForeign;
      far += ofFar;
      sent += receptions;
      sentSlots += slots[link - from];
      tallies[at + TALLY.foreign] += ofForeign;
      tallies[at + TALLY.farHeard] += ofFar;
      tallies[at + TALLY.heard] += receptions;
      tallies[at + TALLY.heardSlots] += slots[link - from];
      tallies[at + TALLY.heardLinks]++;
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
    tallies[own + TALLY.foreign] += foreign;
    tallies[own + TALLY.sent] += sent;
    tallies[own + TALLY.sentSlots] += sentSlots;
    tallies[own + TALLY.far] += far;
    if (this.#isPrivateTown) this.#markPrivate(beaconer, from, to);
    if (sent === 0) return;
    const least = this.#least;
    least[0] = a0;
    least[1] = a1;
    least[2] = b0;
    least[3] = b1;
    least[4] = c0;
    least[5] = c1;
    least[6] = d0;
    least[7] = d1;
    this.#sketches.set(beaconer, least);
  }

  /** Links with a private end are as long as their cells allow at least; what is strong over that length is found when they are asked. */
  #markPrivate(beaconer: number, from: number, to: number): void {
    const { squared, words } = this.#links;
    for (let link = from; link < to; link++) {
      const witness = words[link * HEARD_STRIDE + HEARD.witness] & WITNESS_MASK;
      if (!hasPrivateEnd(this.#lines, beaconer * LINE_STRIDE, witness * LINE_STRIDE)) continue;
      squared[link] = lineChordSquared(this.#lines, beaconer, witness);
      words[link * HEARD_STRIDE + HEARD.witness] |= STRONG_BIT;
    }
  }
}

/** Squared chord between two places in the tallies, (1/256 m)². */
function squareBetween(tallies: Int32Array, own: number, at: number): number {
  const dx = tallies[at + TALLY.x] - tallies[own + TALLY.x];
  const dy = tallies[at + TALLY.y] - tallies[own + TALLY.y];
  const dz = tallies[at + TALLY.z] - tallies[own + TALLY.z];
  return dx * dx + dy * dy + dz * dz;
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
