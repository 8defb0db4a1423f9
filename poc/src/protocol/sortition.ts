/**
 * Who beacons when: every hotspot exactly once an interval, in a minute that is uniform and unknown before its entropy.
 *
 * Intervals have n minutes and are aligned to the Unix epoch. Let D = SHA-256("slot" || E(m) || key), 4 + 32 + 33 bytes. A
 * hotspot that had no challenge yet in its interval has one in minute s of it (counted from 0) if the first 8 bytes of D, read
 * as a big-endian u64, are below floor(2^64 / (n - s)); in the last minute always. The rest of the challenge is D too:
 *
 *   bytes 8..11   u32, big-endian: transmit time = start of the minute + half a minute + (u32 mod half a minute in ms)
 *   bytes 12..13  u16, big-endian: channel index = u16 mod the channels of the region
 *   bytes 14..15  u16, big-endian: data rate index = u16 mod the beacon data rates of the region
 *
 * The bias of the two moduli is below 2^-9 for up to 128 channels and worth nothing to anybody. The challenge id is
 * SHA-256("challenge" || minute u64 little-endian || E(m) || key).
 */
import { pocError } from "../errors.ts";
import { checkBytes, checkSafeU64, readU32BigEndian, writeSafeU64 } from "./byte-codec.ts";
import { deviceKeyBytes } from "./device-key.ts";
import { defaultMinuteMs } from "./entropy.ts";
import { sha256Into } from "./hash.ts";

export interface SortitionParameters {
  /** n: minutes in an interval. */
  readonly minutesPerInterval: number;
  /** Length of a minute in ms, an even number; 60,000 except in `demo`. */
  readonly minuteMs: number;
}

export const defaultSortition: SortitionParameters = { minutesPerInterval: 360, minuteMs: defaultMinuteMs };

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

const slotPrefix = new TextEncoder().encode("slot");
const challengePrefix = new TextEncoder().encode("challenge");
const entropyBytes = 32;
const slotMessageBytes = 4 + entropyBytes + deviceKeyBytes;
const challengeMessageBytes = 9 + 8 + entropyBytes + deviceKeyBytes;

/** The first minute of the interval that `minute` is in. */
export function intervalStart(minute: number, parameters: SortitionParameters = defaultSortition): number {
  checkParameters(parameters);
  return minute - (checkSafeU64(minute, "minute") % parameters.minutesPerInterval);
}

/**
 * The challenge that entropy `E(minute)` gives to `key`, or undefined if it gives none. Looks at this minute alone: the caller
 * knows that the hotspot had none in the minutes before (`findChallenge` finds out).
 * @throws POC_BAD_LENGTH, POC_BAD_PARAMETERS
 */
export function deriveChallenge(
  key: Uint8Array,
  minute: number,
  entropy: Uint8Array,
  parameters: SortitionParameters = defaultSortition,
): Challenge | undefined {
  const thresholds = slotThresholds(parameters);
  const slot = new SlotHash();
  slot.setKey(checkBytes(key, deviceKeyBytes, "key"), 0);
  slot.setEntropy(checkBytes(entropy, entropyBytes, "entropy"), 0);
  slot.draw();
  if (!slot.isBelow(thresholds, checkSafeU64(minute, "minute") % parameters.minutesPerInterval)) return undefined;
  const challengeId = new Uint8Array(32);
  slot.challengeIdInto(minute, challengeId);
  return {
    minute,
    challengeId,
    transmitMs: slot.transmitMs(minute, parameters.minuteMs),
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
  parameters: SortitionParameters = defaultSortition,
): Challenge | undefined {
  checkAligned(start, parameters);
  for (let minute = start; minute < start + parameters.minutesPerInterval; minute++) {
    const entropy = entropyOf(minute);
    if (entropy === undefined) return undefined;
    const challenge = deriveChallenge(key, minute, entropy, parameters);
    if (challenge !== undefined) return challenge;
  }
  throw pocError("POC_INVARIANT", "an interval ended without a challenge");
}

/** Challenges as columns, one row per hotspot and interval, ordered by interval and in it by hotspot. */
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
 * @throws POC_BAD_LENGTH if a table is not whole rows or whole intervals, POC_BAD_PARAMETERS
 */
export function challengesOf(
  keys: Uint8Array,
  firstMinute: number,
  entropy: Uint8Array,
  parameters: SortitionParameters = defaultSortition,
): ChallengeColumns {
  checkAligned(firstMinute, parameters);
  const { minutesPerInterval, minuteMs } = parameters;
  const hotspots = keys.length / deviceKeyBytes;
  const intervals = entropy.length / (entropyBytes * minutesPerInterval);
  if (!Number.isInteger(hotspots)) throw pocError("POC_BAD_LENGTH", `keys: ${keys.length} bytes are not rows of 33`);
  if (!Number.isInteger(intervals)) {
    throw pocError(
      "POC_BAD_LENGTH",
      `entropy: ${entropy.length} bytes are not intervals of ${minutesPerInterval} minutes`,
    );
  }
  const length = hotspots * intervals;
  const columns: ChallengeColumns = {
    length,
    hotspot: new Uint32Array(length),
    minute: new Uint32Array(length),
    transmitOffsetMs: new Uint32Array(length),
    channelDraw: new Uint16Array(length),
    dataRateDraw: new Uint16Array(length),
    challengeId: new Uint8Array(length * 32),
  };
  const thresholds = slotThresholds(parameters);
  const slot = new SlotHash();
  const id = new Uint8Array(32);
  let row = 0;
  for (let interval = 0; interval < intervals; interval++) {
    for (let hotspot = 0; hotspot < hotspots; hotspot++) {
      slot.setKey(keys, hotspot * deviceKeyBytes);
      let s = 0;
      let at = interval * minutesPerInterval;
      for (; s < minutesPerInterval; s++, at++) {
        slot.setEntropy(entropy, at * entropyBytes);
        slot.draw();
        if (slot.isBelow(thresholds, s)) break;
      }
      const minute = firstMinute + at;
      slot.challengeIdInto(minute, id);
      columns.hotspot[row] = hotspot;
      columns.minute[row] = minute;
      columns.transmitOffsetMs[row] = slot.transmitMs(minute, minuteMs) - firstMinute * minuteMs;
      columns.channelDraw[row] = slot.channelDraw();
      columns.dataRateDraw[row] = slot.dataRateDraw();
      columns.challengeId.set(id, row * 32);
      row++;
    }
  }
  return columns;
}

/** The message and digest of a draw in buffers that are used again for each try. */
class SlotHash {
  readonly #message = new Uint8Array(slotMessageBytes);
  readonly #digest = new Uint8Array(32);
  readonly #challenge = new Uint8Array(challengeMessageBytes);

  constructor() {
    this.#message.set(slotPrefix, 0);
    this.#challenge.set(challengePrefix, 0);
  }

  setKey(keys: Uint8Array, offset: number): void {
    const message = this.#message;
    for (let i = 0; i < deviceKeyBytes; i++) message[36 + i] = keys[offset + i]!;
  }

  setEntropy(entropy: Uint8Array, offset: number): void {
    const message = this.#message;
    for (let i = 0; i < entropyBytes; i++) message[4 + i] = entropy[offset + i]!;
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

  transmitMs(minute: number, minuteMs: number): number {
    const halfMs = minuteMs / 2;
    return minute * minuteMs + halfMs + (readU32BigEndian(this.#digest, 8) % halfMs);
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
function slotThresholds(parameters: SortitionParameters): Thresholds {
  checkParameters(parameters);
  const n = parameters.minutesPerInterval;
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

function checkParameters({ minutesPerInterval, minuteMs }: SortitionParameters): void {
  // A day of minutes bounds the table; two words hold a threshold from n = 1 on.
  if (!Number.isSafeInteger(minutesPerInterval) || minutesPerInterval < 1 || minutesPerInterval > 1440) {
    throw pocError("POC_BAD_PARAMETERS", `minutesPerInterval: 1 to 1440 expected, ${minutesPerInterval} given`);
  }
  if (!Number.isSafeInteger(minuteMs) || minuteMs < 1000 || minuteMs > 60_000 || minuteMs % 2 !== 0) {
    throw pocError("POC_BAD_PARAMETERS", `minuteMs: an even number from 1000 to 60000 expected, ${minuteMs} given`);
  }
}

function checkAligned(start: number, parameters: SortitionParameters): void {
  if (intervalStart(start, parameters) !== start) {
    throw pocError(
      "POC_BAD_PARAMETERS",
      `minute ${start} does not start an interval of ${parameters.minutesPerInterval}`,
    );
  }
}
