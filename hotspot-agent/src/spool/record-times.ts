/**
 * When records were received, in two clocks.
 *
 * Ages and order follow the steady clock of this run, which starts anew with each: a machine without a battery clock comes up with
 * an old time and learns the right one later. So a record keeps UTC on disk, as was known when it came; what an earlier run left gets a
 * steady time that makes its age, as far as the clock can be believed at start, and never one of the future.
 */
import type { Clock } from "../clock.ts";
import type { PlacedRecord, StoredRecord } from "./record.ts";

export interface RecordTimesOptions {
  readonly clock: Clock;
  /** UTC for a time of the steady clock, by what is known now, ms. */
  readonly toUtcMs: (steadyMs: number) => number;
  /** The first segment that this run writes. */
  readonly firstSegment: number;
  /** A packet older than this is a replay, ms. */
  readonly liveMs: number;
}

export class RecordTimes {
  readonly #options: RecordTimesOptions;
  readonly #startMs: number;

  constructor(options: RecordTimesOptions) {
    this.#options = options;
    this.#startMs = Math.floor(options.clock.nowMs());
  }

  /** What a record received at `receivedMs` keeps on disk: an integer ≥ 0. */
  written(receivedMs: number): number {
    return Math.max(0, Math.round(this.#options.toUtcMs(receivedMs)));
  }

  /** A record found on disk. One of an earlier run that claims to be younger than this run is older than it, nobody knows how much. */
  found(segment: number, record: PlacedRecord): StoredRecord {
    const { clock, toUtcMs, firstSegment, liveMs } = this.#options;
    const { kind, utcMs, payload, recordId } = record;
    const isEarlier = segment < firstSegment;
    const nowMs = Math.floor(clock.nowMs());
    const steadyMs = Math.round(utcMs - (toUtcMs(nowMs) - nowMs));
    const isBelievable = steadyMs >= 0 && steadyMs <= (isEarlier ? this.#startMs : nowMs);
    const receivedMs = isBelievable ? steadyMs : Math.max(0, this.#startMs - liveMs - 1);
    return { kind, receivedMs, earlierUtcMs: isEarlier ? utcMs : null, payload, recordId };
  }

  /** A record read back whose steady time is known. */
  readBack(segment: number, record: PlacedRecord, receivedMs: number): StoredRecord {
    const { kind, utcMs, payload, recordId } = record;
    return { kind, receivedMs, earlierUtcMs: segment < this.#options.firstSegment ? utcMs : null, payload, recordId };
  }
}
