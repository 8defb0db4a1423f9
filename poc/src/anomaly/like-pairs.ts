/**
 * Which hotspots may stand in one place: those whose beacons the same others report, found without comparing all with all.
 *
 * Each beaconer has a sketch of its witnesses: the least values of eight hashes over them, two of 16 bits in each mix of a witness's id.
 * Sets have an equal least value as often as their intersection is a part of their union, so of two sets of which 85 % is common nine in
 * ten times six of the eight are equal, of two of which 40 % is common one in twenty times. Hotspots meet by two equal values side by
 * side. Where many have one sketch, because everybody in a town hears everybody, those meet to whom the same witnesses lose least, by two draws.
 */
import { POSITION_UNITS_PER_M } from "@earshot/geo";
import type { TwinsParameters } from "./anomaly-parameters.ts";
import { lineChordSquared } from "./link-columns.ts";
import { sortFew } from "./sort-few.ts";

/** Pairs of hotspots, each once, by (lower, higher). */
export interface LikePairs {
  readonly lower: Uint32Array;
  readonly higher: Uint32Array;
}

export const SKETCH_HASHES = 8;
/** Of the eight values, those that must be equal. */
const LEAST_EQUAL = 6;
const PER_BAND = 2;
/** Two values that differ spoil two bands at most, so of three one is left by which two such hotspots meet. */
const BANDS = 3;
/** Above every hash: the least value of no witness. */
export const NO_HASH = 0xffff;
/** A crowd that meets by one sketch is told apart by its losses from this many on, and then each compared with the first ones only. */
const CROWD = 20;
const MOST_COMPARED = 8;
const BUCKET_SHIFT = 16;
const BUCKETS = 1 << (32 - BUCKET_SHIFT);
const TWO_24 = 0x100_0000;
const TWO_31 = 0x8000_0000;

export class WitnessSketches {
  readonly #least: Uint16Array;
  readonly #isHeard: Uint8Array;

  constructor(count: number) {
    this.#least = new Uint16Array(count * SKETCH_HASHES).fill(NO_HASH);
    this.#isHeard = new Uint8Array(count);
  }

  /** Takes the least values of the eight hashes over all witnesses of a hotspot that somebody heard. */
  set(beaconer: number, least: Uint16Array): void {
    this.#isHeard[beaconer] = 1;
    const at = beaconer * SKETCH_HASHES;
    for (let hash = 0; hash < SKETCH_HASHES; hash++) this.#least[at + hash] = least[hash];
  }

  /**
   * Pairs to be compared, each once, by (lower, higher): both have been heard, and are asserted `apartM` or more apart. `nearest` tells of a
   * member of a crowd to whom it loses least (nearest-two.ts).
   */
  pairs(lines: Int32Array, { apartM }: TwinsParameters, nearest: (hotspot: number) => number): LikePairs {
    const found = new Numbers();
    const apartSq = (apartM * POSITION_UNITS_PER_M) ** 2;
    const compare = (members: ArrayLike<number>, count: number, most: number) => {
      for (let later = 1; later < count; later++) {
        const b = members[later];
        for (let earlier = 0; earlier < later && earlier < most; earlier++) {
          const a = members[earlier];
          if (this.#isLike(a, b) && lineChordSquared(lines, a, b) >= apartSq) found.add(a * TWO_31 + b);
        }
      }
    };
    const crowd = new Uint32Array(this.#isHeard.length);
    for (let band = 0; band < BANDS; band++) {
      this.#forEachCrowd(band * PER_BAND, crowd, (count) => {
        if (count < CROWD) compare(crowd, count, CROWD);
        else
          for (const members of alikeIn(crowd.subarray(0, count), nearest))
            compare(members, members.length, MOST_COMPARED);
      });
    }
    const codes = found.ascendingOnce();
    const lower = new Uint32Array(codes.length);
    const higher = new Uint32Array(codes.length);
    for (let at = 0; at < codes.length; at++) {
      lower[at] = Math.floor(codes[at] / TWO_31);
      higher[at] = codes[at] - lower[at] * TWO_31;
    }
    return { lower, higher };
  }

  #isLike(a: number, b: number): boolean {
    const least = this.#least;
    let unequal = 0;
    for (let hash = 0; hash < SKETCH_HASHES; hash++) {
      if (least[a * SKETCH_HASHES + hash] === least[b * SKETCH_HASHES + hash]) continue;
      if (++unequal > SKETCH_HASHES - LEAST_EQUAL) return false;
    }
    return true;
  }

  /** Shows those that meet by two values side by side: two or more, ascending, at the head of `members`. */
  #forEachCrowd(band: number, members: Uint32Array, show: (count: number) => void): void {
    const keys = this.#bandKeys(band);
    const heard = keys.length;
    let met = 0;
    let crowdValue = -1;
    for (let at = 0; at < heard; at++) {
      const value = Math.floor(keys[at] / TWO_24);
      if (value !== crowdValue) {
        if (met > 1) show(met);
        met = 0;
        crowdValue = value;
      }
      members[met++] = keys[at] - value * TWO_24;
    }
    if (met > 1) show(met);
  }

  /**
   * Two values side by side, and the hotspot that has them, of all that are heard: equal values together, by ascending hotspot. Laid into
   * buckets first, so that little is left to sort.
   */
  #bandKeys(band: number): Float64Array {
    const values = new Uint32Array(this.#isHeard.length);
    const next = new Uint32Array(BUCKETS + 1);
    for (let hotspot = 0; hotspot < values.length; hotspot++) {
      if (this.#isHeard[hotspot] === 0) continue;
      const at = hotspot * SKETCH_HASHES + band;
      // 28 of the 32 bits, so that the id fits: who meets by less than all is told apart by `#isLike`.
      values[hotspot] = this.#least[at] * 0x1000 + (this.#least[at + 1] >>> 4);
      next[bucketOf(values[hotspot]) + 1]++;
    }
    for (let bucket = 0; bucket < BUCKETS; bucket++) next[bucket + 1] += next[bucket];
    const keys = new Float64Array(next[BUCKETS]);
    for (let hotspot = 0; hotspot < values.length; hotspot++)
      if (this.#isHeard[hotspot] !== 0) keys[next[bucketOf(values[hotspot])]++] = values[hotspot] * TWO_24 + hotspot;
    for (let bucket = 0, from = 0; bucket < BUCKETS; bucket++) {
      sortFew(keys, from, next[bucket]);
      from = next[bucket];
    }
    return keys;
  }
}

/** One of BUCKETS, by the upper bits of a product. */
function bucketOf(value: number): number {
  return Math.imul(value, 0x9e37_79b1) >>> BUCKET_SHIFT;
}

/** Whole numbers as they come, which are then wanted once each. */
class Numbers {
  #count = 0;
  #numbers = new Float64Array(1024);

  add(number: number): void {
    if (this.#count === this.#numbers.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#count++] = number;
  }

  ascendingOnce(): Float64Array {
    const sorted = this.#numbers.subarray(0, this.#count).sort();
    return sorted.filter((number, at) => at === 0 || number !== sorted[at - 1]);
  }
}

/** A crowd by those to whom its members lose least. */
function alikeIn(crowd: Uint32Array, nearest: (hotspot: number) => number): number[][] {
  const groups = new Map<number, number[]>();
  for (const hotspot of crowd) {
    const key = nearest(hotspot);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [hotspot]);
    else members.push(hotspot);
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
