/**
 * What a head on chain says of the uploads that an epoch must hold: how many were logged by a moment that is known to within an interval.
 *
 * A head is recorded within its interval and counts what might be told a while before. So what it counts was received before its
 * interval's end, and what it does not count was received later than that while before its interval's beginning. Times are Unix ms.
 */

/**
 * The longest that a head may wait between its reading and the block that records it, ms: its transaction is valid for 150 blocks, a minute at
 * 400 ms and longer where blocks are slow, and is not renewed (programs/client settlement).
 */
export const TRANSACTION_MAY_WAIT_MS = 120_000;

export interface DatedHead {
  /** The interval in which it was recorded. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Uploads it counts. */
  readonly length: number;
}

/** Uploads of an epoch's folder, by their place in the log: the first, and one past the last. */
export interface HeldUploads {
  readonly first: number;
  readonly end: number;
}

/**
 * What is missing of the epoch by what the head counts; undefined where it says nothing. `lagMs`: how far a told head may lag behind
 * its log (log/published-segments.ts `headLagMs`).
 */
export function missingByHead(
  { fromMs, toMs, length }: DatedHead,
  { first, end }: HeldUploads,
  { startMs, closesMs }: { readonly startMs: number; readonly closesMs: number },
  lagMs: number,
): string | undefined {
  const isBeforeEnd = toMs <= closesMs;
  if (fromMs >= startMs && isBeforeEnd && length > end) {
    return `ends after ${end} uploads; ${length} were logged in the epoch`;
  }
  // Uploads from `length` on came after the epoch began: they are this one's, or a later one's.
  if (fromMs - lagMs - TRANSACTION_MAY_WAIT_MS >= startMs && isBeforeEnd && length < first) {
    return `begins at upload ${first}; the epoch began at ${length} or before`;
  }
  return undefined;
}
