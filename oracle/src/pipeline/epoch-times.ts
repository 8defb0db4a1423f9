/** Where epochs begin and end, as the pipeline counts them. Times are Unix ms. */
import type { TimeParameters } from "@earshot/poc";

type Times = Pick<TimeParameters, "epochMs" | "graceMs">;

/** The epoch in whose time a moment lies. */
export function epochAt(unixMs: number, { epochMs }: Times): number {
  return Math.floor(unixMs / epochMs);
}

/** When an epoch begins, ends, and stops taking reports. */
export function epochSpan(epoch: number, { epochMs, graceMs }: Times) {
  const startMs = epoch * epochMs;
  return { startMs, endMs: startMs + epochMs, closesMs: startMs + epochMs + graceMs };
}

/** The epochs whose logs hold an upload received at a moment: its own, and the one before while that one's grace time lasts. */
export function epochsOf(receiveMs: number, times: Times): readonly number[] {
  const epoch = epochAt(receiveMs, times);
  return receiveMs < epochSpan(epoch - 1, times).closesMs && epoch > 0 ? [epoch - 1, epoch] : [epoch];
}

/** Longest span of receive times in one segment, so that every segment lies wholly in or out of an epoch and its grace time, ms. */
export function segmentSpanMs({ epochMs, graceMs }: Times): number {
  let [span, rest] = [epochMs, graceMs];
  while (rest > 0) [span, rest] = [rest, span % rest];
  return span;
}

/** How many values of entropy an epoch needs from its first minute on: its own, and those that the selections of its last challenges are drawn with. */
export function entropySteps({ epochMs, windowMs, entropyMs }: TimeParameters): number {
  return Math.ceil((epochMs + windowMs) / entropyMs) + 1;
}
