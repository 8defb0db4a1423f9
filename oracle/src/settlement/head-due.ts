/** When in an interval of log heads an oracle writes its own down. */

/**
 * Whether the head may be recorded now. `afterMs`: so long after a multiple of the interval the uploads of an epoch that has just closed
 * may be told; a head of that moment covers them, one from before would leave them to the next interval. Where that is no moment of
 * the interval, intervals are short and the next one is soon: any moment is as good, and to wait for a late one would leave it to
 * chance whether somebody who looks every few seconds ever meets it.
 */
export function isHeadDue(nowMs: number, intervalMs: number, afterMs: number): boolean {
  return afterMs >= intervalMs || nowMs % intervalMs >= afterMs;
}
