/**
 * ChirpStack's gateway messages in JSON (proto3 mapping: camelCase names, bytes in base64, times in RFC 3339, spans as "1.5s", enumerations by name),
 * for brokers where people want to read along. ChirpStack answers a gateway in the encoding in which it last spoke.
 *
 * A reader takes a value only if it has the right type and size; a message with a wrong one is null as a whole.
 */
import { CODE_RATES, type Modulation, type ModulationCount, TX_STATUSES, type TxStatus } from "../messages.ts";
import {
  codeRateNumber,
  type ExecRequest,
  type ExecResponse,
  type GatewayConfiguration,
  modulationOf,
  type RawDownlink,
  type RawDownlinkItem,
  type RawModulation,
  type RxInfo,
  type SecondsNanos,
  type StatsEvent,
  type TxAckEvent,
  type UplinkEvent,
} from "./gateway-message.ts";
import { type JsonFields, readJson } from "./json-fields.ts";

const codeRateNames = CODE_RATES.map((rate) =>
  rate.endsWith("LI") ? `CR_LI_${rate.slice(0, 3).replace("/", "_")}` : `CR_${rate.replace("/", "_")}`,
);
const crcStatusNames = ["NO_CRC", "BAD_CRC", "CRC_OK"];

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

/** command/down. */
export function decodeDownlinkJson(bytes: Uint8Array): RawDownlink | null {
  return readJson(bytes, (frame) => ({
    downlinkId: frame.uint("downlinkId"),
    gatewayId: frame.text("gatewayId"),
    items: frame.list("items").map(readItem),
  }));
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

/** command/down for another gateway software. */
export function encodeDownlinkJson(downlink: RawDownlink): Uint8Array {
  return json({
    downlinkId: downlink.downlinkId,
    gatewayId: downlink.gatewayId,
    items: downlink.items.map((item) => ({
      phyPayload: base64(item.phyPayload),
      txInfo: {
        frequency: item.frequencyHz,
        power: item.eirpDbm,
        ...(item.modulation === null ? {} : { modulation: rawModulationJson(item.modulation) }),
        board: item.board,
        antenna: item.antenna,
        ...(item.timing === null ? {} : { timing: timingJson(item.timing) }),
        context: base64(item.context),
      },
    })),
  });
}

const encoder = new TextEncoder();

function json(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

function modulationJson(modulation: Modulation): object {
  if (modulation.kind === "lora") {
    const { bandwidthHz, spreadingFactor, codeRate } = modulation;
    return { lora: { bandwidth: bandwidthHz, spreadingFactor, codeRate: codeRateNames[codeRateNumber(codeRate) - 1] } };
  }
  if (modulation.kind === "fsk") return { fsk: { datarate: modulation.bitrateBps } };
  return {
    lrFhss: {
      operatingChannelWidth: modulation.bandwidthHz,
      codeRate: codeRateNames[codeRateNumber(modulation.codeRate) - 1],
      gridSteps: modulation.gridSteps,
    },
  };
}

function rawModulationJson(raw: RawModulation): object {
  const modulation = modulationOf(raw);
  if (modulation === null) return {};
  const plain = modulationJson(modulation) as { lora?: object; fsk?: object };
  if (raw.lora !== null) {
    const { polarizationInversion, preamble, noCrc } = raw.lora;
    return { lora: { ...plain.lora, polarizationInversion, preamble, noCrc } };
  }
  if (raw.fsk !== null) return { fsk: { ...plain.fsk, frequencyDeviation: raw.fsk.frequencyDeviationHz } };
  return plain;
}

function timingJson(timing: NonNullable<RawDownlinkItem["timing"]>): object {
  if (timing.kind === "immediately") return { immediately: {} };
  const span =
    timing.span === null ? {} : { [timing.kind === "gps" ? "timeSinceGpsEpoch" : "delay"]: spanText(timing.span) };
  return timing.kind === "gps" ? { gpsEpoch: span } : { delay: span };
}

function countJson({ modulation, count }: ModulationCount): object {
  return { modulation: modulationJson(modulation), count };
}

function locationJson(location: NonNullable<RxInfo["location"]>): object {
  const { latitudeDeg, longitudeDeg, altitudeM } = location;
  return { latitude: latitudeDeg, longitude: longitudeDeg, altitude: altitudeM, source: "GPS" };
}

function rxInfoJson(info: RxInfo): object {
  return {
    gatewayId: info.gatewayId,
    uplinkId: info.uplinkId,
    ...(info.gwTime === null ? {} : { gwTime: timeText(info.gwTime) }),
    ...(info.timeSinceGpsEpoch === null ? {} : { timeSinceGpsEpoch: spanText(info.timeSinceGpsEpoch) }),
    ...(info.fineTimeSinceGpsEpoch === null ? {} : { fineTimeSinceGpsEpoch: spanText(info.fineTimeSinceGpsEpoch) }),
    rssi: info.rssiDbm,
    snr: info.snrDb,
    channel: info.channel,
    rfChain: info.rfChain,
    board: info.board,
    antenna: info.antenna,
    ...(info.location === null ? {} : { location: locationJson(info.location) }),
    context: base64(info.context),
    metadata: info.metadata,
    crcStatus: crcStatusNames[info.crcStatus] ?? "NO_CRC",
  };
}

function timeText({ seconds, nanos }: SecondsNanos): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, "0")}Z`;
}

function spanText({ seconds, nanos }: SecondsNanos): string {
  return nanos === 0 ? `${seconds}s` : `${seconds}.${String(nanos).padStart(9, "0")}s`;
}

function readModulation(message: JsonFields): RawModulation {
  const lora = message.child("lora");
  const fsk = message.child("fsk");
  const lrFhss = message.child("lrFhss");
  return {
    lora: lora && {
      bandwidthHz: lora.uint("bandwidth"),
      spreadingFactor: lora.uint("spreadingFactor"),
      codeRate: readCodeRate(lora),
      polarizationInversion: lora.flag("polarizationInversion"),
      preamble: lora.uint("preamble"),
      noCrc: lora.flag("noCrc"),
    },
    fsk: fsk && { frequencyDeviationHz: fsk.uint("frequencyDeviation"), bitrateBps: fsk.uint("datarate") },
    lrFhss: lrFhss && {
      bandwidthHz: lrFhss.uint("operatingChannelWidth"),
      codeRate: readCodeRate(lrFhss),
      gridSteps: lrFhss.uint("gridSteps"),
    },
  };
}

/** gw.proto's number: 0 when absent, -1 when unknown. */
function readCodeRate(message: JsonFields): number {
  return message.enumeration("codeRate", ["CR_UNDEFINED", ...codeRateNames]);
}

function readItem(item: JsonFields): RawDownlinkItem {
  const txInfo = item.child("txInfo");
  const modulation = txInfo?.child("modulation") ?? null;
  const timing = txInfo?.child("timing") ?? null;
  return {
    phyPayload: item.bytes("phyPayload"),
    frequencyHz: txInfo?.uint("frequency") ?? 0,
    eirpDbm: txInfo?.int("power") ?? 0,
    modulation: modulation === null ? null : readModulation(modulation),
    board: txInfo?.uint("board") ?? 0,
    antenna: txInfo?.uint("antenna") ?? 0,
    timing: timing === null ? null : readTiming(timing),
    context: txInfo?.bytes("context") ?? new Uint8Array(0),
  };
}

function readTiming(timing: JsonFields): RawDownlinkItem["timing"] {
  if (timing.child("immediately") !== null) return { kind: "immediately" };
  const delay = timing.child("delay");
  if (delay !== null) return { kind: "delay", span: delay.span("delay") };
  const gps = timing.child("gpsEpoch");
  return gps === null ? null : { kind: "gps", span: gps.span("timeSinceGpsEpoch") };
}

function readLocation(location: JsonFields | null): RxInfo["location"] {
  if (location === null) return null;
  return {
    latitudeDeg: location.number("latitude"),
    longitudeDeg: location.number("longitude"),
    altitudeM: location.number("altitude"),
  };
}

function readRxInfo(info: JsonFields): RxInfo {
  return {
    gatewayId: info.text("gatewayId"),
    uplinkId: info.uint("uplinkId"),
    gwTime: info.time("gwTime"),
    timeSinceGpsEpoch: info.span("timeSinceGpsEpoch"),
    fineTimeSinceGpsEpoch: info.span("fineTimeSinceGpsEpoch"),
    rssiDbm: info.int("rssi"),
    snrDb: info.number("snr"),
    channel: info.uint("channel"),
    rfChain: info.uint("rfChain"),
    board: info.uint("board"),
    antenna: info.uint("antenna"),
    location: readLocation(info.child("location")),
    context: info.bytes("context"),
    metadata: info.texts("metadata"),
    crcStatus: Math.max(0, info.enumeration("crcStatus", crcStatusNames)),
  };
}

function readCount(message: JsonFields): ModulationCount[] {
  const raw = message.child("modulation");
  const modulation = raw === null ? null : modulationOf(readModulation(raw));
  return modulation === null ? [] : [{ modulation, count: message.uint("count") }];
}

function counts(fields: JsonFields | null): ReadonlyMap<string, number> {
  return new Map(fields?.keys().map((key) => [key, fields.uint(key)]) ?? []);
}

function countsByNumber(fields: JsonFields | null): ReadonlyMap<number, number> {
  return new Map([...counts(fields)].map(([key, count]) => [Number(key), count]));
}
