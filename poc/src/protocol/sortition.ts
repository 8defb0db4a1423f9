/**
 * Who beacons when: every hotspot exactly once an interval, in a minute that is uniform and unknown before its entropy.
 *
 * Intervals have n minutes and are aligned to the Unix epoch. Let D = SHA-256("slot" || E(m) || key), 4 + 32 + 33 bytes. A
 * hotspot that had no challenge yet in its interval has one in minute s of it (counted from 0) if the first 8 bytes of D, read
 * as a big-endian u64, are below floor(2^64 / (n - s)); in the last minute always. The rest of the challenge is D too:
 *
 *   bytes 8..11   u32, big-endian: transmit time = start of the minute + delay + (u32 mod spread), ms
 *   bytes 12..13  u16, big-endian: channel index = u16 mod the channels of the region
 *
 * The data rate is not drawn: it is a parameter of the network, or of the region where the parameters name one.
 * A draw mod k favours the low values by at most k / 2^16 of their chance (k / 2^32 for the time), which is worth nothing to
 * anybody. The challenge id is SHA-256("challenge" || minute u64 little-endian || E(m) || key).
 */
import { pocError } from "../errors.ts";
import { checkBytes, checkSafeU64 } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES } from "./device-key.ts";
import { DEFAULT_ENTROPY_MS } from "./entropy.ts";
import { ENTROPY_BYTES, SlotHash, slotThresholds } from "./slot-hash.ts";

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
}

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

/** Throws POC_BAD_PARAMETERS if no interval starts at minute `start`. */
export function checkAligned(start: number, times: SortitionTimes): void {
  if (intervalStart(start, times) !== start) {
    throw pocError("POC_BAD_PARAMETERS", `minute ${start} does not start an interval`);
  }
}
