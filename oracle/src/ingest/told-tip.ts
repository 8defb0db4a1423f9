/**
 * The head of the log as it may be told: a length that grows says how much was just reported, so it is told when every upload it
 * counts is older than a window.
 *
 * A told tip was the true tip at some moment, so it proves as much as any head. Tips are noted about once a second.
 */
import type { LogTip } from "../ports/report-log.ts";

export interface NotedTip {
  readonly tip: LogTip;
  /** When it may be told, Unix ms. */
  readonly tellAfterMs: number;
}

export class ToldTip {
  readonly #withholdMs: number;
  /** Noted tips, oldest first; the first is the one that may be told. */
  readonly #tips: NotedTip[];

  /** `noted`: what the process before had noted, oldest first; the first may be told now (head-replay.ts). */
  constructor(withholdMs: number, noted: readonly NotedTip[]) {
    this.#withholdMs = withholdMs;
    this.#tips = [...noted];
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
