/**
 * A packet of a forwarder that speaks ChirpStack's gateway MQTT, as it lies in the spool and as the agent's own message.
 *
 *   record payload   gatewayEui 8 bytes · the event/up message as it came, protobuf or JSON
 *
 * The topic's id counts, as it does for the broker's rules; a message that names another gateway is refused.
 */
import { MAX_FRAME_BYTES } from "@earshot/poc/lorawan";
import type { CrcStatus, GatewayEui, GatewayStats, TxStatus, UplinkPacket } from "../messages.ts";
import { TX_STATUSES } from "../messages.ts";
import { readUplink } from "../network-server/gateway-encoding.ts";
import type { SecondsNanos, StatsEvent } from "../network-server/gateway-message.ts";
import type { RecordKind, StoredRecord } from "../spool/record.ts";
import { readEui } from "./gwmp-datagram.ts";
import { packetContext, tmstOfContext } from "./packet-context.ts";

/** Record kind of an event/up in the spool. */
export const MQTT_RECORD: RecordKind = 1;

const euiBytes = 8;
/** CRCStatus of gw.proto by number. */
const crcStatuses: readonly CrcStatus[] = ["none", "bad", "ok"];

/** The payload of a spool record. `gatewayEui`: sixteen hex digits. */
export function mqttRecordPayload(gatewayEui: GatewayEui, message: Uint8Array): Uint8Array {
  const payload = new Uint8Array(euiBytes + message.length);
  payload.set(Buffer.from(gatewayEui, "hex"));
  payload.set(message, euiBytes);
  return payload;
}

function microseconds(time: SecondsNanos | null): number | null {
  return time === null ? null : time.seconds * 1_000_000 + Math.floor(time.nanos / 1000);
}

/** The packet in a spool record of this kind, or none. Never throws. */
export function readMqttRecord(record: StoredRecord): readonly UplinkPacket[] {
  const { payload, receivedMs, earlierUtcMs } = record;
  if (payload.length <= euiBytes) return [];
  const gatewayEui = readEui(payload, 0);
  const event = readUplink(payload.subarray(euiBytes));
  if (event === null || event.rxInfo.gatewayId !== gatewayEui) return [];
  const { phyPayload, frequencyHz, modulation, rxInfo } = event;
  if (phyPayload.length < 1 || phyPayload.length > MAX_FRAME_BYTES || frequencyHz < 1) return [];
  const gpsUs = microseconds(rxInfo.timeSinceGpsEpoch);
  return [
    {
      uplinkId: rxInfo.uplinkId,
      gatewayEui,
      source: "mqtt",
      phyPayload,
      frequencyHz,
      modulation,
      crcStatus: crcStatuses[rxInfo.crcStatus] ?? "none",
      tmst: tmstOfContext(rxInfo.context),
      receivedMs,
      earlierUtcMs,
      gatewayTimeUs: microseconds(rxInfo.gwTime),
      gpsTimeMs: gpsUs === null ? null : Math.floor(gpsUs / 1000),
      fineTimeNs: rxInfo.fineTimeSinceGpsEpoch?.nanos ?? null,
      rssiDbm: rxInfo.rssiDbm,
      signalRssiDbm: null,
      snrDdb: modulation.kind === "fsk" ? null : Math.round(rxInfo.snrDb * 10),
      channel: rxInfo.channel,
      rfChain: rxInfo.rfChain,
      board: rxInfo.board,
      antenna: rxInfo.antenna,
      location: rxInfo.location,
      metadata: rxInfo.metadata,
      context: packetContext(rxInfo.context, receivedMs),
    },
  ];
}

/** The statistics of such a forwarder as the agent's own. */
export function mqttStats(event: StatsEvent, receivedMs: number): GatewayStats {
  const { gatewayId, timeMs, location, rxPackets, rxPacketsOk, txPackets, txPacketsEmitted } = event;
  const isStatus = (name: string): name is TxStatus => (TX_STATUSES as readonly string[]).includes(name);
  return {
    gatewayEui: gatewayId,
    receivedMs,
    gatewayTimeMs: timeMs === 0 ? null : timeMs,
    location,
    rxPackets,
    rxPacketsOk,
    rxPacketsForwarded: rxPacketsOk,
    txPackets,
    txPacketsEmitted,
    ackedPermille: null,
    temperatureDc: null,
    rxPerFrequencyHz: event.rxPerFrequencyHz,
    rxPerModulation: event.rxPerModulation,
    txPerFrequencyHz: event.txPerFrequencyHz,
    txPerModulation: event.txPerModulation,
    txPerStatus: new Map([...event.txPerStatus].filter((entry): entry is [TxStatus, number] => isStatus(entry[0]))),
    metadata: event.metadata,
  };
}
