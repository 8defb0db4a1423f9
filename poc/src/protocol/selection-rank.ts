/**
 * The rank that decides which valid witnesses of a challenge are paid: SHA-256(E(m') || challengeId || witnessKey).
 *
 * m' is the first minute that begins after the challenge's window closed, so nobody knows a rank while it can still report.
 * The rank is the first u64 of the digest, big-endian, in two words; lower is better. Two witnesses with one rank (2^-64) are
 * ordered by key bytes by the caller.
 */
import { checkBytes, readU32BigEndian } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES } from "./device-key.ts";
import { sha256Into } from "./hash.ts";

/** Ranks witnesses of one challenge at a time, allocating nothing per witness: `begin`, then `rank`, then read `hi`, `lo`. */
export class SelectionRank {
  /** First four bytes of the last ranked digest. */
  hi = 0;
  /** The next four. */
  lo = 0;
  readonly #message = new Uint8Array(64 + DEVICE_KEY_BYTES);
  readonly #digest = new Uint8Array(32);

  /** Sets the challenge: 32 bytes of E(m') and 32 of the id, from the given offsets. */
  begin(entropy: Uint8Array, entropyOffset: number, challengeIds: Uint8Array, idOffset: number): void {
    this.#message.set(checkBytes(entropy.subarray(entropyOffset, entropyOffset + 32), 32, "entropy"), 0);
    this.#message.set(checkBytes(challengeIds.subarray(idOffset, idOffset + 32), 32, "challengeId"), 32);
  }

  /** Ranks the hotspot at row `hotspot` of a key table with 33 bytes a row. */
  rank(keys: Uint8Array, hotspot: number): void {
    const message = this.#message;
    const offset = hotspot * DEVICE_KEY_BYTES;
    for (let i = 0; i < DEVICE_KEY_BYTES; i++) message[64 + i] = keys[offset + i]!;
    sha256Into(message, this.#digest);
    this.hi = readU32BigEndian(this.#digest, 0);
    this.lo = readU32BigEndian(this.#digest, 4);
  }
}
