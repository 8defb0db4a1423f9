/** What the service asks of time: the wall clock in Unix ms, a steady clock, and to be called later. */
export interface Clock {
  /** Unix ms, whole. May step when somebody sets the machine's clock. */
  wallMs(): number;
  /** Ms since some moment; never steps. */
  steadyMs(): number;
  /** Calls `task` after a delay, unless the answer is called first. */
  after(delayMs: number, task: () => void): () => void;
}

/** The machine's clocks. */
export const SYSTEM_CLOCK: Clock = {
  wallMs: () => Date.now(),
  steadyMs: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * What comes of `work`, or undefined as soon as `stop` is aborted. When it settles nothing of it hangs on the signal any more, which a race with
 * `whenAborted` would leave there for as long as the process runs.
 */
export function unlessAborted<T>(work: Promise<T>, stop: AbortSignal): Promise<T | undefined> {
  if (stop.aborted) {
    work.catch(() => undefined);
    return Promise.resolve(undefined);
  }
  return new Promise((resolve, reject) => {
    const abort = () => resolve(undefined);
    stop.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => stop.removeEventListener("abort", abort));
  });
}

/** Resolves when the signal is aborted; for once, not for a loop. */
export function whenAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}

/** Resolves after a delay, or at once when `stop` is or becomes aborted. */
export function sleep(clock: Clock, delayMs: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      stop.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    stop.addEventListener("abort", done);
  });
}
