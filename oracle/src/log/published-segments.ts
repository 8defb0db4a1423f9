/**
 * Which segments may be shown: none that could tell anything about a challenge whose window is open.
 *
 * A report received at R may be of any challenge whose entropy is known by then. The latest such challenge transmits at most
 * `transmitDelayMs + transmitSpreadMs` after R, and its window closes `windowMs` later. A device may report a beacon before it
 * sends it; that moves R and not the end of the window. One entropy step more covers block times that run ahead of the ingest's clock.
 */
import type { NetworkParameters } from "@earshot/poc";
import type { SealedSegment } from "../ports/report-log.ts";

/** How long after its last upload a segment stays hidden, ms. */
export function hiddenMs({ time }: Pick<NetworkParameters, "time">): number {
  return time.entropyMs + time.transmitDelayMs + time.transmitSpreadMs + time.windowMs;
}

/** How much a told head may lag behind besides: tips are noted once a second, and a commit takes its time, ms. */
const HEAD_SLACK_MS = 5000;

/**
 * How much older than its time of signing a head may be that an ingest tells, ms: uploads received longer ago than this are counted in
 * it (ingest/told-tip.ts).
 */
export function headLagMs(parameters: Pick<NetworkParameters, "time">): number {
  return hiddenMs(parameters) + HEAD_SLACK_MS;
}

/** The segments from the first on that may be published at `nowMs`; it stops at the first that may not, so that none is missing. */
export function publishedSegments(
  segments: readonly SealedSegment[],
  nowMs: number,
  hiddenForMs: number,
): readonly SealedSegment[] {
  const hidden = segments.findIndex(({ lastReceiveMs }) => lastReceiveMs + hiddenForMs >= nowMs);
  return hidden < 0 ? segments : segments.slice(0, hidden);
}
