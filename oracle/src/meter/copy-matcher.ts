/**
 * From deliveries and acceptances to the copies a payer pays for.
 *
 * ChirpStack says which deliveries carried a packet it accepted, by gateway and uplink id, but not what their bytes were; the gateway's own
 * message says that. The matcher joins the two, whichever comes first. A copy is confirmed when the frame names the device and
 * counter that were accepted; at most `maxCopies` of a packet, in the order of its event; no delivery twice. Two different frames
 * under one uplink id confirm nothing: which of them ChirpStack took cannot be told, and only a hotspot that cheats sends them.
 */
import { parseFrame } from "@earshot/poc/lorawan";
import { sha256 } from "@earshot/poc/protocol";
import type { AcceptedUplink, DeliveredFrame, DeliveryName } from "./server-messages.ts";

/** A copy that was delivered and accepted. */
export interface ConfirmedCopy {
  readonly gatewayId: string;
  readonly packetHash: Uint8Array;
  readonly phyBytes: number;
}

/** Why something was not confirmed. */
export type UnconfirmedReason =
  | "not_a_data_uplink"
  | "other_frame"
  | "ambiguous_uplink_id"
  | "over_max_copies"
  | "confirmed_before"
  | "never_delivered"
  | "never_accepted";

export interface CopyMatcherOptions {
  /** Copies that are paid of a packet of this device. */
  readonly maxCopies: (devAddr: number) => number;
  readonly onConfirmed: (copy: ConfirmedCopy) => void;
  readonly onUnconfirmed: (reason: UnconfirmedReason) => void;
  /** How long one side waits for the other, ms. */
  readonly waitMs: number;
  /** Most deliveries remembered; the oldest go first. */
  readonly maxWaiting: number;
}

interface Delivery {
  readonly atMs: number;
  /** Null once two different frames came under the name. */
  frame: {
    readonly packetHash: Uint8Array;
    readonly phyBytes: number;
    readonly devAddr: number;
    readonly fCnt: number;
  } | null;
  /** Set while an acceptance waits for the frame. */
  awaited: Acceptance | null;
  isUsed: boolean;
}

interface Acceptance {
  readonly devAddr: number;
  readonly fCnt: number;
  /** Copies that may still be confirmed. */
  left: number;
}

export class CopyMatcher {
  readonly #options: CopyMatcherOptions;
  /** By delivery, oldest first. */
  readonly #deliveries = new Map<string, Delivery>();

  constructor(options: CopyMatcherOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#deliveries.size;
  }

  /** A hotspot's message to the network server. */
  delivered(delivered: DeliveredFrame, nowMs: number): void {
    this.expire(nowMs);
    const frame = parseFrame(delivered.phyPayload);
    if (frame.kind !== "data" || frame.direction !== "up") {
      this.#options.onUnconfirmed("not_a_data_uplink");
      return;
    }
    const { devAddr, fCnt } = frame;
    const found = { packetHash: sha256(delivered.phyPayload), phyBytes: delivered.phyPayload.length, devAddr, fCnt };
    const delivery = this.#delivery(delivered, nowMs);
    if (delivery.frame !== null && Buffer.compare(delivery.frame.packetHash, found.packetHash) !== 0) {
      delivery.isUsed = true;
      this.#options.onUnconfirmed("ambiguous_uplink_id");
      return;
    }
    const { awaited } = delivery;
    delivery.frame = found;
    delivery.awaited = null;
    if (awaited !== null) this.#confirm(delivered.gatewayId, delivery, awaited);
  }

  /** An event of the network server. */
  accepted({ devAddr, fCnt, copies }: AcceptedUplink, nowMs: number): void {
    this.expire(nowMs);
    const acceptance: Acceptance = { devAddr, fCnt: fCnt & 0xffff, left: this.#options.maxCopies(devAddr) };
    for (const name of copies) {
      const delivery = this.#delivery(name, nowMs);
      if (delivery.frame === null && !delivery.isUsed) delivery.awaited = acceptance;
      else this.#confirm(name.gatewayId, delivery, acceptance);
    }
  }

  #confirm(gatewayId: string, delivery: Delivery, acceptance: Acceptance): void {
    const { frame } = delivery;
    const reason = reasonAgainst(delivery, acceptance);
    if (reason !== "confirmed_before" && reason !== "other_frame") delivery.isUsed = true;
    if (reason !== null || frame === null) {
      this.#options.onUnconfirmed(reason ?? "confirmed_before");
      return;
    }
    acceptance.left--;
    this.#options.onConfirmed({ gatewayId, packetHash: frame.packetHash, phyBytes: frame.phyBytes });
  }

  #delivery({ gatewayId, uplinkId }: DeliveryName, atMs: number): Delivery {
    const key = `${gatewayId} ${uplinkId}`;
    const known = this.#deliveries.get(key);
    if (known !== undefined) return known;
    const delivery: Delivery = { atMs, frame: null, awaited: null, isUsed: false };
    this.#deliveries.set(key, delivery);
    return delivery;
  }

  /** Forgets what has waited too long; `never_…` says which side it lacked. */
  expire(nowMs: number): void {
    const { waitMs, maxWaiting, onUnconfirmed } = this.#options;
    for (const [key, delivery] of this.#deliveries) {
      if (delivery.atMs + waitMs > nowMs && this.#deliveries.size <= maxWaiting) return;
      this.#deliveries.delete(key);
      if (!delivery.isUsed) onUnconfirmed(delivery.frame === null ? "never_delivered" : "never_accepted");
    }
  }
}

function reasonAgainst({ isUsed, frame }: Delivery, acceptance: Acceptance): UnconfirmedReason | null {
  if (isUsed || frame === null) return "confirmed_before";
  if (frame.devAddr !== acceptance.devAddr || frame.fCnt !== acceptance.fCnt) return "other_frame";
  return acceptance.left > 0 ? null : "over_max_copies";
}
