/** A destination that keeps what it gets and answers as it is told. */
import type { Delivery, DeliveryOutcome, Destination, ReplayMode, UplinkPacket } from "../../src/messages.ts";

export interface Received {
  readonly delivery: Delivery;
  readonly atMs: number;
}

export class RecordingDestination implements Destination {
  readonly name: string;
  readonly replay: ReplayMode;
  /** Every attempt, in order. */
  readonly attempts: Received[] = [];
  /** What was answered `delivered`. */
  readonly delivered: Received[] = [];
  answer: (delivery: Delivery) => DeliveryOutcome | Promise<DeliveryOutcome> = () => "delivered";
  wants: (packet: UplinkPacket) => boolean = () => true;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number, options: { readonly name?: string; readonly replay?: ReplayMode } = {}) {
    this.#nowMs = nowMs;
    this.name = options.name ?? "server";
    this.replay = options.replay ?? "data-only";
  }

  accepts(packet: UplinkPacket): boolean {
    return this.wants(packet);
  }

  async deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    const received = { delivery, atMs: this.#nowMs() };
    this.attempts.push(received);
    const outcome = await this.answer(delivery);
    if (outcome === "delivered") this.delivered.push(received);
    return outcome;
  }

  /** FCnt of the data frames delivered, in order, of one device or of all. */
  fCnts(devAddr?: number): readonly number[] {
    return this.delivered
      .map(({ delivery }) => Buffer.from(delivery.packet.phyPayload))
      .filter((phy) => devAddr === undefined || phy.readUInt32LE(1) === devAddr)
      .map((phy) => phy.readUInt16LE(6));
  }
}
