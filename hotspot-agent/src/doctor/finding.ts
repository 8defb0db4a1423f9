/** One line of what `doctor` says, and the words that its checks share. */

export type Verdict = "ok" | "warn" | "fail";

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** What is so, as a sentence. */
  readonly cause: string;
  /** What to do; null when nothing. */
  readonly remedy: string | null;
}

/** Nothing is wrong. */
export function ok(check: string, cause: string): Finding {
  return { check, verdict: "ok", cause, remedy: null };
}

/** It works, for now or in part. */
export function warn(check: string, cause: string, remedy: string): Finding {
  return { check, verdict: "warn", cause, remedy };
}

/** It does not work. */
export function fail(check: string, cause: string, remedy: string): Finding {
  return { check, verdict: "fail", cause, remedy };
}

/** How long ago, for people: "never", "12 s ago", "3 h ago". */
export function ago(atMs: number | null, nowMs: number): string {
  if (atMs === null) return "never";
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}
