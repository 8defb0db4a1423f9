/**
 * The links of one hotspot as columns, filled from what it heard and who heard it, and then read through one view that is moved along them.
 *
 * Sums are integers, so they do not depend on the order of receptions; only the order of the links does, and nothing may be decided by
 * that. One object serves all suspects of an epoch in turn: nothing is allocated for a link.
 */
import { surfaceDistanceM } from "@earshot/geo";
import { LINE, LINE_STRIDE, META } from "../verify/hotspot-lines.ts";
import { farthestChordSquared, hasPrivateEnd, nearestChordSquared } from "../verify/private-reach.ts";
import { type DirectedLinks, HEARD, HEARD_STRIDE, STRONG_BIT, WITNESS_MASK } from "./directed-links.ts";
import type { Link } from "./link.ts";

/** Int32 words of what a hotspot heard: the beaconer, and the link of the two (directed-links.ts). */
export const HEARD_LINK_STRIDE = 2;
const START = 256;
const NONE = -1;
/** Two directions of a link stand side by side: what others heard, what the hotspot heard. */
const WAYS = 2;

/** A link with the hotspot at its other end. */
export interface SuspectLink extends Link {
  readonly counterpart: number;
  /** Row of the first challenge whose reports the link stands on. */
  readonly challenge: number;
  /** Without it no reception is stronger than an honest one over the distance: the link does not contradict its place. */
  readonly mayBeStrong: boolean;
}

/** One direction of the link that is looked at. */
class MovingDirection {
  receptions = 0;
  lossSumDdb = 0;
  /** Place of the direction in the columns. */
  at = 0;
  readonly #columns: LinkColumns;

  constructor(columns: LinkColumns) {
    this.#columns = columns;
  }

  get excessSumDdb(): number {
    return this.receptions === 0 ? 0 : this.#columns.excessSumDdb(this.at);
  }
}

/** The view: the same object for every link. */
class MovingLink implements SuspectLink {
  counterpart = 0;
  challenge = 0;
  distanceM = 0;
  mayBeStrong = false;
  readonly sent: MovingDirection;
  readonly heard: MovingDirection;

  constructor(columns: LinkColumns) {
    this.sent = new MovingDirection(columns);
    this.heard = new MovingDirection(columns);
  }
}

export class LinkColumns {
  count = 0;
  counterpart = new Uint32Array(START);
  challenge = new Uint32Array(START);
  distanceM = new Float64Array(START);
  /** Squared chord to the counterpart, (1/256 m)². */
  squared = new Float64Array(START);
  /** Links that may contradict anything, places in the columns; of all others both ways are known, agree, and are weak enough. */
  notable = new Uint32Array(START);
  notableCount = 0;
  #mayBeStrong = new Uint8Array(START);
  /** By link and direction: the directed link, NONE without one; receptions, sum of losses, and of excess once it is asked for. */
  #directed = new Int32Array(START * WAYS);
  #receptions = new Int32Array(START * WAYS);
  #lossSums = new Int32Array(START * WAYS);
  #excessSums = new Float64Array(START * WAYS);
  #hotspot = 0;
  readonly #links: DirectedLinks;
  /** Link of each hotspot, NONE without one. */
  readonly #linkOf: Int32Array;
  readonly #view = new MovingLink(this);
  readonly #evenDdb: number;

  /** For as many hotspots as `count`. Directions of a link whose mean losses differ by no more than `evenDdb` contradict nothing. */
  constructor(links: DirectedLinks, count: number, evenDdb: number) {
    this.#links = links;
    this.#evenDdb = evenDdb;
    this.#linkOf = new Int32Array(count + 1).fill(NONE);
  }

  /** Takes the links of `hotspot`: its own, and those with whom it heard, words `from` to before `to` of `heard`. */
  fill(hotspot: number, heard: Int32Array, from: number, to: number): void {
    this.#clear();
    this.#hotspot = hotspot;
    const { first, words } = this.#links;
    for (let directed = first[hotspot]; directed < first[hotspot + 1]; directed++)
      this.#add(words[directed * HEARD_STRIDE + HEARD.witness] & WITNESS_MASK, directed, 0);
    for (let at = from; at < to; at += HEARD_LINK_STRIDE) this.#add(heard[at], heard[at + 1], 1);
    this.#note();
  }

  /** The link of a counterpart, NONE without one. */
  linkOf(counterpart: number): number {
    return this.#linkOf[counterpart];
  }

  /** A link; valid until the next call. */
  at(link: number): SuspectLink {
    const view = this.#view;
    const { heard, sent } = view;
    const way = link * WAYS;
    view.counterpart = this.counterpart[link];
    view.challenge = this.challenge[link];
    view.distanceM = this.distanceM[link];
    view.mayBeStrong = this.#mayBeStrong[link] !== 0;
    sent.at = way;
    sent.receptions = this.#receptions[way];
    sent.lossSumDdb = this.#lossSums[way];
    heard.at = way + 1;
    heard.receptions = this.#receptions[way + 1];
    heard.lossSumDdb = this.#lossSums[way + 1];
    return view;
  }

  /** Sum of the excess of one direction, 0.1 dB, by its place in the columns. */
  excessSumDdb(way: number): number {
    const known = this.#excessSums[way];
    if (!Number.isNaN(known)) return known;
    const beaconer = way % WAYS === 0 ? this.#hotspot : this.counterpart[(way - 1) / WAYS];
    const sum = this.#links.excessSumDdb(beaconer, this.#directed[way]);
    this.#excessSums[way] = sum;
    return sum;
  }

  #clear(): void {
    const linkOf = this.#linkOf;
    for (let link = 0; link < this.count; link++) linkOf[this.counterpart[link]] = NONE;
    this.count = 0;
  }

  #note(): void {
    const receptions = this.#receptions;
    const lossSums = this.#lossSums;
    // Means are rounded down, so their difference is off by less than one.
    const most = this.#evenDdb - 1;
    let noted = 0;
    for (let link = 0; link < this.count; link++) {
      const way = link * WAYS;
      const sent = receptions[way];
      const heard = receptions[way + 1];
      const uneven = Math.abs(lossSums[way + 1] * sent - lossSums[way] * heard);
      if (this.#mayBeStrong[link] === 0 && sent > 0 && uneven <= most * sent * heard) continue;
      this.notable[noted++] = link;
    }
    this.notableCount = noted;
  }

  #add(counterpart: number, directed: number, way: number): void {
    const { squared, words } = this.#links;
    const entry = directed * HEARD_STRIDE;
    const challenge = words[entry + HEARD.challenge];
    let link = this.#linkOf[counterpart];
    if (link === NONE) {
      if (this.count === this.counterpart.length) this.#grow();
      link = this.count++;
      this.#linkOf[counterpart] = link;
      this.counterpart[link] = counterpart;
      this.challenge[link] = challenge;
      this.squared[link] = squared[directed];
      this.distanceM[link] = Math.floor(surfaceDistanceM(squared[directed]));
      this.#mayBeStrong[link] = 0;
      this.#receptions[link * WAYS + 1 - way] = 0;
      this.#lossSums[link * WAYS + 1 - way] = 0;
    } else if (challenge < this.challenge[link]) this.challenge[link] = challenge;
    if ((words[entry + HEARD.witness] & STRONG_BIT) !== 0) this.#mayBeStrong[link] = 1;
    const at = link * WAYS + way;
    this.#directed[at] = directed;
    this.#receptions[at] = words[entry + HEARD.receptions];
    this.#lossSums[at] = words[entry + HEARD.lossSumDdb];
    this.#excessSums[at] = Number.NaN;
  }

  #grow(): void {
    const length = this.counterpart.length * 2;
    this.counterpart = grown(new Uint32Array(length), this.counterpart);
    this.challenge = grown(new Uint32Array(length), this.challenge);
    this.distanceM = grown(new Float64Array(length), this.distanceM);
    this.squared = grown(new Float64Array(length), this.squared);
    this.notable = grown(new Uint32Array(length), this.notable);
    this.#mayBeStrong = grown(new Uint8Array(length), this.#mayBeStrong);
    this.#directed = grown(new Int32Array(length * WAYS), this.#directed);
    this.#receptions = grown(new Int32Array(length * WAYS), this.#receptions);
    this.#lossSums = grown(new Int32Array(length * WAYS), this.#lossSums);
    this.#excessSums = grown(new Float64Array(length * WAYS), this.#excessSums);
  }
}

function grown<T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(larger: T, column: T): T {
  larger.set(column);
  return larger;
}

/**
 * Squared chord between the places of two hotspots, (1/256 m)². Where one is private, the nearest that its cell allows: a link that is short
 * for its loss, or far away, speaks against a place only if it does so from everywhere in the cell.
 */
export function lineChordSquared(lines: Int32Array, a: number, b: number): number {
  const square = betweenLines(lines, a, b);
  const [one, other] = [a * LINE_STRIDE, b * LINE_STRIDE];
  return hasPrivateEnd(lines, one, other) ? nearestChordSquared(lines, one, other, square) : square;
}

/** The farthest that the places of two hotspots allow: who is within it is near wherever the private ones stand. */
export function farthestLineChordSquared(lines: Int32Array, a: number, b: number): number {
  return farthestChordSquared(lines, a * LINE_STRIDE, b * LINE_STRIDE, betweenLines(lines, a, b));
}

/** Whether the place of a hotspot is known to its cell alone. */
export function isPrivateLine(lines: Int32Array, hotspot: number): boolean {
  return (lines[hotspot * LINE_STRIDE + LINE.meta] & META.private) !== 0;
}

function betweenLines(lines: Int32Array, a: number, b: number): number {
  const dx = lines[a * LINE_STRIDE + LINE.x] - lines[b * LINE_STRIDE + LINE.x];
  const dy = lines[a * LINE_STRIDE + LINE.y] - lines[b * LINE_STRIDE + LINE.y];
  const dz = lines[a * LINE_STRIDE + LINE.z] - lines[b * LINE_STRIDE + LINE.z];
  return dx * dx + dy * dy + dz * dz;
}
