/** Encoded packets kept for the next attempt, so that a session gets the same bytes each time; the oldest go first. */
import type { Delivery } from "../messages.ts";
import type { ServerSession } from "./server-session.ts";

const maxRetained = 2048;

export class RetainedPayloads {
  readonly #payloads = new Map<string, Uint8Array>();

  /** The bytes for a session: at a first attempt those of `encode`, then the same. */
  payload(delivery: Delivery, session: ServerSession, encode: () => Uint8Array): Uint8Array {
    const key = keyOf(delivery, session);
    const known = delivery.attempt === 1 ? undefined : this.#payloads.get(key);
    if (known !== undefined) return known;
    const payload = encode();
    if (this.#payloads.size >= maxRetained) this.#payloads.delete(this.#payloads.keys().next().value!);
    this.#payloads.set(key, payload);
    return payload;
  }

  /** The session has it. */
  release(delivery: Delivery, session: ServerSession): void {
    this.#payloads.delete(keyOf(delivery, session));
  }
}

function keyOf({ packet }: Delivery, session: ServerSession): string {
  return `${packet.gatewayEui} ${packet.uplinkId} ${session.name}`;
}
