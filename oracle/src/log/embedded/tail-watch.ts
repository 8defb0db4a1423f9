/**
 * Tells readers that a log grew, in this process and in others: the writer rewrites eight bytes of a file, readers watch it.
 *
 * A watch can be late and can tell the same news twice; it is made before the reader looks, so that it never misses any.
 */
import { closeSync, type FSWatcher, openSync, watch, writeSync } from "node:fs";

/** The writer's side. */
export class TailFile {
  readonly #file: number;
  readonly #bytes = new Uint8Array(8);

  constructor(path: string) {
    this.#file = openSync(path, "a");
    closeSync(this.#file);
    this.#file = openSync(path, "r+");
  }

  /** Tells everybody. What cannot be told now is seen with the next news. */
  announce(length: number): void {
    new DataView(this.#bytes.buffer).setBigUint64(0, BigInt(length), true);
    try {
      writeSync(this.#file, this.#bytes, 0, 8, 0);
    } catch {
      // The disk is full: the next append says so, and announces when it succeeds.
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The reader's side: `arm`, look, and if there is nothing, await `news`. */
export class TailWatch {
  readonly #watcher: FSWatcher;
  #isNews = true;
  #wake: () => void = () => {};

  constructor(path: string) {
    this.#watcher = watch(path, { persistent: false }, () => {
      this.#isNews = true;
      this.#wake();
    });
  }

  /** Forgets old news; look afterwards. */
  arm(): void {
    this.#isNews = false;
  }

  /** Resolves when something was announced since `arm`, or when the signal ends the wait. */
  async news(signal: AbortSignal | undefined): Promise<void> {
    if (this.#isNews || signal?.aborted === true) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#wake = wake;
    signal?.addEventListener("abort", wake, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  close(): void {
    this.#watcher.close();
    this.#wake();
  }
}
