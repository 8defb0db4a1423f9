/**
 * Which hotspots may stand in one place: those whose beacons the same others report, found without comparing all with all.
 *
 * Each beaconer has a sketch of its witnesses: the least values of eight hashes over them, two of 16 bits in each mix of a witness's id.
 * Sets have an equal least value as often as their intersection is a part of their union, so of two sets of which 85 % is common nine in
 * ten times six of the eight are equal, of two of which 40 % is common one in twenty times. Hotspots meet by two equal values side by
 * side. Where many have one sketch, because everybody in a town hears everybody, those meet that are also heard best by the same witness.
 */
import { POSITION_UNITS_PER_M } from "@earshot/geo";
import type { TwinsParameters } from "./anomaly-parameters.ts";
import { lineChordSquared } from "./link-columns.ts";

/** Two hotspots, the lower id first. */
export type Pair = readonly [number, number];

export const SKETCH_HASHES = 8;
const PER_BAND = 2;
/** Of the eight values, those that must be equal. */
const LEAST_EQUAL = 6;
/** Above every hash: the least value of no witness. */
export const NO_HASH = 0xffff;
/** A crowd that meets by one sketch is told apart by the best witness from this many on, and then each compared with the first ones only. */
const CROWD = 32;
const MOST_COMPARED = 8;
const TWO_31 = 0x8000_0000;

export class WitnessSketches {
  readonly #least: Uint16Array;
  /** Witness that hears the hotspot best, and how well: received power less what both ends add to it. */
  readonly #best: Int32Array;
  readonly #bestPower: Float64Array;

  constructor(count: number) {
    this.#least = new Uint16Array(count * SKETCH_HASHES).fill(NO_HASH);
    this.#best = new Int32Array(count).fill(-1);
    this.#bestPower = new Float64Array(count);
  }

  /**
   * Takes the witnesses of a beacon: the least values of their hashes (eight in `least`), and the one that heard it best. `power`: its link
   * ratio (verify/witness-facts.ts) over its squared chord; 0 without a witness.
   */
  add(beaconer: number, least: Uint16Array, witness: number, power: number): void {
    const at = beaconer * SKETCH_HASHES;
    for (let hash = 0; hash < SKETCH_HASHES; hash++)
      if (least[hash] < this.#least[at + hash]) this.#least[at + hash] = least[hash];
    const known = this.#bestPower[beaconer];
    if (power < known || (power === known && witness >= this.#best[beaconer])) return;
    this.#bestPower[beaconer] = power;
    this.#best[beaconer] = witness;
  }

  /** Pairs to be compared, each once, by (lower, higher): both have been heard, and are asserted `apartM` or more apart. */
  pairs(lines: Int32Array, { apartM }: TwinsParameters): Pair[] {
    const found = new Set<number>();
    const apartSq = (apartM * POSITION_UNITS_PER_M) ** 2;
    const count = this.#best.length;
    const compare = (members: readonly number[], most: number) => {
      for (let later = 1; later < members.length; later++) {
        for (let earlier = 0; earlier < Math.min(later, most); earlier++) {
          const [a, b] = [members[earlier], members[later]];
          if (this.#isLike(a, b) && lineChordSquared(lines, a, b) >= apartSq) found.add(a * TWO_31 + b);
        }
      }
    };
    for (let band = 0; band < SKETCH_HASHES; band += PER_BAND) {
      for (const crowd of this.#crowds(band, count)) {
        if (crowd.length < CROWD) {
          compare(crowd, CROWD);
          continue;
        }
        for (const members of groupBy(crowd, (hotspot) => this.#best[hotspot])) compare(members, MOST_COMPARED);
      }
    }
    return [...found].sort((x, y) => x - y).map((pair) => [Math.floor(pair / TWO_31), pair % TWO_31] as const);
  }

  #isLike(a: number, b: number): boolean {
    let equal = 0;
    for (let hash = 0; hash < SKETCH_HASHES; hash++)
      if (this.#least[a * SKETCH_HASHES + hash] === this.#least[b * SKETCH_HASHES + hash]) equal++;
    return equal >= LEAST_EQUAL;
  }

  #crowds(band: number, count: number): number[][] {
    const heard: number[] = [];
    for (let hotspot = 0; hotspot < count; hotspot++) if (this.#best[hotspot] !== -1) heard.push(hotspot);
    const key = (hotspot: number) => {
      const at = hotspot * SKETCH_HASHES + band;
      return this.#least[at] * 0x1_0000 + this.#least[at + 1];
    };
    return groupBy(heard, key);
  }
}

/** Groups of two or more, each in the order of `ids`. */
function groupBy(ids: readonly number[], keyOf: (id: number) => number): number[][] {
  const first = new Map<number, number>();
  const groups = new Map<number, number[]>();
  for (const id of ids) {
    const key = keyOf(id);
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, id);
      continue;
    }
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [known, id]);
    else members.push(id);
  }
  return [...groups.values()];
}

/** First of the four mixes of a witness, each two hashes of 16 bits. Ids are dense and no sender chooses them, so multiplying is enough. */
export function firstMix(witness: number): number {
  const mix = Math.imul(witness + 1, 0x9e37_79b1);
  return mix ^ (mix >>> 15);
}

/** The mix after `mix`. */
export function nextMix(mix: number): number {
  const next = Math.imul(mix, 0x85eb_ca6b);
  return next ^ (next >>> 13);
}
