/**
 * Waiting on the agent's clock: for a time, for a wake-up, until the agent stops.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";

/** Before an actor that failed runs again, ms. */
const RESTART_MS = 10_000;

/** Runs an actor until `stop`; one that fails is a bug, said and run again: it must not take the relaying of packets with it. */
export async function supervise(
  name: string,
  run: (stop: AbortSignal) => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    try {
      await run(stop);
    } catch (error) {
      log.error("an actor failed and runs again", {
        actor: name,
        error: error instanceof Error ? error.stack : String(error),
      });
    }
    await sleep(clock, RESTART_MS, stop);
  }
}

/** Resolves after `delayMs`, or at once when `signal` is or becomes aborted. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(Math.max(0, delayMs), done);
    signal.addEventListener("abort", done);
  });
}

/** A bell: who waits is woken by the next ring; a ring that nobody waited for wakes the next who does. */
export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at a ring, after `delayMs` (null: never), or when `signal` is aborted. One waits at a time. */
  async wait(clock: Clock, delayMs: number | null, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const cancel = delayMs === null ? () => {} : clock.after(Math.max(0, delayMs), () => this.#wake?.());
        const wake = () => this.#wake?.();
        this.#wake = () => {
          this.#wake = null;
          cancel();
          signal.removeEventListener("abort", wake);
          resolve();
        };
        signal.addEventListener("abort", wake);
      });
    }
    this.#rung = false;
  }
}

/** Doubling delays with a cap, each drawn between half and all of it, so that agents do not come back together. */
export class Backoff {
  readonly #firstMs: number;
  readonly #capMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(firstMs: number, capMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#capMs = capMs;
    this.#random = random;
    this.#nextMs = firstMs;
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }

  /** The next delay, ms. */
  next(): number {
    const delay = this.#nextMs * (0.5 + 0.5 * this.#random());
    this.#nextMs = Math.min(this.#capMs, 2 * this.#nextMs);
    return delay;
  }
}
