/** Who may vote on whom, and how many independent voices a set of votes is. */
import type { EpochContext } from "../epoch/epoch-context.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import { accusingShareE4, type Quorum, VoiceCounter } from "./ballot.ts";
import { STANCE, type VoteColumns } from "./vote-columns.ts";

export class Voters {
  readonly #owner: Uint32Array;
  readonly #cell: Uint32Array;
  /** 1 by hotspot with a known place and enough clean epochs. */
  readonly #isVoter: Uint8Array;
  readonly #counter: VoiceCounter;

  private constructor(owner: Uint32Array, cell: Uint32Array, isVoter: Uint8Array, counter: VoiceCounter) {
    this.#owner = owner;
    this.#cell = cell;
    this.#isVoter = isVoter;
    this.#counter = counter;
  }

  /** `owner`: dense owner id by hotspot. */
  static of(
    { cells8, hotspots }: EpochContext,
    { cleanEpochs: wanted }: AnomalyParameters,
    owner: Uint32Array,
    cleanEpochs: Uint16Array,
  ): Voters {
    const cells = cells8.hi.length;
    const isVoter = new Uint8Array(hotspots.count + 1);
    let owners = 0;
    for (let hotspot = 0; hotspot < hotspots.count; hotspot++) {
      if (owner[hotspot] >= owners) owners = owner[hotspot] + 1;
      if (cells8.of[hotspot] < cells && cleanEpochs[hotspot] >= wanted) isVoter[hotspot] = 1;
    }
    return new Voters(owner, cells8.of, isVoter, new VoiceCounter(owners, cells));
  }

  /** The same without some. */
  without(hotspots: Iterable<number>): Voters {
    const isVoter = this.#isVoter.slice();
    for (const hotspot of hotspots) isVoter[hotspot] = 0;
    return new Voters(this.#owner, this.#cell, isVoter, this.#counter);
  }

  /** New or self-linked hotspots carry no weight, for or against. */
  mayVote(hotspot: number, counterpart: number): boolean {
    return this.#isVoter[counterpart] === 1 && this.#owner[counterpart] !== this.#owner[hotspot];
  }

  isOneOwner(a: number, b: number): boolean {
    return this.#owner[a] === this.#owner[b];
  }

  /** Accusing share of the voices behind the votes, 1e-4; 0 below the quorum. */
  shareE4(votes: VoteColumns, quorum: Quorum): number {
    const least = Math.min(quorum.voters, quorum.certainVoters ?? quorum.voters);
    if (votes.accusing < least) return 0;
    const accusing = this.#voices(votes, STANCE.accuses, STANCE.certain);
    const certain = this.#voices(votes, STANCE.certain, STANCE.certain);
    return accusingShareE4(
      { accusing, certain, supporting: this.#voices(votes, STANCE.supports, STANCE.supports) },
      quorum,
    );
  }

  #voices({ count, counterpart, stance }: VoteColumns, from: number, to: number): number {
    this.#counter.clear();
    for (let vote = 0; vote < count; vote++)
      if (stance[vote] >= from && stance[vote] <= to)
        this.#counter.add(this.#owner[counterpart[vote]], this.#cell[counterpart[vote]]);
    return this.#counter.voices();
  }
}
