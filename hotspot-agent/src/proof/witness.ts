/**
 * Recognises beacons among what the radio heard, and reports those of other hotspots: once each, within a second.
 *
 * A beacon is recognised by its form alone, 24 bytes that begin 0xE0 0xE5 in a LoRa frame with a good CRC; whether it is a true one
 * is the oracle's to judge. The hotspot's own beacon, heard by itself or repeated by others, is not a witness.
 */
import { BEACON_PAYLOAD_BYTES, isBeaconPayload, packDataRate, type WitnessReport } from "@earshot/poc/protocol";
import type { Clock } from "../clock.ts";
import type { UplinkPacket } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NetworkClock } from "./network-clock.ts";

/** Payloads of its own that a hotspot remembers: two days of them. */
const OWN_REMEMBERED = 8;
/** Payloads remembered so as to report each once: more than are on the air in a few windows. */
const HEARD_REMEMBERED = 4096;

export interface WitnessOptions {
  readonly networkClock: NetworkClock;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How long after its reception a report can count, ms. */
  readonly windowMs: () => number;
  /** Takes a report; it is worth nothing after the steady time given. */
  readonly report: (report: WitnessReport, expiresMs: number) => void;
}

/** True for a reception that must not go to a network server: it has a beacon's form. */
export function isBeacon(packet: UplinkPacket): boolean {
  return packet.modulation.kind === "lora" && packet.crcStatus === "ok" && isBeaconPayload(packet.phyPayload);
}

export class Witness {
  readonly #options: WitnessOptions;
  readonly #heard;
  readonly #own: string[] = [];
  /** Payloads in hex, oldest first. */
  readonly #known = new Set<string>();
  #count = 0;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#heard = options.telemetry.counter("agent_beacons_heard_total", "Receptions in a beacon's form, by outcome.");
  }

  /** Beacons of others reported since the start. */
  get count(): number {
    return this.#count;
  }

  /** The payload of this hotspot's own beacon. */
  own(payload: Uint8Array): void {
    this.#own.push(payload.toHex());
    if (this.#own.length > OWN_REMEMBERED) this.#own.shift();
  }

  /** Takes a reception that `isBeacon` recognised. */
  hear(packet: UplinkPacket): void {
    this.#heard.add({ outcome: this.#witness(packet) });
  }

  #witness(packet: UplinkPacket): "own" | "duplicate" | "unreportable" | "reported" {
    const payload = packet.phyPayload.toHex();
    if (this.#own.includes(payload)) return "own";
    if (this.#known.has(payload)) return "duplicate";
    const report = this.#reportOf(packet);
    if (report === null) return "unreportable";
    if (this.#known.size >= HEARD_REMEMBERED) this.#known.delete(this.#known.values().next().value!);
    this.#known.add(payload);
    this.#count++;
    // The beacon was sent before it was heard, so its window is over when this one is.
    this.#options.report(report, packet.receivedMs + this.#options.windowMs());
    return "reported";
  }

  /** Null where the forwarder left out or garbled what a report must hold. */
  #reportOf(packet: UplinkPacket): WitnessReport | null {
    const { modulation, snrDdb, tmst, frequencyHz } = packet;
    if (modulation.kind !== "lora" || snrDdb === null) return null;
    const { spreadingFactor, bandwidthHz } = modulation;
    if (bandwidthHz !== 125_000 && bandwidthHz !== 250_000 && bandwidthHz !== 500_000) return null;
    const rssiDdbm = Math.round(10 * (packet.signalRssiDbm ?? packet.rssiDbm));
    const isInRange =
      spreadingFactor >= 5 &&
      spreadingFactor <= 12 &&
      isInteger(rssiDdbm, -0x8000, 0x7fff) &&
      isInteger(snrDdb, -0x8000, 0x7fff) &&
      isInteger(frequencyHz, 0, 0xffff_ffff);
    if (!isInRange || packet.phyPayload.length !== BEACON_PAYLOAD_BYTES) return null;
    return {
      payload: packet.phyPayload.slice(),
      receivedMs: Math.max(0, this.#options.networkClock.toNetworkMs(packet.receivedMs)),
      tmst: tmst ?? 0,
      rssiDdbm,
      snrDdb,
      frequencyHz,
      dataRate: packDataRate(spreadingFactor, bandwidthHz),
    };
  }
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}
