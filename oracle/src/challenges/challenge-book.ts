/**
 * Who is challenged in the running interval, as far as the entropy known says. Pure but for its memory of what it has looked at.
 *
 * A device asks once a minute until it is drawn, so the minutes it was not drawn in are not looked at twice.
 */
import { type Challenge, deriveChallenge, type SortitionTimes } from "@earshot/poc/protocol";
import type { EntropyBook } from "./entropy-book.ts";

interface Walk {
  /** The next minute to look at. */
  next: number;
  challenge: Challenge | undefined;
}

/** Devices whose walk is remembered; past it the memory starts anew. */
const MAX_WALKS = 2_000_000;

export class ChallengeBook {
  readonly #entropy: EntropyBook;
  readonly #times: SortitionTimes;
  #start = -1;
  #walks = new Map<string, Walk>();

  constructor(entropy: EntropyBook, times: SortitionTimes) {
    this.#entropy = entropy;
    this.#times = times;
  }

  /** The challenge of a device in the interval that starts at minute `start`; undefined while none is known. */
  challengeOf(key: Uint8Array, start: number): Challenge | undefined {
    if (start !== this.#start || this.#walks.size >= MAX_WALKS) {
      this.#start = start;
      this.#walks = new Map();
    }
    const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
    let walk = this.#walks.get(name);
    if (walk === undefined) {
      walk = { next: start, challenge: undefined };
      this.#walks.set(name, walk);
    }
    while (walk.challenge === undefined) {
      const record = this.#entropy.get(walk.next);
      if (record === undefined || walk.next > this.#entropy.knownUntil(start)) break;
      walk.challenge = deriveChallenge(key, walk.next, record.blockhash, this.#times);
      walk.next++;
    }
    return walk.challenge;
  }
}
