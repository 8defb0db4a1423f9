/**
 * The ingest's time as its workers know it: they may not go by their own clocks.
 *
 * An epoch is closed, and a verdict told, when the ingest's clock is past a moment; receive times come from that clock and no other. A
 * worker whose own clock was set forward would close an epoch that still takes uploads. So the ingest writes its time down about once
 * a second, and workers never believe it to be later than what was written and the time since; while the ingest is away, it stands.
 */
import type { Db, Store } from "../ports/store.ts";
import { type Clock, sleep } from "../service/clock.ts";
import { readPosition, writePosition } from "../store/positions.ts";
import { DURABLE_WITHIN_MS } from "./log-reader.ts";

const READER = "ingest";
const SOURCE = "clock";
/** How often the time is read, ms. */
const READ_EVERY_MS = 500;
/** How long a time that was read is carried on, ms: an ingest that writes every second is alive within this. */
const CARRY_MS = 3000;

/** What readers may add to a written time before they take off what an append may need (log-reader.ts), ms. */
const LEAD_MS = CARRY_MS - DURABLE_WITHIN_MS;

/** Writes the ingest's time down: `settledMs` is that of its appends (ingest/receive-order.ts), which readers never go beyond. */
export function writeIngestTime(store: Store, settledMs: number): Promise<void> {
  return store.transaction((tx) => writePosition(tx, READER, SOURCE, String(settledMs - LEAD_MS)));
}

export class IngestClock {
  readonly #db: Db;
  readonly #clock: Clock;
  #read: { readonly timeMs: number; readonly steadyMs: number } | undefined;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Unix ms, never later than the ingest's clock; 0 while nothing was read. */
  nowMs(): number {
    if (this.#read === undefined) return 0;
    const { timeMs, steadyMs } = this.#read;
    return Math.floor(timeMs + Math.min(this.#clock.steadyMs() - steadyMs, CARRY_MS));
  }

  /** Reads the time again and again until `stop`. */
  async run(stop: AbortSignal, onFailure: (error: unknown) => void): Promise<void> {
    while (!stop.aborted) {
      await this.#refresh().catch(onFailure);
      await sleep(this.#clock, READ_EVERY_MS, stop);
    }
  }

  async #refresh(): Promise<void> {
    const text = await readPosition(this.#db, READER, SOURCE);
    if (text === undefined) return;
    const timeMs = Number(text);
    // The same time again: it goes on from when it was first read.
    if (timeMs !== this.#read?.timeMs) this.#read = { timeMs, steadyMs: this.#clock.steadyMs() };
  }
}
