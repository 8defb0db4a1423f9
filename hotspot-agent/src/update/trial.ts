/**
 * A new version on trial: it is kept when it comes to do what the old one did, and the old one comes back when it does not.
 * Pure: time and health are arguments.
 */

/** What an agent was seen to do, in numbers. */
export interface Health {
  /** Packet forwarders heard lately. */
  readonly forwarders: number;
  /** Network servers that take packets. */
  readonly servers: number;
  readonly isDiskGood: boolean;
}

/** A trial as it lies on disk while it lasts. */
export interface Trial {
  readonly version: string;
  /** What the version before did when it made way. */
  readonly before: Health;
  /** How often the new version was started. */
  readonly starts: number;
}

export type TrialVerdict = "wait" | "keep" | "roll-back";

/** A new version that was started this often and never got through its trial crashes. */
export const MAX_TRIAL_STARTS = 5;
/** Reconnecting to brokers and forwarders' keep-alives take seconds; ten minutes outlast a router's restart too. */
export const TRIAL_MS = 600_000;
/** A version that crashes late is not kept for a good first second. */
export const MIN_TRIAL_MS = 60_000;

/** The verdict on a trial whose process has run for `ranMs`. */
export function judgeTrial({ before }: Trial, ranMs: number, now: Health): TrialVerdict {
  const isAsGood =
    now.forwarders >= Math.min(1, before.forwarders) &&
    now.servers >= Math.min(1, before.servers) &&
    (now.isDiskGood || !before.isDiskGood);
  if (isAsGood && ranMs >= MIN_TRIAL_MS) return "keep";
  return ranMs >= TRIAL_MS ? "roll-back" : "wait";
}
