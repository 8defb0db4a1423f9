/**
 * What the receptions of drawn beacons come to by beaconer and witness: one entry for each that heard another, however often.
 *
 * All that is asked of a hotspot's links afterwards is asked of these, a third of the receptions. Sums are integers, so they do not depend on
 * the order of receptions. Excess over free space, which few are asked for, is reckoned from the receptions when it is.
 */
import { surfaceDistanceM } from "@earshot/geo";
import type { LossTable } from "../radio/path-loss.ts";
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { type DrawnReceptions, RECEPTION, RECEPTION_STRIDE } from "./drawn-receptions.ts";
import { levelDdbm } from "./link.ts";
import { rowExcessDdb } from "./row-loss.ts";

/** Words of a link: who heard (and STRONG_BIT), receptions, sum of what was lost (0.1 dB), row of its first challenge. */
export const HEARD = { witness: 0, receptions: 1, lossSumDdb: 2, challenge: 3 } as const;
export const HEARD_STRIDE = 4;
/** Set beside the witness where a reception may be stronger than the place of an honest end allows; without it none is. */
export const STRONG_BIT = 1 << 24;
export const WITNESS_MASK = STRONG_BIT - 1;

/** Power lost on the way of a reception, 0.1 dB: 16 bits, as sums are built of it. */
export function lossOf(eirpDdbm: number, gainDdbi: number, signal: number): number {
  const lost = eirpDdbm + gainDdbi - levelDdbm(signal >> 16, (signal << 16) >> 16);
  return (lost << 16) >> 16;
}

export class DirectedLinks {
  /** Links of beaconer h stand at `first[h]` to before `first[h + 1]`. */
  readonly first: Uint32Array;
  readonly words: Int32Array;
  /** Squared chord between the two asserted places, (1/256 m)². */
  readonly squared: Float64Array;
  readonly receptions: DrawnReceptions;
  readonly #firstDrawn: Uint32Array;
  readonly #lines: Int32Array;
  readonly #loss: LossTable;

  /** Room for as many links as there are receptions. `firstDrawn`: where the drawn beacons of each hotspot begin (drawn-groups.ts). */
  constructor(receptions: DrawnReceptions, firstDrawn: Uint32Array, lines: Int32Array, loss: LossTable) {
    const most = receptions.words.length / RECEPTION_STRIDE;
    this.first = new Uint32Array(firstDrawn.length);
    this.words = new Int32Array(most * HEARD_STRIDE);
    this.squared = new Float64Array(most);
    this.receptions = receptions;
    this.#firstDrawn = firstDrawn;
    this.#lines = lines;
    this.#loss = loss;
  }

  /** What the receptions of a link lost beyond free space, summed, 0.1 dB. */
  excessSumDdb(beaconer: number, link: number): number {
    const { challenge: _, eirpDdbm, end: ends, start, words } = this.receptions;
    const witness = this.words[link * HEARD_STRIDE + HEARD.witness] & WITNESS_MASK;
    const gain = this.#lines[witness * LINE_STRIDE + LINE.gain];
    const distanceM = surfaceDistanceM(this.squared[link]);
    let sum = 0;
    for (let place = this.#firstDrawn[beaconer]; place < this.#firstDrawn[beaconer + 1]; place++) {
      const end = ends[place] * RECEPTION_STRIDE;
      for (let at = start[place] * RECEPTION_STRIDE; at < end; at += RECEPTION_STRIDE) {
        if (words[at + RECEPTION.witness] !== witness) continue;
        const lost = lossOf(eirpDdbm[place], gain, words[at + RECEPTION.signal]);
        const excess = rowExcessDdb(this.#loss, lost, distanceM, words[at + RECEPTION.frequencyHz]);
        sum += (excess << 16) >> 16;
      }
    }
    return sum;
  }
}
