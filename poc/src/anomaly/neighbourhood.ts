/** Who took part in the epoch near a place, and whom of these a hotspot has no link with. */
import type { EpochContext } from "../epoch/epoch-context.ts";
import { NearIndex } from "./near-index.ts";
import type { LinkTally } from "./tally-links.ts";
import type { Voters } from "./voters.ts";

/** Neighbours are looked for up to this distance, m. */
const FARTHEST_M = 20_000;

export class Neighbourhood {
  readonly #lines: Int32Array;
  readonly #count: number;
  readonly #tally: LinkTally;
  readonly #voters: Voters;
  #index: NearIndex | undefined;

  constructor({ hotspots }: EpochContext, tally: LinkTally, voters: Voters) {
    this.#lines = hotspots.lines;
    this.#count = hotspots.count;
    this.#tally = tally;
    this.#voters = voters;
  }

  /**
   * Voters on a hotspot within `radiusM` of the asserted place of `there`, in no particular order: silence around its own place speaks
   * against it, so those are surely near; around another's place it clears it, and all that may be near count.
   */
  voters(hotspot: number, there: number, radiusM: number): number[] {
    // Few epochs have anybody to ask for, so the index is built for the first of them.
    this.#index ??= new NearIndex(this.#lines, this.#active());
    const around = this.#index.around(there, Math.min(radiusM, FARTHEST_M), there === hotspot);
    return around.filter((other) => other !== hotspot && this.#voters.mayVote(hotspot, other));
  }

  /** How many of these have no link with it. */
  silent(hotspot: number, there: number, radiusM: number, isLinked: (other: number) => boolean): number {
    return this.voters(hotspot, there, radiusM).reduce((silent, other) => (isLinked(other) ? silent : silent + 1), 0);
  }

  #active(): Uint8Array {
    const { heard, sent } = this.#tally;
    const active = new Uint8Array(this.#count);
    for (let one = 0; one < active.length; one++) if (heard[one] > 0 && sent[one] > 0) active[one] = 1;
    return active;
  }
}
