/**
 * Challenges derived from the chain itself: no oracle is asked and none believed, only the RPC endpoint for its blocks.
 *
 * The minutes of an interval are walked once, from its first; what was walked stays known until the next interval. The region's
 * channel and data rate are the beaconer's to derive.
 */
import { deriveChallenge, minutesPerInterval } from "@earshot/poc/protocol";
import type { BlockSource } from "./chain-blocks.ts";
import type { ChallengeNews, ChallengeSource, DrawnChallenge } from "./challenge-source.ts";
import type { ProofParameters } from "./proof-parameters.ts";

export class ChainChallenges implements ChallengeSource {
  readonly #blocks: BlockSource;
  readonly #key: Uint8Array;
  #start = -1;
  /** First minute of the interval that was not looked at. */
  #next = -1;
  #drawn: DrawnChallenge | null = null;

  constructor(blocks: BlockSource, key: Uint8Array) {
    this.#blocks = blocks;
    this.#key = key;
  }

  async ask(start: number, { times }: ProofParameters, _waitMs: number, stop: AbortSignal): Promise<ChallengeNews> {
    if (start !== this.#start) {
      this.#start = start;
      this.#next = start;
      this.#drawn = null;
    }
    try {
      const end = start + minutesPerInterval(times);
      while (this.#drawn === null && this.#next < end && !stop.aborted) {
        const block = await this.#blocks.firstBlockAt(this.#next * times.entropyMs, stop);
        if (block === undefined) return { kind: "not_drawn", knownUntil: this.#next - 1 };
        const challenge = deriveChallenge(this.#key, this.#next, block.blockhash, times);
        if (challenge !== undefined) this.#drawn = { challenge, frequencyHz: null, dataRate: null };
        else this.#next++;
      }
    } catch (error) {
      return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
    }
    return this.#drawn === null ? { kind: "failed", reason: "stopped" } : { kind: "drawn", drawn: this.#drawn };
  }
}
