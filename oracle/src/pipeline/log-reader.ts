/**
 * A log as the pipeline reads it: its own ingest's, or the mirror of another one's.
 *
 * `completeUntilMs` is the promise that closing an epoch rests on: every upload received before that moment stands in a sealed segment.
 * Receive times of one log do not go back (the ingest sees to that), so it is the time of the first upload that is not sealed yet,
 * or now, less what an ingest may need to make an upload durable, when there is none.
 */
import type { ReportLogReader, SealedSegment } from "../ports/report-log.ts";

export interface LogReader {
  /** Folder name of this log's segments in an epoch: letters, digits and `-`. The text form of the ingest's key is one. */
  readonly name: string;
  segments(): Promise<readonly SealedSegment[]>;
  segmentBytes(number: number): Promise<Uint8Array | undefined>;
  /** Unix ms. */
  completeUntilMs(): Promise<number>;
}

/** How long after its receive time an upload may still become durable, ms: far above a group commit, far below a grace time. */
export const DURABLE_WITHIN_MS = 2000;

/** Reads a log that this oracle's ingest writes; `wallMs` is the ingest's clock. */
export function readerOf(
  name: string,
  log: Pick<ReportLogReader, "segments" | "segmentBytes" | "get">,
  wallMs: () => number,
): LogReader {
  const sealed: SealedSegment[] = [];
  const segments = async () => {
    // Sealed segments never change: only new ones are asked for.
    const fresh = await log.segments(sealed.length === 0 ? 0 : sealed[sealed.length - 1].number + 1);
    const next = sealed.length === 0 ? 0 : sealed[sealed.length - 1].number + 1;
    sealed.push(...fresh.filter(({ number }) => number >= next));
    return sealed;
  };
  return {
    name,
    segments,
    segmentBytes: (number) => log.segmentBytes(number),
    async completeUntilMs() {
      const nowMs = wallMs() - DURABLE_WITHIN_MS;
      const last = (await segments()).at(-1);
      const open = await log.get(last === undefined ? 0 : last.firstIndex + last.uploads);
      return open === undefined ? nowMs : Math.min(open.receiveMs, nowMs);
    },
  };
}
