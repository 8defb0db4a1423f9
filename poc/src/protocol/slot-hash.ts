/**
 * The hash behind sortition, in buffers that are used again for each try; what its bytes mean is said in sortition.ts.
 */
import { readU32BigEndian, writeSafeU64 } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES } from "./device-key.ts";
import { sha256Into } from "./hash.ts";

const SLOT_PREFIX = new TextEncoder().encode("slot");
const CHALLENGE_PREFIX = new TextEncoder().encode("challenge");
/** Bytes of E(m). */
export const ENTROPY_BYTES = 32;
export const ENTROPY_WORDS = ENTROPY_BYTES / 4;
const SLOT_MESSAGE_BYTES = 4 + ENTROPY_BYTES + DEVICE_KEY_BYTES;
const CHALLENGE_MESSAGE_BYTES = 9 + 8 + ENTROPY_BYTES + DEVICE_KEY_BYTES;

/** The message and digest of a draw in buffers that are used again for each try. */
export class SlotHash {
  /** The message by words: entropy is its words 1 to 8. */
  readonly #words = new Int32Array(Math.ceil(SLOT_MESSAGE_BYTES / 4));
  readonly #message = new Uint8Array(this.#words.buffer, 0, SLOT_MESSAGE_BYTES);
  readonly #digest = new Uint8Array(32);
  readonly #challenge = new Uint8Array(CHALLENGE_MESSAGE_BYTES);

  constructor() {
    this.#message.set(SLOT_PREFIX, 0);
    this.#challenge.set(CHALLENGE_PREFIX, 0);
  }

  setKey(keys: Uint8Array, offset: number): void {
    const message = this.#message;
    for (let i = 0; i < DEVICE_KEY_BYTES; i++) message[36 + i] = keys[offset + i]!;
  }

  setEntropy(entropy: Uint8Array, offset: number): void {
    const message = this.#message;
    for (let i = 0; i < ENTROPY_BYTES; i++) message[4 + i] = entropy[offset + i]!;
  }

  /** The same from a table of E(m) by words, eight a minute: a fifth less for each of the many tries of `challengesOf`. */
  setEntropyWords(entropy: Int32Array, offset: number): void {
    const words = this.#words;
    words[1] = entropy[offset]!;
    words[2] = entropy[offset + 1]!;
    words[3] = entropy[offset + 2]!;
    words[4] = entropy[offset + 3]!;
    words[5] = entropy[offset + 4]!;
    words[6] = entropy[offset + 5]!;
    words[7] = entropy[offset + 6]!;
    words[8] = entropy[offset + 7]!;
  }

  draw(): void {
    sha256Into(this.#message, this.#digest);
  }

  isBelow(thresholds: Thresholds, s: number): boolean {
    if (s === thresholds.last) return true;
    const high = readU32BigEndian(this.#digest, 0);
    const bound = thresholds.high[s]!;
    if (high !== bound) return high < bound;
    return readU32BigEndian(this.#digest, 4) < thresholds.low[s]!;
  }

  /** From the start of the minute to the transmission, ms. */
  transmitDelayMs(times: { readonly transmitDelayMs: number; readonly transmitSpreadMs: number }): number {
    return times.transmitDelayMs + (readU32BigEndian(this.#digest, 8) % times.transmitSpreadMs);
  }

  channelDraw(): number {
    return (this.#digest[12]! << 8) | this.#digest[13]!;
  }

  challengeIdInto(minute: number, id: Uint8Array): void {
    writeSafeU64(this.#challenge, 9, minute);
    this.#challenge.set(this.#message.subarray(4), 17);
    sha256Into(this.#challenge, id);
  }
}

export interface Thresholds {
  /** Index of the last minute, in which the draw always hits. */
  readonly last: number;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const thresholdCache = new Map<number, Thresholds>();

/** floor(2^64 / (n - s)) for each s, in two words; the last one is 2^64 and is not stored. */
export function slotThresholds(n: number): Thresholds {
  const cached = thresholdCache.get(n);
  if (cached !== undefined) return cached;
  const high = new Uint32Array(n);
  const low = new Uint32Array(n);
  for (let s = 0; s < n - 1; s++) {
    const bound = (1n << 64n) / BigInt(n - s);
    high[s] = Number(bound >> 32n);
    low[s] = Number(bound & 0xffff_ffffn);
  }
  const thresholds = { last: n - 1, high, low };
  thresholdCache.set(n, thresholds);
  return thresholds;
}
