/**
 * Receive times of one log: they never go back in it, whatever the clock does, and nothing with an old one comes to stand in it late.
 *
 * Closing an epoch rests on this. Whoever reads that the ingest's settled time is past an epoch takes its log for whole: an upload that
 * arrived in the epoch, waited (for its turn, for another ingest's word, for a disk that hangs) and became durable afterwards would
 * be in the log of an epoch that was paid without it.
 */

/** How much before its append an upload may be said to have arrived, ms: waiting for a turn shall not make a report late. */
const MAX_WAIT_MS = 1000;
/** An append that failed may still become durable, this long, ms: a cluster may have taken what it could not confirm. */
const UNSURE_MS = 10_000;
/** Times ahead of the clock by more are a fault, ms. */
const AHEAD_MS = 5000;
/** Settled tickets are dropped when there are this many. */
const COMPACT_AT = 4096;

/** An append that is under way. */
export interface Ticket {
  readonly receiveMs: number;
  /** Nothing more can come of it from this moment of the clock on, Unix ms; infinite while it is under way. */
  settledFromMs: number;
}

export class ReceiveOrder {
  readonly #nowMs: () => number;
  #lastMs: number;
  #tickets: Ticket[] = [];

  /** `lastMs`: receive time of the log's last upload; 0 for an empty log. */
  constructor(nowMs: () => number, lastMs: number) {
    this.#nowMs = nowMs;
    this.#lastMs = lastMs;
  }

  /** The receive time of an upload that is appended now, in the order of the calls; `arrivedMs` as the clock had it. */
  take(arrivedMs: number): Ticket {
    this.#lastMs = Math.max(this.#lastMs, arrivedMs, this.#nowMs() - MAX_WAIT_MS);
    const ticket = { receiveMs: this.#lastMs, settledFromMs: Number.POSITIVE_INFINITY };
    if (this.#tickets.length >= COMPACT_AT) this.#compact();
    this.#tickets.push(ticket);
    return ticket;
  }

  /** The append was answered. */
  settle(ticket: Ticket): void {
    ticket.settledFromMs = 0;
  }

  /** The append failed. */
  unsure(ticket: Ticket): void {
    ticket.settledFromMs = this.#nowMs() + UNSURE_MS;
  }

  /**
   * Every upload that stands in the log with a time before this, or ever will, is durable, Unix ms: the oldest one under way, or the oldest
   * time that could still be given.
   */
  settledMs(): number {
    this.#compact();
    const nextMs = Math.max(this.#lastMs, this.#nowMs() - MAX_WAIT_MS);
    const settledMs = Math.min(this.#nowMs(), nextMs, this.#tickets[0]?.receiveMs ?? Number.POSITIVE_INFINITY);
    // The clock may step back: what was said to be settled stays so.
    this.#lastMs = Math.max(this.#lastMs, settledMs);
    return settledMs;
  }

  /** Why receive times are not those of the clock; undefined when they are. */
  fault(): string | undefined {
    const aheadMs = this.#lastMs - this.#nowMs();
    return aheadMs > AHEAD_MS ? `receive times are ${Math.round(aheadMs / 1000)} s ahead of the clock` : undefined;
  }

  #compact(): void {
    const nowMs = this.#nowMs();
    this.#tickets = this.#tickets.filter(({ settledFromMs }) => settledFromMs > nowMs);
  }
}
