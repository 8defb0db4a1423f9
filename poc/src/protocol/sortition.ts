/**
 * Who beacons when: every hotspot exactly once an interval, in a minute that is uniform and unknown before its entropy.
 *
 * Intervals have n minutes and are aligned to the Unix epoch. Let D = SHA-256("slot" || E(m) || key), 4 + 32 + 33 bytes. A
 * hotspot that had no challenge yet in its interval has one in minute s of it (counted from 0) if the first 8 bytes of D, read
 * as a big-endian u64, are below floor(2^64 / (n - s)); in the last minute always. The rest of the challenge is D too:
 *
 *   bytes 8..11   u32, big-endian: transmit time = start of the minute + delay + (u32 mod spread), ms
 *   bytes 12..13  u16, big-endian: channel index = u16 mod the channels of the region
 *   bytes 14..15  u16, big-endian: data rate index = u16 mod the beacon data rates of the region
 *
 * A draw mod k favours the low values by at most k / 2^16 of their chance (k / 2^32 for the time), which is worth nothing to
 * anybody. The challenge id is SHA-256("challenge" || minute u64 little-endian || E(m) || key).
 */
import { pocError } from "../errors.ts";
import { checkBytes, checkInteger, checkSafeU64, readU32BigEndian, writeSafeU64 } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES } from "./device-key.ts";
import { DEFAULT_ENTROPY_MS } from "./entropy.ts";
import { sha256Into } from "./hash.ts";

/** The times of `NetworkParameters` that sortition reads. */
export interface SortitionTimes {
  /** Length of a minute, ms: 60,000 except in `demo`. */
  readonly entropyMs: number;
  /** Length of an interval, ms; a whole number n of minutes. */
  readonly intervalMs: number;
  /** From the start of the minute to the earliest transmission, ms. */
  readonly transmitDelayMs: number;
  /** Transmissions are spread over this long after that, ms. */
  readonly transmitSpreadMs: number;
}

export const DEFAULT_SORTITION: SortitionTimes = {
  entropyMs: DEFAULT_ENTROPY_MS,
  intervalMs: 360 * DEFAULT_ENTROPY_MS,
  transmitDelayMs: 30_000,
  transmitSpreadMs: 30_000,
};

export interface Challenge {
  /** The minute m, counted from the Unix epoch. */
  readonly minute: number;
  /** 32 bytes. */
  readonly challengeId: Uint8Array;
  /** When to transmit, ms since the Unix epoch. */
  readonly transmitMs: number;
  /** u16; the channel is this modulo the channels of the region. */
  readonly channelDraw: number;
  /** u16; the data rate is this modulo the beacon data rates of the region. */
  readonly dataRateDraw: number;
}

const SLOT_PREFIX = new TextEncoder().encode("slot");
const CHALLENGE_PREFIX = new TextEncoder().encode("challenge");
const ENTROPY_BYTES = 32;
const SLOT_MESSAGE_BYTES = 4 + ENTROPY_BYTES + DEVICE_KEY_BYTES;
const CHALLENGE_MESSAGE_BYTES = 9 + 8 + ENTROPY_BYTES + DEVICE_KEY_BYTES;
/** Most minutes of an interval: a day of them. Bounds the table of thresholds. */
const MAX_MINUTES_PER_INTERVAL = 1440;

/** n: the minutes of an interval. Throws POC_BAD_PARAMETERS if the times do not fit together. */
export function minutesPerInterval(times: SortitionTimes): number {
  const { entropyMs, intervalMs, transmitDelayMs, transmitSpreadMs } = times;
  const n = intervalMs / entropyMs;
  const fits =
    [entropyMs, intervalMs, transmitDelayMs, transmitSpreadMs].every((ms) => Number.isSafeInteger(ms) && ms >= 0) &&
    Number.isInteger(n) &&
    n >= 1 &&
    n <= MAX_MINUTES_PER_INTERVAL &&
    transmitSpreadMs >= 1 &&
    transmitDelayMs + transmitSpreadMs <= entropyMs;
  if (!fits) throw pocError("POC_BAD_PARAMETERS", `sortition times do not fit together: ${JSON.stringify(times)}`);
  return n;
}

/** The first minute of the interval that `minute` is in. */
export function intervalStart(minute: number, times: SortitionTimes = DEFAULT_SORTITION): number {
  return minute - (checkSafeU64(minute, "minute") % minutesPerInterval(times));
}

/**
 * The challenge that entropy `E(minute)` gives to `key`, or undefined if it gives none. Looks at this minute alone: the caller
 * knows that the hotspot had none in the minutes before (`findChallenge` finds out).
 * @throws POC_BAD_LENGTH, POC_BAD_ENCODING, POC_BAD_PARAMETERS
 */
export function deriveChallenge(
  key: Uint8Array,
  minute: number,
  entropy: Uint8Array,
  times: SortitionTimes = DEFAULT_SORTITION,
): Challenge | undefined {
  const n = minutesPerInterval(times);
  const slot = new SlotHash();
  slot.setKey(checkBytes(key, DEVICE_KEY_BYTES, "key"), 0);
  slot.setEntropy(checkBytes(entropy, ENTROPY_BYTES, "entropy"), 0);
  slot.draw();
  if (!slot.isBelow(slotThresholds(n), checkSafeU64(minute, "minute") % n)) return undefined;
  const challengeId = new Uint8Array(32);
  slot.challengeIdInto(minute, challengeId);
  return {
    minute,
    challengeId,
    transmitMs: minute * times.entropyMs + slot.transmitDelayMs(times),
    channelDraw: slot.channelDraw(),
    dataRateDraw: slot.dataRateDraw(),
  };
}

/**
 * The challenge of `key` in the interval that starts at minute `start`, walking the minutes from the first and stopping at the
 * first one whose entropy is not known yet; undefined if there is none so far.
 * @throws POC_BAD_LENGTH, POC_BAD_PARAMETERS (also if `start` does not start an interval)
 */
export function findChallenge(
  key: Uint8Array,
  start: number,
  entropyOf: (minute: number) => Uint8Array | undefined,
  times: SortitionTimes = DEFAULT_SORTITION,
): Challenge | undefined {
  checkAligned(start, times);
  const end = start + minutesPerInterval(times);
  for (let minute = start; minute < end; minute++) {
    const entropy = entropyOf(minute);
    if (entropy === undefined) return undefined;
    const challenge = deriveChallenge(key, minute, entropy, times);
    if (challenge !== undefined) return challenge;
  }
  throw pocError("POC_INVARIANT", "an interval ended without a challenge");
}

/** Challenges as columns, one row per hotspot and interval, ordered by (minute, hotspot). */
export interface ChallengeColumns {
  readonly length: number;
  /** Row of the hotspot in the key table. */
  readonly hotspot: Uint32Array;
  /** Minute since the Unix epoch. */
  readonly minute: Uint32Array;
  /** Transmit time, ms since the start of the first minute given. */
  readonly transmitOffsetMs: Uint32Array;
  readonly channelDraw: Uint16Array;
  readonly dataRateDraw: Uint16Array;
  /** 32 bytes a row. */
  readonly challengeId: Uint8Array;
}

/**
 * Every challenge of whole intervals, for all hotspots: `keys` is 33 bytes a hotspot, `entropy` 32 bytes a minute from
 * `firstMinute` on. Allocates its columns and nothing per try; a hotspot and interval takes (n + 1) / 2 hashes on average.
 * @throws POC_BAD_LENGTH if a table is not whole rows or whole intervals, POC_BAD_ENCODING if a minute does not fit a u32 or
 * the minutes span more than 2^32 ms, POC_BAD_PARAMETERS
 */
export function challengesOf(
  keys: Uint8Array,
  firstMinute: number,
  entropy: Uint8Array,
  times: SortitionTimes = DEFAULT_SORTITION,
): ChallengeColumns {
  checkAligned(firstMinute, times);
  const n = minutesPerInterval(times);
  const hotspots = keys.length / DEVICE_KEY_BYTES;
  const intervals = entropy.length / (ENTROPY_BYTES * n);
  if (!Number.isInteger(hotspots)) throw pocError("POC_BAD_LENGTH", `keys: ${keys.length} bytes are not rows of 33`);
  if (!Number.isInteger(intervals)) {
    throw pocError("POC_BAD_LENGTH", `entropy: ${entropy.length} bytes are not intervals of ${n} minutes`);
  }
  checkInteger(firstMinute + intervals * n, 0, 0xffff_ffff, "last minute");
  checkInteger(intervals * times.intervalMs, 0, 0xffff_ffff, "span in ms");

  // The winning s of each row of (interval, hotspot), then a counting sort by minute, which keeps the hotspots in order.
  const drawn = new Uint16Array(hotspots * intervals);
  const firstRow = new Uint32Array(intervals * n + 1);
  const thresholds = slotThresholds(n);
  const slot = new SlotHash();
  for (let interval = 0, at = 0; interval < intervals; interval++) {
    for (let hotspot = 0; hotspot < hotspots; hotspot++, at++) {
      slot.setKey(keys, hotspot * DEVICE_KEY_BYTES);
      let s = -1;
      do {
        s++;
        slot.setEntropy(entropy, (interval * n + s) * ENTROPY_BYTES);
        slot.draw();
      } while (!slot.isBelow(thresholds, s));
      drawn[at] = s;
      firstRow[interval * n + s + 1]!++;
    }
  }
  for (let i = 1; i < firstRow.length; i++) firstRow[i]! += firstRow[i - 1]!;

  const columns = allocateChallenges(drawn.length);
  const id = new Uint8Array(32);
  for (let at = 0; at < drawn.length; at++) {
    const hotspot = at % hotspots;
    const minuteIndex = Math.floor(at / hotspots) * n + drawn[at]!;
    const row = firstRow[minuteIndex]!++;
    slot.setKey(keys, hotspot * DEVICE_KEY_BYTES);
    slot.setEntropy(entropy, minuteIndex * ENTROPY_BYTES);
    slot.draw();
    slot.challengeIdInto(firstMinute + minuteIndex, id);
    columns.hotspot[row] = hotspot;
    columns.minute[row] = firstMinute + minuteIndex;
    columns.transmitOffsetMs[row] = minuteIndex * times.entropyMs + slot.transmitDelayMs(times);
    columns.channelDraw[row] = slot.channelDraw();
    columns.dataRateDraw[row] = slot.dataRateDraw();
    columns.challengeId.set(id, row * 32);
  }
  return columns;
}

function allocateChallenges(length: number): ChallengeColumns {
  return {
    length,
    hotspot: new Uint32Array(length),
    minute: new Uint32Array(length),
    transmitOffsetMs: new Uint32Array(length),
    channelDraw: new Uint16Array(length),
    dataRateDraw: new Uint16Array(length),
    challengeId: new Uint8Array(length * 32),
  };
}

/** The message and digest of a draw in buffers that are used again for each try. */
class SlotHash {
  readonly #message = new Uint8Array(SLOT_MESSAGE_BYTES);
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
  transmitDelayMs(times: SortitionTimes): number {
    return times.transmitDelayMs + (readU32BigEndian(this.#digest, 8) % times.transmitSpreadMs);
  }

  channelDraw(): number {
    return (this.#digest[12]! << 8) | this.#digest[13]!;
  }

  dataRateDraw(): number {
    return (this.#digest[14]! << 8) | this.#digest[15]!;
  }

  challengeIdInto(minute: number, id: Uint8Array): void {
    writeSafeU64(this.#challenge, 9, minute);
    this.#challenge.set(this.#message.subarray(4), 17);
    sha256Into(this.#challenge, id);
  }
}

interface Thresholds {
  /** Index of the last minute, in which the draw always hits. */
  readonly last: number;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const thresholdCache = new Map<number, Thresholds>();

/** floor(2^64 / (n - s)) for each s, in two words; the last one is 2^64 and is not stored. */
function slotThresholds(n: number): Thresholds {
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

function checkAligned(start: number, times: SortitionTimes): void {
  if (intervalStart(start, times) !== start) {
    throw pocError("POC_BAD_PARAMETERS", `minute ${start} does not start an interval`);
  }
}
