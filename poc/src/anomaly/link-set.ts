/** Undirected links, written down as they come, any of them more than once, and read by either end. */

const ENDS = 2;
const START = 256;

/** The other ends of the links of hotspot h are those at `first[h]` to before `first[h + 1]`; one may stand there more than once. */
export interface Counterparts {
  readonly first: Uint32Array;
  readonly counterpart: Uint32Array;
}

export class LinkSet {
  #ends = new Uint32Array(START * ENDS);
  #length = 0;

  add(hotspot: number, counterpart: number): void {
    if (this.#length === this.#ends.length) {
      const larger = new Uint32Array(this.#length * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.#length] = hotspot;
    this.#ends[this.#length + 1] = counterpart;
    this.#length += ENDS;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** By hotspot 0 to `hotspots` − 1, each link at both ends. */
  byHotspot(hotspots: number): Counterparts {
    const ends = this.#ends;
    const first = new Uint32Array(hotspots + 1);
    for (let at = 0; at < this.#length; at++) first[ends[at]]++;
    for (let hotspot = 0, before = 0; hotspot <= hotspots; hotspot++) {
      before += first[hotspot];
      first[hotspot] = before;
    }
    // From behind, so that what counted to the end of each hotspot's links comes down to their beginning.
    const counterpart = new Uint32Array(this.#length);
    for (let at = 0; at < this.#length; at += ENDS) {
      counterpart[--first[ends[at]]] = ends[at + 1];
      counterpart[--first[ends[at + 1]]] = ends[at];
    }
    return { first, counterpart };
  }
}
