/**
 * Puts what was written onto the medium, for all writes of an interval at once.
 *
 * An interval is at most half waiting; the other half is the medium's. A power cut costs what was written since. A medium that refuses
 * is told of and tried again with the next write: the system has forgotten what it could not write, so trying at once is in vain.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Histogram, Telemetry } from "../telemetry.ts";
import type { DiskFile } from "./disk.ts";

export interface GroupSyncOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly syncIntervalMs: number;
}

export class GroupSync {
  readonly #options: GroupSyncOptions;
  readonly #written = new Set<DiskFile>();
  #finishes: (() => Promise<void>)[] = [];
  #syncing: Promise<void> | null = null;
  readonly #seconds: Histogram;

  constructor(options: GroupSyncOptions) {
    this.#options = options;
    const bounds = [0.001, 0.005, 0.02, 0.1, 0.5, 2];
    this.#seconds = options.telemetry.histogram("agent_spool_sync_seconds", "Duration of a group fdatasync.", bounds);
  }

  /** A file was written to. */
  wrote(file: DiskFile): void {
    this.#written.add(file);
    this.#schedule();
  }

  /** Something else to do with the next sync, after the files. It is tried again when it rejects. */
  also(finish: () => Promise<void>): void {
    this.#finishes.push(finish);
  }

  /** Syncs now; settles when everything written before is on the medium, or was refused. */
  async flush(): Promise<void> {
    await this.#syncing;
    await this.#sync();
  }

  #schedule(): void {
    if (this.#syncing !== null || this.#written.size === 0) return;
    const { clock, syncIntervalMs } = this.#options;
    this.#syncing = new Promise((done) => {
      clock.after(syncIntervalMs / 2, () => {
        this.#sync().then(() => {
          this.#syncing = null;
          done();
          this.#schedule();
        });
      });
    });
  }

  async #sync(): Promise<void> {
    const files = [...this.#written];
    this.#written.clear();
    const finishes = this.#finishes;
    this.#finishes = [];
    const startMs = performance.now();
    try {
      for (const file of files) await file.sync();
      for (let next = finishes[0]; next !== undefined; next = finishes[0]) {
        await next();
        finishes.shift();
      }
    } catch (error) {
      this.#finishes.unshift(...finishes);
      this.#options.log.complain("sync_failed", "the spool cannot be synced", { error: String(error) });
      return;
    }
    if (files.length > 0) this.#seconds.observe((performance.now() - startMs) / 1000);
  }
}
