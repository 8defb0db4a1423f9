/**
 * The links of one suspect whose counterparts may vote, with their places side by side: what looking for another place reads again and again.
 * Counterparts whose place is private abstain.
 */
import { LINE, LINE_STRIDE } from "../verify/hotspot-lines.ts";
import { isPrivateLine, type LinkColumns } from "./link-columns.ts";
import { isHalfAsFar } from "./silence.ts";
import type { Voters } from "./voters.ts";

const START = 256;
const AXES = 3;

export class OpenLinks {
  count = 0;
  /** Links whose counterparts abstain. */
  abstaining = 0;
  /** Of those that do not, links of at least the far distance. */
  far = 0;
  /** Link in the columns by place here. */
  link = new Uint32Array(START);
  counterpart = new Uint32Array(START);
  /** Coordinates, three a counterpart, 1/256 m. */
  place = new Float64Array(START * AXES);
  /** Squared chord to the suspect's asserted place. */
  ownSq = new Float64Array(START);
  readonly #lines: Int32Array;
  readonly #voters: Voters;
  #scratch = new Float64Array(START);

  constructor(lines: Int32Array, voters: Voters) {
    this.#lines = lines;
    this.#voters = voters;
  }

  fill(hotspot: number, links: LinkColumns, farM: number): void {
    if (links.count > this.link.length) this.#grow(links.count);
    const lines = this.#lines;
    let count = 0;
    let abstaining = 0;
    let far = 0;
    for (let at = 0; at < links.count; at++) {
      const counterpart = links.counterpart[at];
      if (!this.#voters.mayVote(hotspot, counterpart)) continue;
      if (isPrivateLine(lines, counterpart)) {
        abstaining++;
        continue;
      }
      if (links.distanceM[at] >= farM) far++;
      const line = counterpart * LINE_STRIDE;
      this.link[count] = at;
      this.counterpart[count] = counterpart;
      this.place[count * AXES] = lines[line + LINE.x];
      this.place[count * AXES + 1] = lines[line + LINE.y];
      this.place[count * AXES + 2] = lines[line + LINE.z];
      this.ownSq[count++] = links.squared[at];
    }
    this.count = count;
    this.abstaining = abstaining;
    this.far = far;
  }

  /** Squared chord between two of the counterparts, (1/256 m)². */
  squareBetween(a: number, b: number): number {
    const { place } = this;
    const dx = place[a * AXES] - place[b * AXES];
    const dy = place[a * AXES + 1] - place[b * AXES + 1];
    const dz = place[a * AXES + 2] - place[b * AXES + 2];
    return dx * dx + dy * dy + dz * dz;
  }

  /** How many of the links are at most half as long from one of the counterparts (`isHalfAsFar`). */
  explainedFrom(there: number): number {
    const { count, ownSq, place } = this;
    const x = place[there * AXES];
    const y = place[there * AXES + 1];
    const z = place[there * AXES + 2];
    let explained = 0;
    for (let at = 0; at < count; at++) {
      const dx = place[at * AXES] - x;
      const dy = place[at * AXES + 1] - y;
      const dz = place[at * AXES + 2] - z;
      if (isHalfAsFar(dx * dx + dy * dy + dz * dz, ownSq[at])) explained++;
    }
    return explained;
  }

  /** Lower median of the squared chords from one of the counterparts to the others. */
  medianSq(there: number): number {
    const scratch = this.#scratch;
    let count = 0;
    for (let at = 0; at < this.count; at++) if (at !== there) scratch[count++] = this.squareBetween(there, at);
    scratch.subarray(0, count).sort();
    return count === 0 ? 0 : scratch[(count - 1) >> 1];
  }

  #grow(count: number): void {
    const length = 2 * count;
    this.link = new Uint32Array(length);
    this.counterpart = new Uint32Array(length);
    this.place = new Float64Array(length * AXES);
    this.ownSq = new Float64Array(length);
    this.#scratch = new Float64Array(length);
  }
}
