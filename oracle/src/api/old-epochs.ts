/**
 * What is read of old epochs, since anybody may ask for any of them: one piece of work at a time, each followed by a rest as long as it took,
 * and few that wait. Whoever asks for epoch after epoch takes half of the process, and the memory of one.
 */

export interface OldEpochsOptions {
  /** Pieces of work that may wait. */
  readonly mostWaiting: number;
  /** A clock that only goes forward, ms. */
  readonly steadyMs: () => number;
}

/** Too many wait already. */
export class OldEpochsBusy extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`other old epochs are being read; ask again in ${retryAfterMs} ms`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whoever is sent away asks again after what those before it may take, at least this, ms. */
const LEAST_RETRY_MS = 2000;

export class OldEpochs {
  readonly #mostWaiting: number;
  readonly #steadyMs: () => number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #tookMs = 0;

  constructor({ mostWaiting, steadyMs }: OldEpochsOptions) {
    this.#mostWaiting = mostWaiting;
    this.#steadyMs = steadyMs;
  }

  /** Does the work in its turn. Rejects with `OldEpochsBusy` where too many wait, and as the work does. */
  read<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting > this.#mostWaiting) {
      return Promise.reject(new OldEpochsBusy(Math.ceil(Math.max(LEAST_RETRY_MS, 2 * this.#waiting * this.#tookMs))));
    }
    this.#waiting++;
    const done = this.#last.then(async () => {
      const beganMs = this.#steadyMs();
      try {
        return await work();
      } finally {
        this.#tookMs = this.#steadyMs() - beganMs;
        this.#waiting--;
      }
    });
    const rest = () => resting(this.#tookMs);
    this.#last = done.then(rest, rest);
    return done;
  }
}

/** A process that is told to stop does not wait for it. */
function resting(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
