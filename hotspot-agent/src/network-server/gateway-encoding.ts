/**
 * One choice of encoding for a server, and commands read in whichever they came.
 *
 * ChirpStack takes a message for JSON when its bytes contain the text "gatewayId" anywhere. So a protobuf uplink that holds it by
 * chance or by somebody's design (payload, metadata) would be lost; that one goes out as JSON, where payloads are base64.
 */
import type {
  ExecRequest,
  ExecResponse,
  GatewayConfiguration,
  RawDownlink,
  StatsEvent,
  TxAckEvent,
  UplinkEvent,
} from "./gateway-message.ts";
import { decodeDownlinkJson, encodeDownlinkJson } from "./json/downlink-json.ts";
import {
  decodeConfigurationJson,
  decodeExecRequestJson,
  decodeStatsJson,
  decodeTxAckJson,
  decodeUplinkJson,
  encodeConnStateJson,
  encodeExecResponseJson,
  encodeStatsJson,
  encodeTxAckJson,
  encodeUplinkJson,
} from "./json/gateway-json.ts";
import { decodeDownlink, encodeDownlink } from "./protobuf/downlink-messages.ts";
import {
  decodeConfiguration,
  decodeExecRequest,
  decodeStats,
  decodeTxAck,
  decodeUplink,
  encodeConnState,
  encodeExecResponse,
  encodeStats,
  encodeTxAck,
  encodeUplink,
} from "./protobuf/gateway-codec.ts";

export type Encoding = "protobuf" | "json";

export interface GatewayEncoding {
  uplink(event: UplinkEvent): Uint8Array;
  stats(event: StatsEvent): Uint8Array;
  txAck(event: TxAckEvent): Uint8Array;
  connState(gatewayId: string, isOnline: boolean): Uint8Array;
  execResponse(response: ExecResponse): Uint8Array;
  downlink(downlink: RawDownlink): Uint8Array;
}

const jsonEncoding: GatewayEncoding = {
  uplink: encodeUplinkJson,
  stats: encodeStatsJson,
  txAck: encodeTxAckJson,
  connState: encodeConnStateJson,
  execResponse: encodeExecResponseJson,
  downlink: encodeDownlinkJson,
};

const protobufEncoding: GatewayEncoding = {
  uplink: (event) => unlessMistaken(encodeUplink(event), () => encodeUplinkJson(event)),
  stats: (event) => unlessMistaken(encodeStats(event), () => encodeStatsJson(event)),
  txAck: encodeTxAck,
  connState: encodeConnState,
  execResponse: (response) => unlessMistaken(encodeExecResponse(response), () => encodeExecResponseJson(response)),
  downlink: encodeDownlink,
};

/** The writers of an encoding. */
export function gatewayEncoding(encoding: Encoding): GatewayEncoding {
  return encoding === "json" ? jsonEncoding : protobufEncoding;
}

const jsonMark = Buffer.from("gatewayId");

function unlessMistaken(bytes: Uint8Array, asJson: () => Uint8Array): Uint8Array {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(jsonMark) ? asJson() : bytes;
}

/** "{": as a protobuf tag it would be a group of field 15, which no message of ours has. */
const openingBrace = 0x7b;

function isJson(bytes: Uint8Array): boolean {
  return bytes[0] === openingBrace;
}

/** command/down in either encoding; null when it is no such message. */
export function readDownlink(bytes: Uint8Array): RawDownlink | null {
  return isJson(bytes) ? decodeDownlinkJson(bytes) : decodeDownlink(bytes);
}

/** command/config in either encoding. */
export function readConfiguration(bytes: Uint8Array): GatewayConfiguration | null {
  return isJson(bytes) ? decodeConfigurationJson(bytes) : decodeConfiguration(bytes);
}

/** command/exec in either encoding. */
export function readExecRequest(bytes: Uint8Array): ExecRequest | null {
  return isJson(bytes) ? decodeExecRequestJson(bytes) : decodeExecRequest(bytes);
}

/** event/up of another gateway software in either encoding. */
export function readUplink(bytes: Uint8Array): UplinkEvent | null {
  return isJson(bytes) ? decodeUplinkJson(bytes) : decodeUplink(bytes);
}

/** event/stats of another gateway software in either encoding. */
export function readStats(bytes: Uint8Array): StatsEvent | null {
  return isJson(bytes) ? decodeStatsJson(bytes) : decodeStats(bytes);
}

/** event/ack of another gateway software in either encoding. */
export function readTxAck(bytes: Uint8Array): TxAckEvent | null {
  return isJson(bytes) ? decodeTxAckJson(bytes) : decodeTxAck(bytes);
}
