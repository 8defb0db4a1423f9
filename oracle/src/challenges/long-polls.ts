/**
 * Requests that wait for news: held until the next entropy, their time, or the end of the service, whichever comes first.
 *
 * Answers go out some at a time, so that thousands that wait for one minute do not keep the others from being heard.
 */
import type { Clock } from "../service/clock.ts";

/** Answers let go in one turn of the event loop. */
const BATCH = 100;

export class LongPolls {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  /** At most `most` wait at a time; one more is answered at once. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves with the next news, or after `waitMs`, or when `gone` is aborted. */
  wait(waitMs: number, gone: AbortSignal): Promise<void> {
    if (this.#isClosed || gone.aborted || this.#waiting.size >= this.#most) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        gone.removeEventListener("abort", done);
        cancel();
        resolve();
      };
      const cancel = this.#clock.after(waitMs, done);
      this.#waiting.add(done);
      gone.addEventListener("abort", done);
    });
  }

  /** There is news: lets everybody go who waits now. */
  wake(): void {
    const all = [...this.#waiting];
    const next = () => {
      for (const done of all.splice(0, BATCH)) done();
      if (all.length > 0) setImmediate(next);
    };
    next();
  }

  /** Lets everybody go at once, and nobody wait from now on. */
  close(): void {
    this.#isClosed = true;
    for (const done of [...this.#waiting]) done();
  }
}

/** Longest wait that is granted, ms: under the idle timeouts of proxies. */
export const MAX_WAIT_MS = 30_000;

/** The wait that a header `Prefer: wait=SECONDS` asks for, ms, as far as it is granted; 0 without one. */
export function askedWaitMs(prefer: string | undefined): number {
  const seconds = /(?:^|[,;\s])wait=([0-9]{1,6})(?:$|[,;\s])/i.exec(prefer ?? "")?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds) * 1000, MAX_WAIT_MS);
}
