/** When a low balance is told, and when it is told again: once each time it falls below the limit. Pure. */

/** Pauses between tries: they double from the first to the longest, ms. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** A warning nobody took for so long is given up, ms. */
export const GIVE_UP_MS = 86_400_000;

export type Crossing = "fell" | "rose" | "same";

/** What a balance is against its limit, given whether it was low before. */
export function crossing(balance: bigint, below: bigint, isLow: boolean): Crossing {
  if (balance < below) return isLow ? "same" : "fell";
  return isLow ? "rose" : "same";
}

/**
 * When to try again after so many tries, ms from now; undefined when it is given up. `random` from 0 to 1 spreads the tries of many over half
 * the pause.
 */
export function nextTryMs(attempts: number, ageMs: number, random: number): number | undefined {
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 20));
  const waitMs = Math.round(pauseMs * (1 - random / 2));
  return ageMs + waitMs > GIVE_UP_MS ? undefined : waitMs;
}
