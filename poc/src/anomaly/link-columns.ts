/**
 * The links of one hotspot as columns, filled from its receptions and then read through one view that is moved along them.
 *
 * Sums are integers, so they do not depend on the order of receptions; only the order of the links does, and nothing may be decided by
 * that. One object serves all suspects of an epoch in turn: nothing is allocated for a link.
 */
import { surfaceDistanceM } from "@earshot/geo";
import type { LossTable } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE, META } from "../verify/hotspot-lines.ts";
import { farthestChordSquared, hasPrivateEnd, nearestChordSquared } from "../verify/private-reach.ts";
import type { Link } from "./link.ts";
import { rowExcessDdb } from "./row-loss.ts";

/** Int32 words of a reception: counterpart and direction, loss (0.1 dB), frequency (Hz), row of the challenge. */
export const RECEPTION_STRIDE = 4;
/** Set in the first word of a reception that the hotspot made itself; without it the counterpart heard the hotspot. */
export const HEARD_BIT = 1 << 24;
const ID_MASK = HEARD_BIT - 1;
const START = 256;
/** Receptions and sums of one direction stand three apart in a link's six sums. */
const SUM = { receptions: 0, loss: 1, excess: 2, heard: 3, stride: 6 } as const;

/** A link with the hotspot at its other end. */
export interface SuspectLink extends Link {
  readonly counterpart: number;
  /** Row of the first challenge whose reports the link stands on. */
  readonly challenge: number;
}

interface MovingDirection {
  receptions: number;
  lossSumDdb: number;
  excessSumDdb: number;
}

/** The view: the same object for every link. */
class MovingLink implements SuspectLink {
  counterpart = 0;
  challenge = 0;
  distanceM = 0;
  readonly sent: MovingDirection = { receptions: 0, lossSumDdb: 0, excessSumDdb: 0 };
  readonly heard: MovingDirection = { receptions: 0, lossSumDdb: 0, excessSumDdb: 0 };
}

export class LinkColumns {
  count = 0;
  counterpart = new Uint32Array(START);
  challenge = new Uint32Array(START);
  distanceM = new Float64Array(START);
  /** Not rounded to metres: what free space takes is reckoned from it. */
  #exactM = new Float64Array(START);
  #sums = new Float64Array(START * SUM.stride);
  readonly #lines: Int32Array;
  readonly #loss: LossTable;
  /** Link of each hotspot, -1 without one. */
  readonly #linkOf: Int32Array;
  readonly #view = new MovingLink();

  /** `lines`: hotspot lines (verify/hotspot-lines.ts). */
  constructor(lines: Int32Array, loss: LossTable) {
    this.#lines = lines;
    this.#loss = loss;
    this.#linkOf = new Int32Array(lines.length / LINE_STRIDE).fill(-1);
  }

  /** Takes the receptions of `hotspot`: words `from` to before `to` of `receptions`. */
  fill(hotspot: number, receptions: Int32Array, from: number, to: number): void {
    this.clear();
    for (let at = from; at < to; at += RECEPTION_STRIDE) {
      const word = receptions[at];
      const link = this.#linkWith(hotspot, word & ID_MASK, receptions[at + 3] >>> 0);
      const lost = receptions[at + 1];
      const excess = rowExcessDdb(this.#loss, lost, this.#exactM[link], receptions[at + 2]);
      const sums = this.#sums;
      const first = link * SUM.stride + ((word & HEARD_BIT) === 0 ? 0 : SUM.heard);
      sums[first]++;
      sums[first + SUM.loss] += lost;
      sums[first + SUM.excess] += (excess << 16) >> 16;
    }
  }

  /** Adds one that a counterpart made of `hotspot`, by its loss alone: no excess is summed. */
  addSent(hotspot: number, counterpart: number, lossDdb: number, challenge: number): void {
    const link = this.#linkWith(hotspot, counterpart, challenge);
    const sums = this.#sums;
    sums[link * SUM.stride]++;
    sums[link * SUM.stride + SUM.loss] += lossDdb;
  }

  /** Takes no receptions. */
  clear(): void {
    const linkOf = this.#linkOf;
    for (let link = 0; link < this.count; link++) linkOf[this.counterpart[link]] = -1;
    this.count = 0;
  }

  /** The link of a counterpart, -1 without one. */
  linkOf(counterpart: number): number {
    return this.#linkOf[counterpart];
  }

  /** A link; valid until the next call. */
  at(link: number): SuspectLink {
    const view = this.#view;
    const sums = this.#sums;
    const first = link * SUM.stride;
    view.counterpart = this.counterpart[link];
    view.challenge = this.challenge[link];
    view.distanceM = this.distanceM[link];
    view.sent.receptions = sums[first];
    view.sent.lossSumDdb = sums[first + SUM.loss];
    view.sent.excessSumDdb = sums[first + SUM.excess];
    view.heard.receptions = sums[first + SUM.heard];
    view.heard.lossSumDdb = sums[first + SUM.heard + SUM.loss];
    view.heard.excessSumDdb = sums[first + SUM.heard + SUM.excess];
    return view;
  }

  #linkWith(hotspot: number, counterpart: number, challenge: number): number {
    let link = this.#linkOf[counterpart];
    if (link === -1) {
      link = this.#open(hotspot, counterpart);
      this.#linkOf[counterpart] = link;
    }
    if (challenge < this.challenge[link]) this.challenge[link] = challenge;
    return link;
  }

  #open(hotspot: number, counterpart: number): number {
    if (this.count === this.counterpart.length) this.#grow();
    const link = this.count++;
    this.counterpart[link] = counterpart;
    this.challenge[link] = 0xffff_ffff;
    const exactM = surfaceDistanceM(lineChordSquared(this.#lines, hotspot, counterpart));
    this.#exactM[link] = exactM;
    this.distanceM[link] = Math.floor(exactM);
    this.#sums.fill(0, link * SUM.stride, (link + 1) * SUM.stride);
    return link;
  }

  #grow(): void {
    const length = this.counterpart.length * 2;
    this.counterpart = grown(new Uint32Array(length), this.counterpart);
    this.challenge = grown(new Uint32Array(length), this.challenge);
    this.distanceM = grown(new Float64Array(length), this.distanceM);
    this.#exactM = grown(new Float64Array(length), this.#exactM);
    this.#sums = grown(new Float64Array(length * SUM.stride), this.#sums);
  }
}

function grown<T extends Uint32Array | Float64Array>(larger: T, column: T): T {
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
