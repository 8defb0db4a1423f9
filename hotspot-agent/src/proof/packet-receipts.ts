/**
 * Receipts for delivered copies of data packets: what the hotspot's share of the payment is measured by.
 *
 * One for each packet and route, at the moment the customer's server had it. Joins are free and downlinks are not uplinks: neither
 * gets one. A copy delivered twice, after a crash, gets one receipt while it is remembered and counts once at the oracle anyway.
 */
import { parseFrame } from "@earshot/poc/lorawan";
import { type PacketReceipt, sha256 } from "@earshot/poc/protocol";
import type { UplinkPacket } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NetworkClock } from "./network-clock.ts";

/** Copies remembered so as to receipt each once: those of a few minutes at 50 a second. */
const REMEMBERED = 16_384;

export interface PacketReceiptsOptions {
  readonly networkClock: NetworkClock;
  readonly telemetry: Telemetry;
  readonly add: (receipt: PacketReceipt) => void;
}

export class PacketReceipts {
  readonly #options: PacketReceiptsOptions;
  readonly #receipts;
  readonly #known = new Set<string>();

  constructor(options: PacketReceiptsOptions) {
    this.#options = options;
    this.#receipts = options.telemetry.counter("agent_packet_receipts_total", "Delivered copies, by what they got.");
  }

  /** A copy of `packet` reached the server of a route of the oracle's. */
  delivered(packet: UplinkPacket, routeId: number): void {
    this.#receipts.add({ outcome: this.#receipt(packet, routeId) });
  }

  #receipt(packet: UplinkPacket, routeId: number): "receipted" | "duplicate" | "free" | "bad_route" {
    const { phyPayload } = packet;
    const frame = parseFrame(phyPayload);
    if (frame.kind !== "data" || frame.direction !== "up") return "free";
    if (!Number.isSafeInteger(routeId) || routeId < 0) return "bad_route";
    const packetHash = sha256(phyPayload);
    const name = `${routeId} ${packetHash.toHex()}`;
    if (this.#known.has(name)) return "duplicate";
    if (this.#known.size >= REMEMBERED) this.#known.delete(this.#known.values().next().value!);
    this.#known.add(name);
    this.#options.add({
      packetHash,
      phyBytes: phyPayload.length,
      devAddr: frame.devAddr,
      fCnt: frame.fCnt,
      receivedMs: Math.max(0, packet.earlierUtcMs ?? this.#options.networkClock.toNetworkMs(packet.receivedMs)),
      routeId,
    });
    return "receipted";
  }
}
