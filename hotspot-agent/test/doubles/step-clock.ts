/** The agent's clock for tests: virtual time that moves only when a test says so, and a system clock that can be stepped. */
import type { Clock } from "../../src/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly made: number;
  readonly task: () => void;
}

export class StepClock implements Clock {
  #steadyMs: number;
  #wallOffsetMs = 0;
  #made = 0;
  #timers: Timer[] = [];

  constructor(startMs: number) {
    this.#steadyMs = startMs;
  }

  nowMs(): number {
    return this.#steadyMs;
  }

  wallMs(): number {
    return this.#steadyMs + this.#wallOffsetMs;
  }

  /** Steps the system clock; the steady one goes on. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.#steadyMs + Math.max(0, delayMs), made: this.#made++, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Tasks that wait for their time: they would keep a process from ending. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Moves time on; between any two timers everything that can go on without more time does. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#steadyMs + byMs;
    await settle();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#steadyMs = Math.max(this.#steadyMs, next.atMs);
      this.#timers = this.#timers.filter((other) => other !== next);
      next.task();
      await settle();
    }
    this.#steadyMs = endMs;
  }

  /** Moves time on in small steps until `isDone`; fails after `limitMs`. */
  async until(isDone: () => boolean, limitMs: number, stepMs = 50): Promise<void> {
    const endMs = this.#steadyMs + limitMs;
    await settle();
    while (!isDone()) {
      if (this.#steadyMs >= endMs) throw new Error(`not so after ${limitMs} ms: ${isDone}`);
      await this.advance(stepMs);
    }
  }

  #next(endMs: number): Timer | undefined {
    const due = this.#timers.filter(({ atMs }) => atMs <= endMs);
    return due.sort((a, b) => a.atMs - b.atMs || a.made - b.made)[0];
  }
}

/** Lets every promise that waits for nothing but other promises go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
