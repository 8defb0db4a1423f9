/**
 * The rank that decides which valid witnesses of a challenge are paid: HalfSipHash-2-4 of the witness's gatewayId, keyed with the
 * first eight bytes of SHA-256(E(m') || challengeId).
 *
 * m' is the first minute that begins after the challenge's window closed, so nobody knows a rank while it can still report, and
 * the gatewayId is the first eight bytes of SHA-256(key). Lower is better. Ranks are two uint32, the first more significant; two
 * witnesses with one rank (2^-64) are ordered by key bytes by the caller. Why not SHA-256 per witness: docs/adr/0005.
 */
import { pocError } from "../errors.ts";
import { readU32 } from "./byte-codec.ts";
import { type HalfSipHashOutput, halfSipHash8, halfSipHash8First } from "./half-sip-hash.ts";
import { sha256Into } from "./hash.ts";

/** Ranks witnesses of one challenge at a time, allocating nothing per witness: `begin`, then `rank`, then read `hi`, `lo`. */
export class SelectionRank {
  readonly #message = new Uint8Array(64);
  readonly #digest = new Uint8Array(32);
  readonly #output: HalfSipHashOutput = { first: 0, second: 0 };
  #key0 = 0;
  #key1 = 0;

  /** More significant word of the last rank. */
  get hi(): number {
    return this.#output.first;
  }

  /** Less significant word of the last rank. */
  get lo(): number {
    return this.#output.second;
  }

  /** Sets the challenge: 32 bytes of E(m') and 32 of the id, from the given offsets. Throws POC_BAD_LENGTH where they end early. */
  begin(entropy: Uint8Array, entropyOffset: number, challengeIds: Uint8Array, idOffset: number): void {
    if (entropyOffset + 32 > entropy.length || idOffset + 32 > challengeIds.length) {
      throw pocError("POC_BAD_LENGTH", "a challenge has 32 bytes of entropy and 32 of id; the tables end before");
    }
    const message = this.#message;
    for (let i = 0; i < 32; i++) {
      message[i] = entropy[entropyOffset + i];
      message[32 + i] = challengeIds[idOffset + i];
    }
    sha256Into(message, this.#digest);
    this.#key0 = readU32(this.#digest, 0);
    this.#key1 = readU32(this.#digest, 4);
  }

  /** Ranks the hotspot at row `hotspot` of a table of gatewayIds, two little-endian words a row. */
  rank(gatewayIds: Uint32Array, hotspot: number): void {
    halfSipHash8(this.#key0, this.#key1, gatewayIds[2 * hotspot], gatewayIds[2 * hotspot + 1], this.#output);
  }

  /** More significant words of the ranks of `count` hotspots, given by row. */
  upperWordsInto(gatewayIds: Uint32Array, hotspots: Uint32Array, count: number, words: Uint32Array): void {
    const key0 = this.#key0;
    const key1 = this.#key1;
    for (let i = 0; i < count; i++) {
      const at = 2 * hotspots[i];
      words[i] = halfSipHash8First(key0, key1, gatewayIds[at], gatewayIds[at + 1]);
    }
  }
}
