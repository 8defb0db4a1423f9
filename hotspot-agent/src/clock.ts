/**
 * The agent's time, handed to every actor so that tests can run hours in milliseconds.
 *
 * `nowMs` is steady: ms since the Unix epoch as the system clock had it when the process started, plus what a monotonic clock
 * counted since. It never jumps, so ages and windows survive a clock step; it may be off by what the system clock was off at
 * start. `wallMs` is the system clock, with its jumps: for what other parties read.
 */
export interface Clock {
  /** Steady ms since the Unix epoch, fractional. */
  nowMs(): number;
  /** The system clock, ms since the Unix epoch. */
  wallMs(): number;
  /** Calls `task` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** The real clock. */
export function systemClock(): Clock {
  const originMs = Date.now() - performance.now();
  return {
    nowMs: () => originMs + performance.now(),
    wallMs: () => Date.now(),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  };
}
