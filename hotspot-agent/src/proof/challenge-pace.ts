/**
 * When to ask for a challenge again: pure, in network time.
 *
 * The entropy of a minute is a finalised block after its start, so there is no news earlier; once it is overdue the source is asked to
 * hold its answer until there is. Everything scales with the length of a minute, for networks that run faster.
 */
import type { SortitionTimes } from "@earshot/poc/protocol";

/** From the start of a minute until its block is usually final and known, ms: Solana finalises in about 13 s. */
const SETTLE_MS = 16_000;
/** Least time between two questions, ms. */
const RETRY_MS = 3000;
/** Longest time that an answer is waited for, ms: under the idle timeouts of proxies. */
const LONGEST_WAIT_MS = 25_000;

export interface NextQuestion {
  /** Network time to ask at. */
  readonly atMs: number;
  /** How long the source may hold its answer back. */
  readonly waitMs: number;
}

/** When to ask after an answer at `nowMs` that knew minutes up to `knownUntil`. */
export function nextQuestion(knownUntil: number, nowMs: number, { entropyMs }: SortitionTimes): NextQuestion {
  const newsMs = (knownUntil + 1) * entropyMs + settleMs(entropyMs);
  const soonestMs = nowMs + Math.min(RETRY_MS, entropyMs / 20);
  if (newsMs > soonestMs) return { atMs: newsMs, waitMs: 0 };
  return { atMs: soonestMs, waitMs: Math.min(LONGEST_WAIT_MS, entropyMs / 2) };
}

/** When the first entropy of the interval that starts at minute `start` is worth asking for. */
export function firstQuestionMs(start: number, { entropyMs }: SortitionTimes): number {
  return start * entropyMs + settleMs(entropyMs);
}

function settleMs(entropyMs: number): number {
  return Math.min(SETTLE_MS, entropyMs / 4);
}
