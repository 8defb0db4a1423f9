/**
 * ChirpStack's gateway messages in JSON (proto3 mapping: camelCase names, bytes in base64, times in RFC 3339, spans as "1.5s", enumerations by name),
 * for brokers where people want to read along. ChirpStack answers a gateway in the encoding in which it last spoke.
 *
 * A reader takes a value only if it has the right type and size; a message with a wrong one is null as a whole.
 */
import { TX_STATUSES, type TxStatus } from "../../messages.ts";
import {
  type ExecRequest,
  type ExecResponse,
  type GatewayConfiguration,
  modulationOf,
  type StatsEvent,
  type TxAckEvent,
  type UplinkEvent,
} from "../gateway-message.ts";
import { type JsonFields, readJson } from "./json-fields.ts";
import { base64, json } from "./json-text.ts";
import { countJson, modulationJson, readCount, readModulation } from "./modulation-json.ts";
import { locationJson, readLocation, readRxInfo, rxInfoJson } from "./rx-info-json.ts";

/** event/up. */
export function encodeUplinkJson(event: UplinkEvent): Uint8Array {
  return json({
    phyPayload: base64(event.phyPayload),
    txInfo: { frequency: event.frequencyHz, modulation: modulationJson(event.modulation) },
    rxInfo: rxInfoJson(event.rxInfo),
  });
}

/** event/stats. */
export function encodeStatsJson(event: StatsEvent): Uint8Array {
  return json({
    gatewayId: event.gatewayId,
    time: new Date(event.timeMs).toISOString(),
    ...(event.location === null ? {} : { location: locationJson(event.location) }),
    configVersion: event.configVersion,
    rxPacketsReceived: event.rxPackets,
    rxPacketsReceivedOk: event.rxPacketsOk,
    txPacketsReceived: event.txPackets,
    txPacketsEmitted: event.txPacketsEmitted,
    metadata: event.metadata,
    rxPacketsPerFrequency: Object.fromEntries(event.rxPerFrequencyHz),
    txPacketsPerFrequency: Object.fromEntries(event.txPerFrequencyHz),
    rxPacketsPerModulation: event.rxPerModulation.map(countJson),
    txPacketsPerModulation: event.txPerModulation.map(countJson),
    txPacketsPerStatus: Object.fromEntries(event.txPerStatus),
  });
}

/** event/ack. */
export function encodeTxAckJson(event: TxAckEvent): Uint8Array {
  return json({
    gatewayId: event.gatewayId,
    downlinkId: event.downlinkId,
    items: event.statuses.map((status) => ({ status })),
  });
}

/** state/conn. */
export function encodeConnStateJson(gatewayId: string, isOnline: boolean): Uint8Array {
  return json({ gatewayId, state: isOnline ? "ONLINE" : "OFFLINE" });
}

/** event/exec. */
export function encodeExecResponseJson(response: ExecResponse): Uint8Array {
  const { gatewayId, execId, error } = response;
  return json({ gatewayId, execId, stdout: base64(response.stdout), stderr: base64(response.stderr), error });
}

/** command/config. */
export function decodeConfigurationJson(bytes: Uint8Array): GatewayConfiguration | null {
  return readJson(bytes, (message) => {
    const interval = message.span("statsInterval");
    return {
      gatewayId: message.text("gatewayId"),
      version: message.text("version"),
      statsIntervalMs: interval === null ? null : interval.seconds * 1000 + Math.floor(interval.nanos / 1e6),
    };
  });
}

/** command/exec. */
export function decodeExecRequestJson(bytes: Uint8Array): ExecRequest | null {
  return readJson(bytes, (message) => ({
    gatewayId: message.text("gatewayId"),
    command: message.text("command"),
    execId: message.uint("execId"),
    stdin: message.bytes("stdin"),
    environment: message.texts("environment"),
  }));
}

/** event/up of another gateway software; null also when it has no tx_info, rx_info or known modulation. */
export function decodeUplinkJson(bytes: Uint8Array): UplinkEvent | null {
  return readJson(bytes, (frame) => {
    const txInfo = frame.child("txInfo");
    const rxInfo = frame.child("rxInfo");
    const message = txInfo?.child("modulation") ?? null;
    const modulation = message === null ? null : modulationOf(readModulation(message));
    if (txInfo === null || rxInfo === null || modulation === null) return null;
    return {
      phyPayload: frame.bytes("phyPayload"),
      frequencyHz: txInfo.uint("frequency"),
      modulation,
      rxInfo: readRxInfo(rxInfo),
    };
  });
}

/** event/stats of another gateway software. */
export function decodeStatsJson(bytes: Uint8Array): StatsEvent | null {
  return readJson(bytes, (stats) => {
    const time = stats.time("time");
    return {
      gatewayId: stats.text("gatewayId"),
      timeMs: time === null ? 0 : time.seconds * 1000 + Math.floor(time.nanos / 1e6),
      location: readLocation(stats.child("location")),
      configVersion: stats.text("configVersion"),
      rxPackets: stats.uint("rxPacketsReceived"),
      rxPacketsOk: stats.uint("rxPacketsReceivedOk"),
      txPackets: stats.uint("txPacketsReceived"),
      txPacketsEmitted: stats.uint("txPacketsEmitted"),
      rxPerFrequencyHz: countsByNumber(stats.child("rxPacketsPerFrequency")),
      txPerFrequencyHz: countsByNumber(stats.child("txPacketsPerFrequency")),
      rxPerModulation: stats.list("rxPacketsPerModulation").flatMap(readCount),
      txPerModulation: stats.list("txPacketsPerModulation").flatMap(readCount),
      txPerStatus: counts(stats.child("txPacketsPerStatus")),
      metadata: stats.texts("metadata"),
    };
  });
}

/** event/ack of another gateway software; a status of no known name is INTERNAL_ERROR. */
export function decodeTxAckJson(bytes: Uint8Array): TxAckEvent | null {
  return readJson(bytes, (ack) => ({
    gatewayId: ack.text("gatewayId"),
    downlinkId: ack.uint("downlinkId"),
    statuses: ack
      .list("items")
      .map((item): TxStatus => TX_STATUSES[item.enumeration("status", TX_STATUSES)] ?? "INTERNAL_ERROR"),
  }));
}

function counts(fields: JsonFields | null): ReadonlyMap<string, number> {
  return new Map(fields?.keys().map((key) => [key, fields.uint(key)]) ?? []);
}

function countsByNumber(fields: JsonFields | null): ReadonlyMap<number, number> {
  return new Map([...counts(fields)].map(([key, count]) => [Number(key), count]));
}
