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

/**
 * Watchers of this process by path, each with those it wakes: a path is watched once, however many readers it has. Without a watcher where
 * the system gives none: its readers look by themselves.
 */
const watched = new Map<string, { readonly watcher: FSWatcher | undefined; readonly listeners: Set<() => void> }>();

/** Bun tells no change within a millisecond of the one it told last, so readers are woken once more this much later, ms. */
const AGAIN_MS = 5;
/** A reader looks by itself this often, ms: the kernel may drop news (a full queue), and nobody would tell it again. */
const LOOK_MS = 1000;

/** Undefined where the machine has no watches left: Linux gives a user 128 of them, all processes together. */
function watchIfPossible(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onChange).on("error", () => {});
  } catch {
    return undefined;
  }
}

/** The reader's side: `arm`, look, and if there is nothing, await `news`. */
export class TailWatch {
  readonly #path: string;
  #isNews = true;
  #wake: () => void = () => {};
  readonly #listener = (): void => {
    this.#isNews = true;
    this.#wake();
  };

  constructor(path: string) {
    this.#path = path;
    let shared = watched.get(path);
    if (shared === undefined) {
      const listeners = new Set<() => void>();
      const tellAll = () => {
        for (const tell of listeners) tell();
      };
      let isAgainDue = false;
      const watcher = watchIfPossible(path, () => {
        tellAll();
        if (isAgainDue) return;
        isAgainDue = true;
        setTimeout(() => {
          isAgainDue = false;
          tellAll();
        }, AGAIN_MS);
      });
      shared = { watcher, listeners };
      watched.set(path, shared);
    }
    shared.listeners.add(this.#listener);
  }

  /** Forgets old news; look afterwards. */
  arm(): void {
    this.#isNews = false;
  }

  /** Resolves when something was announced since `arm`, after a while all the same, or when the signal ends the wait. */
  async news(signal: AbortSignal | undefined): Promise<void> {
    if (this.#isNews || signal?.aborted === true) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#wake = wake;
    const looking = setTimeout(wake, LOOK_MS);
    signal?.addEventListener("abort", wake, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(looking);
      signal?.removeEventListener("abort", wake);
    }
  }

  close(): void {
    const shared = watched.get(this.#path);
    if (shared?.listeners.delete(this.#listener) === true && shared.listeners.size === 0) {
      watched.delete(this.#path);
      shared.watcher?.close();
    }
    this.#wake();
  }
}
