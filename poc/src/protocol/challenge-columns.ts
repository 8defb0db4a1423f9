/**
 * The challenges of all hotspots over whole intervals, as columns: sortition.ts, one hash a try and no allocation.
 */
import { pocError } from "../errors.ts";
import { checkInteger } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES } from "./device-key.ts";
import { ENTROPY_BYTES, ENTROPY_WORDS, SlotHash, slotThresholds } from "./slot-hash.ts";
import { checkAligned, DEFAULT_SORTITION, minutesPerInterval, type SortitionTimes } from "./sortition.ts";

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
  // A copy, since a view of words has to begin at one.
  const entropyWords = new Int32Array(entropy.slice().buffer);
  for (let interval = 0, at = 0; interval < intervals; interval++) {
    for (let hotspot = 0; hotspot < hotspots; hotspot++, at++) {
      slot.setKey(keys, hotspot * DEVICE_KEY_BYTES);
      let s = -1;
      do {
        s++;
        slot.setEntropyWords(entropyWords, (interval * n + s) * ENTROPY_WORDS);
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
    challengeId: new Uint8Array(length * 32),
  };
}
