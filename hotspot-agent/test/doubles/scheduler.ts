/**
 * Time as the doubles see it: real timers, or virtual time that a test moves by hand.
 */
export interface Scheduler {
  nowMs(): number;
  /** Runs `task` once, `delayMs` from now. */
  after(delayMs: number, task: () => void): void;
  /** Whether the process did not run a moment ago, so that it does not know when what it gets now was sent. */
  isLate(): boolean;
}

/** Between two looks at whether the process runs, ms. */
const beatMs = 10;
/** A beat later than this is late, and so is what comes within as long after it, ms. */
const lateMs = 30;

/** Real time. Its timers never keep a test process alive. */
export function realScheduler(): Scheduler {
  let beatAtMs = performance.now();
  let lateUntilMs = 0;
  const look = () => {
    const nowMs = performance.now();
    if (nowMs - beatAtMs > lateMs) lateUntilMs = nowMs + lateMs;
    beatAtMs = nowMs;
    return nowMs;
  };
  setInterval(look, beatMs).unref();
  return {
    nowMs: () => Date.now(),
    isLate: () => look() < lateUntilMs,
    after: (delayMs, task) => {
      setTimeout(task, delayMs).unref();
    },
  };
}

/** Virtual time: tasks run in order of their time, then of their making, when the test advances. */
export class VirtualScheduler implements Scheduler {
  #nowMs: number;
  #made = 0;
  #tasks: { readonly atMs: number; readonly made: number; readonly task: () => void }[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  isLate(): boolean {
    return false;
  }

  after(delayMs: number, task: () => void): void {
    this.#tasks.push({ atMs: this.#nowMs + delayMs, made: this.#made++, task });
    this.#tasks.sort((a, b) => a.atMs - b.atMs || a.made - b.made);
  }

  /** Moves time forward and runs what falls due, including what those tasks schedule. */
  advance(byMs: number): void {
    const end = this.#nowMs + byMs;
    while (this.#tasks.length > 0 && this.#tasks[0]!.atMs <= end) {
      const next = this.#tasks.shift()!;
      this.#nowMs = next.atMs;
      next.task();
    }
    this.#nowMs = end;
  }
}
