/** What the node asks of time: what it is, and to be called again. */
export interface NodeClock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls `tick` every so many milliseconds until the answer is called. */
  every(intervalMs: number, tick: () => void): () => void;
}

/** The machine's clock. */
export const REAL_CLOCK: NodeClock = {
  now: () => Date.now(),
  every(intervalMs, tick) {
    const timer = setInterval(tick, intervalMs);
    return () => clearInterval(timer);
  },
};

/** A clock that stands still until it is told to move; `every` fires as often as the time that passed holds the interval. */
export class ManualClock implements NodeClock {
  #nowMs: number;
  readonly #timers = new Set<{ readonly intervalMs: number; readonly tick: () => void; dueMs: number }>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  every(intervalMs: number, tick: () => void): () => void {
    const timer = { intervalMs, tick, dueMs: this.#nowMs + intervalMs };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on, firing what falls due in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#timers].reduce<{ dueMs: number; intervalMs: number; tick: () => void } | null>(
        (first, timer) => (timer.dueMs <= untilMs && (first === null || timer.dueMs < first.dueMs) ? timer : first),
        null,
      );
      if (next === null) break;
      this.#nowMs = next.dueMs;
      next.dueMs += next.intervalMs;
      next.tick();
    }
    this.#nowMs = untilMs;
  }
}
