/**
 * The head of the log as it may be told: a length that grows says how much was just reported, so it is told when every upload it
 * counts is older than a window.
 *
 * A told tip was the true tip at some moment, so it proves as much as any head. Tips are noted about once a second.
 */
import type { LogTip } from "../ports/report-log.ts";

export class ToldTip {
  readonly #withholdMs: number;
  /** Noted tips, oldest first; the first is the one that may be told. */
  readonly #tips: { readonly tip: LogTip; readonly tellAfterMs: number }[];

  /** `told` is the tip that may be told at the start of the process. */
  constructor(withholdMs: number, told: LogTip) {
    this.#withholdMs = withholdMs;
    this.#tips = [{ tip: told, tellAfterMs: Number.NEGATIVE_INFINITY }];
  }

  /** Notes the tip of the log at `nowMs`. */
  note(tip: LogTip, nowMs: number): void {
    const last = this.#tips.at(-1)!;
    if (tip.length === last.tip.length) return;
    this.#tips.push({ tip, tellAfterMs: Math.max(nowMs + this.#withholdMs, last.tellAfterMs) });
  }

  /** The tip that may be told at `nowMs`. */
  at(nowMs: number): LogTip {
    while (this.#tips.length > 1 && this.#tips[1]!.tellAfterMs <= nowMs) this.#tips.shift();
    return this.#tips[0]!.tip;
  }
}
