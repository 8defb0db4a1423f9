/**
 * The published part of a log: the sealed segments whose windows are all closed, in order, as they become so.
 *
 * What was published once stays so: a clock that steps back hides nothing that somebody may have read.
 */
import { publishedSegments } from "../log/published-segments.ts";
import type { ReportLogReader, SealedSegment } from "../ports/report-log.ts";

export class PublishedLog {
  readonly #log: Pick<ReportLogReader, "segments" | "segmentBytes">;
  readonly #hiddenMs: number;
  /** Facts of the published segments by number: some 200 bytes each, and one a minute at most. */
  readonly #segments: SealedSegment[] = [];

  /** `hiddenMs`: how long a segment stays hidden after its last upload (log/published-segments.ts). */
  constructor(log: Pick<ReportLogReader, "segments" | "segmentBytes">, hiddenMs: number) {
    this.#log = log;
    this.#hiddenMs = hiddenMs;
  }

  /** All that may be shown at a moment of the oracle's time, by number from 0. Throws as the log does. */
  async at(nowMs: number): Promise<readonly SealedSegment[]> {
    const fresh = await this.#log.segments(this.#segments.length);
    for (const segment of publishedSegments(fresh, nowMs, this.#hiddenMs)) {
      // Another request may have brought it meanwhile.
      if (segment.number === this.#segments.length) this.#segments.push(segment);
    }
    return this.#segments;
  }

  /** The bytes of a published segment with its facts; undefined for one that is not published, or not there. */
  async bytes(number: number, nowMs: number): Promise<{ segment: SealedSegment; bytes: Uint8Array } | undefined> {
    const segment = (await this.at(nowMs))[number];
    const bytes = segment === undefined ? undefined : await this.#log.segmentBytes(number);
    return segment === undefined || bytes === undefined ? undefined : { segment, bytes };
  }
}
