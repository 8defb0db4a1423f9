/**
 * Graph: two hotspots that the same others hear equally well stand in one place, whatever they assert.
 *
 * Compared are the losses to every counterpart that has a link with either of them. A counterpart of only one of the two tells them apart.
 * Attenuators, split antennas and software that reports one reception for many keys leave the losses of one place equal but for a
 * constant, which is taken out by the median. What equal losses prove depends on who hears them. Where the two are heard by few of those
 * in reach, the set itself is the proof: places kilometres apart have other sets (docs/reference/spoofing.md holds what was measured).
 * Where everybody hears everybody, as in open country, only those counterparts tell that are clearly nearer to one of the asserted
 * places: free space alone makes that one lose less, and if the losses are nearer to each other than to what it asks for, the two are in
 * one place.
 */
import type { TwinsParameters } from "./anomaly-parameters.ts";
import { sortFew } from "./sort-few.ts";

/** What is lost to each counterpart, and what free space takes over the asserted distance, 0.1 dB; by ascending counterpart. */
export interface LossProfile {
  readonly counterpart: Uint32Array;
  readonly lossDdb: Int32Array;
  readonly freeSpaceDdb: Int32Array;
}

export interface Likeness {
  /** Counterparts that hear both alike and should not. */
  readonly agreeing: readonly number[];
  /** Counterparts of one of them, or that hear the two as different as their places are. */
  readonly differing: readonly number[];
}

/**
 * Compares two hotspots. `isSelective`: few of those in reach hear them, so that equal losses alone tell. With fewer than `least` agreeing
 * nobody asks who differs, and none are named.
 */
export function compareLosses(
  parameters: TwinsParameters,
  a: LossProfile,
  b: LossProfile,
  isSelective: boolean,
  least = 0,
): Likeness {
  const count = meet(a.counterpart, b.counterpart);
  for (let at = 0; at < count; at++) shared.restDdb[at] = a.lossDdb[shared.inA[at]] - b.lossDdb[shared.inB[at]];
  const { restDdb } = shared;
  const constant = lowerMedian(restDdb, count);
  let within = 0;
  for (let at = 0; at < count; at++) if (Math.abs(restDdb[at] - constant) <= parameters.withinDdb) within++;
  if (within < least) return { agreeing: [], differing: [] };
  const { expectedDdb, inA, inB } = shared;
  const [freeA, freeB] = [a.freeSpaceDdb, b.freeSpaceDdb];
  for (let at = 0; at < count; at++) expectedDdb[at] = freeA[inA[at]] - freeB[inB[at]];
  // The median would take out of the losses what counterparts on one side have in common: so it is taken out of what is expected too.
  const expectedConstant = lowerMedian(expectedDdb, count);
  const agreeing: number[] = [];
  const differing = ofOneAlone(a.counterpart, b.counterpart);
  for (let at = 0; at < count; at++) {
    const rest = restDdb[at] - constant;
    const expected = expectedDdb[at] - expectedConstant;
    const isWithin = Math.abs(rest) <= parameters.withinDdb;
    const isTelling = Math.abs(expected) >= parameters.tellingDdb;
    if (isSelective ? isWithin : isTelling && isWithin && 2 * rest * Math.sign(expected) < Math.abs(expected))
      agreeing.push(a.counterpart[inA[at]]);
    else if (isTelling) differing.push(a.counterpart[inA[at]]);
  }
  return { agreeing, differing };
}

/** Counterparts of both: where each stands in the two profiles, and what is compared of it. Used again for each pair, of which there are many. */
const shared = sharedColumns(256);

function sharedColumns(length: number) {
  return {
    inA: new Uint32Array(length),
    inB: new Uint32Array(length),
    restDdb: new Int32Array(length),
    expectedDdb: new Int32Array(length),
    sorted: new Int32Array(length),
  };
}

/** Finds the counterparts of both, ascending; gives how many. */
function meet(a: Uint32Array, b: Uint32Array): number {
  const most = Math.min(a.length, b.length);
  if (most > shared.inA.length) Object.assign(shared, sharedColumns(2 * most));
  const { inA, inB } = shared;
  let count = 0;
  for (let at = 0, other = 0; at < a.length && other < b.length; ) {
    const order = a[at] - b[other];
    if (order === 0) {
      inA[count] = at;
      inB[count++] = other;
    }
    if (order <= 0) at++;
    if (order >= 0) other++;
  }
  return count;
}

/** Counterparts of one of the two, ascending. */
function ofOneAlone(a: Uint32Array, b: Uint32Array): number[] {
  const alone: number[] = [];
  let at = 0;
  for (let other = 0; other < b.length; other++) {
    const counterpart = b[other];
    for (; a[at] < counterpart; at++) alone.push(a[at]);
    if (a[at] === counterpart) at++;
    else alone.push(counterpart);
  }
  for (; at < a.length; at++) alone.push(a[at]);
  return alone;
}

/** The lower median of the first `count` of what two hotspots have in common. */
function lowerMedian(values: Int32Array, count: number): number {
  const { sorted } = shared;
  for (let at = 0; at < count; at++) sorted[at] = values[at];
  sortFew(sorted, 0, count);
  return count === 0 ? 0 : sorted[(count - 1) >> 1];
}

/** Whether at least half of the counterparts of either hear both: without that the sets are not alike. Both by ascending counterpart. */
export function areSetsAlike(a: Uint32Array, b: Uint32Array): boolean {
  if (2 * Math.min(a.length, b.length) < Math.max(a.length, b.length)) return false;
  let common = 0;
  for (let at = 0, other = 0; at < a.length && other < b.length; ) {
    if (a[at] === b[other]) {
      common++;
      at++;
      other++;
    } else if (a[at] < b[other]) at++;
    else other++;
  }
  return 2 * common >= a.length + b.length - common;
}
