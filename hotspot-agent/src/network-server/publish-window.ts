/**
 * Publishes on their way over one MQTT connection: each settles once. No more of QoS 1 are unacknowledged than the broker's Receive Maximum
 * allows; the rest wait in their order.
 */
import { Fifo } from "../fifo.ts";

/**
 * `acked`: the broker has it (QoS 0: it is written). `no_subscribers`: it had nobody to give it to (MQTT 5 only).
 * `refused`: it will not take it (rights, quota). `lost`: the connection ended before an answer.
 */
export type PublishOutcome = "acked" | "no_subscribers" | "refused" | "lost";

export interface Publish {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly isRetained: boolean;
}

/** The connection there is. */
export interface PublishWire {
  /** Sends, and says the message id that its ack will carry. */
  readonly sendQos1: (publish: Publish) => number;
  /** Sends, and calls back when it is written, or could not be. */
  readonly sendQos0: (publish: Publish, written: (error?: Error) => void) => void;
}

type Settle = (outcome: PublishOutcome) => void;

/** Our own bound on unacknowledged publishes. */
const maxInFlight = 256;
/** PUBACK, MQTT 5 §3.4.2.1. */
const noMatchingSubscribers = 16;

export class PublishWindow {
  readonly #wire: PublishWire;
  #window = maxInFlight;
  readonly #inFlight = new Map<number, Settle>();
  /** Written with QoS 0 and not yet called back. */
  readonly #writing = new Set<Settle>();
  readonly #queue = new Fifo<{ readonly publish: Publish; readonly settle: Settle }>();

  constructor(wire: PublishWire) {
    this.#wire = wire;
  }

  /** How many a broker takes unacknowledged, by its CONNACK; undefined when it did not say. */
  allow(receiveMaximum: number | undefined): void {
    this.#window = Math.min(maxInFlight, receiveMaximum ?? maxInFlight);
  }

  /** Sends, now or in its turn. Always settles. */
  publish(publish: Publish, qos: 0 | 1): Promise<PublishOutcome> {
    return new Promise((settle) => {
      if (qos === 0) this.#sendQos0(publish, settle);
      else if (this.#inFlight.size >= this.#window || this.#queue.length > 0) this.#queue.push({ publish, settle });
      else this.#inFlight.set(this.#wire.sendQos1(publish), settle);
    });
  }

  /** The broker's answer to one of QoS 1, with its reason code; 0 in 3.1.1. */
  acked(messageId: number, reasonCode: number): void {
    const settle = this.#inFlight.get(messageId);
    if (settle === undefined) return;
    this.#inFlight.delete(messageId);
    if (reasonCode === noMatchingSubscribers) settle("no_subscribers");
    else settle(reasonCode >= 128 ? "refused" : "acked");
    while (this.#inFlight.size < this.#window) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#inFlight.set(this.#wire.sendQos1(next.publish), next.settle);
    }
  }

  /** The connection ended: nothing that is under way or waits will be answered. */
  loseAll(): void {
    const lost = [...this.#inFlight.values(), ...this.#writing];
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) lost.push(next.settle);
    this.#inFlight.clear();
    this.#writing.clear();
    for (const settle of lost) settle("lost");
  }

  #sendQos0(publish: Publish, settle: Settle): void {
    this.#writing.add(settle);
    this.#wire.sendQos0(publish, (error) => {
      if (this.#writing.delete(settle)) settle(error ? "lost" : "acked");
    });
  }
}
