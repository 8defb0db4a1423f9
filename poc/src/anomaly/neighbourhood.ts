/** Who took part in the epoch near a place, and whom of these a hotspot has no link with. */
import type { EpochContext } from "../epoch/epoch-context.ts";
import { NearIndex } from "./near-index.ts";
import type { LinkTally } from "./tally-links.ts";
import type { Voters } from "./voters.ts";

/** Neighbours are looked for up to this distance, m. */
const FARTHEST_M = 20_000;

export class Neighbourhood {
  readonly #index: () => NearIndex;
  readonly #voters: Voters;

  private constructor(index: () => NearIndex, voters: Voters) {
    this.#index = index;
    this.#voters = voters;
  }

  static of({ hotspots: { lines } }: EpochContext, tally: LinkTally, voters: Voters): Neighbourhood {
    let index: NearIndex | undefined;
    // Few epochs have anybody to ask for, so the index is built for the first of them.
    return new Neighbourhood(() => {
      index ??= new NearIndex(lines, activeOf(tally));
      return index;
    }, voters);
  }

  /** The same places with other voters. */
  among(voters: Voters): Neighbourhood {
    return new Neighbourhood(this.#index, voters);
  }

  /**
   * Voters on a hotspot within `radiusM` of the asserted place of `there`, in no particular order: silence around its own place speaks
   * against it, so those are surely near; around another's place it clears it, and all that may be near count.
   */
  voters(hotspot: number, there: number, radiusM: number): number[] {
    const around = this.#index().around(there, Math.min(radiusM, FARTHEST_M), there === hotspot);
    return around.filter((other) => other !== hotspot && this.#voters.mayVote(hotspot, other));
  }

  /** How many of these have no link with it. */
  silent(hotspot: number, there: number, radiusM: number, isLinked: (other: number) => boolean): number {
    return this.voters(hotspot, there, radiusM).reduce((silent, other) => (isLinked(other) ? silent : silent + 1), 0);
  }
}

/** 1 by hotspot for those that reported and were reported. */
function activeOf({ heard, sent }: LinkTally): Uint8Array {
  const active = new Uint8Array(heard.length);
  for (let one = 0; one < active.length; one++) if (heard[one] > 0 && sent[one] > 0) active[one] = 1;
  return active;
}
