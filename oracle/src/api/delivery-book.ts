/**
 * How packets of an epoch got through, by hotspot and route. It takes the raw uploads of the epochs in which they may be billed, so it is
 * computed when it is first asked for, and kept; and since anybody may ask for any epoch, what that may cost is bounded.
 *
 * Epochs whose packets may still be billed are few, and always computed. Of the others one is computed at a time, and after each nothing for
 * `RESTS` times as long as it took: whoever asks for epoch after epoch takes a tenth of the process, and pushes no running epoch out of memory.
 */
import type { BillingArchive } from "../billing/contest-epoch.ts";
import { type Delivery, type DeliveryGroup, deliveries } from "../billing/delivery.ts";
import { confirmedReceipts } from "../billing/delivery-of-epoch.ts";
import { KeptEpochs } from "./kept-epochs.ts";

export type EpochDeliveries = Readonly<Record<DeliveryGroup, readonly Delivery[]>>;

/** The epochs whose confirmations count for an epoch. */
export interface DeliverySpan {
  readonly epoch: number;
  /** The last of them that is closed. */
  readonly until: number;
  /** Nothing changes any more: the time for bills is over. */
  readonly isSettled: boolean;
}

export interface DeliveryBookOptions {
  /** Epochs kept of either kind, settled and not. */
  readonly most: number;
  readonly compute: (span: DeliverySpan) => Promise<EpochDeliveries>;
  /** A clock that only goes forward, ms. */
  readonly steadyMs?: () => number;
}

/** An old epoch is asked for too soon after another one. */
export class DeliveriesBusy extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`deliveries of another epoch were computed just now; ask again in ${retryAfterMs} ms`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** How many times as long as it computed the book rests. */
const RESTS = 9;
/** Whoever comes while one is computed asks again after this, ms. */
const BUSY_RETRY_MS = 2000;

export class DeliveryBook {
  readonly #running: KeptEpochs<EpochDeliveries, string>;
  readonly #settled: KeptEpochs<EpochDeliveries, string>;
  readonly #steadyMs: () => number;
  #isBusy = false;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ most, compute, steadyMs = () => performance.now() }: DeliveryBookOptions) {
    this.#steadyMs = steadyMs;
    this.#running = new KeptEpochs(most, (span) => this.#next(() => compute(spanOf(span, false))));
    this.#settled = new KeptEpochs(most, (span) => this.#timed(() => compute(spanOf(span, true))));
  }

  /** Deliveries of an epoch. Rejects with `DeliveriesBusy` for a settled one that is not at hand and too soon, and as `compute`. */
  of({ epoch, until, isSettled }: DeliverySpan): Promise<EpochDeliveries> {
    return (isSettled ? this.#settled : this.#running).of(`${epoch}-${until}`);
  }

  async #timed(compute: () => Promise<EpochDeliveries>): Promise<EpochDeliveries> {
    const beganMs = this.#steadyMs();
    if (this.#isBusy) throw new DeliveriesBusy(BUSY_RETRY_MS);
    if (beganMs < this.#restsUntilMs) throw new DeliveriesBusy(Math.ceil(this.#restsUntilMs - beganMs));
    this.#isBusy = true;
    try {
      return await this.#next(compute);
    } finally {
      const endMs = this.#steadyMs();
      this.#restsUntilMs = endMs + RESTS * (endMs - beganMs);
      this.#isBusy = false;
    }
  }

  /** One after the other: each holds an epoch's receipts in memory. */
  #next(compute: () => Promise<EpochDeliveries>): Promise<EpochDeliveries> {
    const made = this.#last.then(compute);
    this.#last = made.catch(() => undefined);
    return made;
  }
}

function spanOf(name: string, isSettled: boolean): DeliverySpan {
  const [epoch, until] = name.split("-").map(Number) as [number, number];
  return { epoch, until, isSettled };
}

/** Deliveries of a span from the archive. Throws as `confirmedReceipts`. */
export async function deliveriesOfSpan(
  archive: BillingArchive,
  { epoch, until }: DeliverySpan,
): Promise<EpochDeliveries> {
  const { receipts, confirmedMs } = await confirmedReceipts(archive, epoch, until);
  return {
    hotspot: deliveries(receipts, confirmedMs, "hotspot"),
    route: deliveries(receipts, confirmedMs, "route"),
    "hotspot and route": deliveries(receipts, confirmedMs, "hotspot and route"),
  };
}
