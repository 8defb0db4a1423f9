/**
 * What a proposal on chain waits for. One whose vote is over waits for somebody who counts it, and one that passed for somebody who starts its
 * delay (programs/governance): anybody may, and no time ends it. So a proposal that everybody has forgotten can be executed years later.
 */

export type WaitsFor = "votes" | "count" | "queue" | "delay" | "execution";

export interface ProposalTimes {
  /** As the program names it. */
  readonly state: string;
  /** End of the vote, Unix ms. */
  readonly endMs: number;
  /** When it can be executed, and no longer, Unix ms; 0 before it is queued. */
  readonly etaMs: number;
  readonly executeByMs: number;
  /** How long it can be executed when its delay is over, ms. */
  readonly executeMs: number;
}

/** What it waits for at `nowMs`; null where nothing can come of it any more. */
export function waitsFor({ state, endMs, etaMs, executeByMs }: ProposalTimes, nowMs: number): WaitsFor | null {
  if (state === "voting") return nowMs < endMs ? "votes" : "count";
  if (state === "passed") return "queue";
  if (state !== "queued" || nowMs >= executeByMs) return null;
  return nowMs < etaMs ? "delay" : "execution";
}

/** Whether its vote has been over for longer than a queued one could be executed, and it can still come into force. */
export function isLingering(proposal: ProposalTimes, nowMs: number): boolean {
  const waiting = waitsFor(proposal, nowMs);
  return (waiting === "count" || waiting === "queue") && nowMs >= proposal.endMs + proposal.executeMs;
}
