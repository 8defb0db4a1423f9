/**
 * How packets of an epoch got through, by hotspot and route. It takes the raw uploads of the epochs in which they may be billed, so it is
 * computed when it is first asked for, one epoch at a time, and kept.
 */
import type { BillingArchive } from "../billing/contest-epoch.ts";
import { type Delivery, type DeliveryGroup, deliveries } from "../billing/delivery.ts";
import { confirmedReceipts } from "../billing/delivery-of-epoch.ts";
import { KeptEpochs } from "./kept-epochs.ts";

export type EpochDeliveries = Readonly<Record<DeliveryGroup, readonly Delivery[]>>;

export class DeliveryBook {
  readonly #kept: KeptEpochs<EpochDeliveries, string>;
  #last: Promise<unknown> = Promise.resolve();

  /** Keeps at most `most` epochs. */
  constructor(archive: BillingArchive, most: number) {
    this.#kept = new KeptEpochs(most, (span) => {
      const [epoch, last] = span.split("-").map(Number) as [number, number];
      const made = this.#last.then(() => deliveriesOf(archive, epoch, last));
      this.#last = made.catch(() => undefined);
      return made;
    });
  }

  /** Deliveries of an epoch by the confirmations up to epoch `last`. Throws as `confirmedReceipts`. */
  of(epoch: number, last: number): Promise<EpochDeliveries> {
    return this.#kept.of(`${epoch}-${last}`);
  }
}

async function deliveriesOf(archive: BillingArchive, epoch: number, last: number): Promise<EpochDeliveries> {
  const { receipts, confirmedMs } = await confirmedReceipts(archive, epoch, last);
  return {
    hotspot: deliveries(receipts, confirmedMs, "hotspot"),
    route: deliveries(receipts, confirmedMs, "route"),
    "hotspot and route": deliveries(receipts, confirmedMs, "hotspot and route"),
  };
}
