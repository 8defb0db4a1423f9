/** Packets and statistics as the forwarder side makes them, with whatever a test changes. */
import type { Delivery, GatewayStats, UplinkPacket } from "../../src/messages.ts";

export const testEui = "aa555a0000000101";

let lastUplinkId = 0;

/** An EU868 packet on 868.1 MHz at SF7, heard at `receivedMs`. */
export function testPacket(phyPayload: Uint8Array, change: Partial<UplinkPacket> = {}): UplinkPacket {
  const receivedMs = change.receivedMs ?? 1_700_000_000_000;
  const context = new Uint8Array(12);
  new DataView(context.buffer).setBigUint64(4, BigInt(Math.floor(receivedMs)));
  return {
    uplinkId: ++lastUplinkId,
    gatewayEui: testEui,
    source: "gwmp",
    phyPayload,
    frequencyHz: 868_100_000,
    modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: "4/5" },
    crcStatus: "ok",
    tmst: 0,
    receivedMs,
    earlierUtcMs: null,
    gatewayTimeUs: null,
    gpsTimeMs: null,
    fineTimeNs: null,
    rssiDbm: -60,
    signalRssiDbm: null,
    snrDdb: 55,
    channel: 0,
    rfChain: 0,
    board: 0,
    antenna: 0,
    location: null,
    metadata: {},
    context,
    ...change,
  };
}

/** A first, live delivery. */
export function testDelivery(packet: UplinkPacket, change: Partial<Delivery> = {}): Delivery {
  return { packet, isReplay: false, holdMs: 0, attempt: 1, ...change };
}

export function testStats(change: Partial<GatewayStats> = {}): GatewayStats {
  return {
    gatewayEui: testEui,
    receivedMs: 1_700_000_000_000,
    gatewayTimeMs: null,
    location: null,
    rxPackets: 3,
    rxPacketsOk: 2,
    rxPacketsForwarded: 2,
    txPackets: 1,
    txPacketsEmitted: 1,
    ackedPermille: 1000,
    temperatureDc: null,
    rxPerFrequencyHz: new Map([[868_100_000, 3]]),
    rxPerModulation: [
      { modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: "4/5" }, count: 3 },
    ],
    txPerFrequencyHz: new Map(),
    txPerModulation: [],
    txPerStatus: new Map([["OK", 1]]),
    metadata: {},
    ...change,
  };
}
