/** A clock that stands still until it is told to move; wall and steady time can be moved apart. */
import type { Clock } from "../../src/service/clock.ts";

export class ManualClock implements Clock {
  #wallMs: number;
  #steadyMs = 1000;
  readonly #timers = new Set<{ readonly dueMs: number; readonly task: () => void }>();

  constructor(wallMs: number) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  steadyMs(): number {
    return this.#steadyMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.#steadyMs + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Time passes: timers fall due in order. */
  advance(ms: number): void {
    const untilMs = this.#steadyMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      this.#pass(Math.max(0, due.dueMs - this.#steadyMs));
      this.#timers.delete(due);
      due.task();
    }
    this.#pass(untilMs - this.#steadyMs);
  }

  /** Somebody sets the machine's clock. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  #pass(ms: number): void {
    this.#steadyMs += ms;
    this.#wallMs += ms;
  }
}
