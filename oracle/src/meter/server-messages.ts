/**
 * The two messages a payer's meter reads from its own broker, in protobuf or in the JSON ChirpStack writes (proto3 JSON mapping).
 *
 *   gateway/<id>/event/up                       UplinkFrame: what a hotspot delivered, byte for byte
 *   application/<id>/device/<devEui>/event/up   UplinkEvent: what ChirpStack accepted, its MIC checked, and through which gateways
 *
 * Readers never throw: bytes that are no such message are null. Field numbers are those of ChirpStack 4.19.
 */
import { parseDevAddr } from "@earshot/poc/lorawan";
import { readFields } from "./protobuf-fields.ts";

/** Names one delivery: a gateway's own number for a reception. */
export interface DeliveryName {
  /** 16 lower-case hexadecimal digits. */
  readonly gatewayId: string;
  readonly uplinkId: number;
}

export interface DeliveredFrame extends DeliveryName {
  readonly phyPayload: Uint8Array;
}

export interface AcceptedUplink {
  readonly devAddr: number;
  /** The whole 32-bit counter. */
  readonly fCnt: number;
  readonly copies: readonly DeliveryName[];
}

/** Which of the two messages a topic carries; null for any other topic. */
export function topicKind(topic: string): "delivered" | "accepted" | null {
  if (/(?:^|\/)gateway\/[0-9a-f]{16}\/event\/up$/.test(topic)) return "delivered";
  return /^application\/[^/]+\/device\/[0-9a-f]{16}\/event\/up$/.test(topic) ? "accepted" : null;
}

const UPLINK_FRAME = { phyPayload: 1, rxInfo: 5 } as const;
const UPLINK_EVENT = { devAddr: 4, fCnt: 7, rxInfo: 12 } as const;
const RX_INFO = { gatewayId: 1, uplinkId: 2 } as const;
/** Most gateways that are read of one event. */
const MAX_COPIES = 256;
const MAX_U32 = 0xffff_ffff;
const OPENING_BRACE = 0x7b;

/** Reads an UplinkFrame of a gateway. */
export function readDelivered(bytes: Uint8Array): DeliveredFrame | null {
  if (bytes[0] === OPENING_BRACE) {
    const json = parseObject(bytes);
    const name = jsonName(asObject(json?.rxInfo));
    const phyPayload = fromBase64(json?.phyPayload);
    return name === null || phyPayload === null ? null : { ...name, phyPayload };
  }
  const fields = readFields(bytes);
  const rxInfo = fields?.(UPLINK_FRAME.rxInfo).bytes.at(-1);
  const phyPayload = fields?.(UPLINK_FRAME.phyPayload).bytes.at(-1);
  const name = rxInfo === undefined ? null : wireName(rxInfo);
  return name === null || phyPayload === undefined ? null : { ...name, phyPayload };
}

/** Reads an UplinkEvent of an application. */
export function readAccepted(bytes: Uint8Array): AcceptedUplink | null {
  if (bytes[0] === OPENING_BRACE) {
    const json = parseObject(bytes);
    if (json === undefined || !Array.isArray(json.rxInfo)) return null;
    return accepted(
      json.devAddr,
      json.fCnt ?? 0,
      json.rxInfo.map((item) => jsonName(asObject(item))),
    );
  }
  const fields = readFields(bytes);
  if (fields === null) return null;
  const devAddr = fields(UPLINK_EVENT.devAddr).bytes.at(-1);
  const fCnt = fields(UPLINK_EVENT.fCnt).numbers.at(-1) ?? 0;
  return accepted(
    devAddr === undefined ? undefined : text(devAddr),
    fCnt,
    fields(UPLINK_EVENT.rxInfo).bytes.map(wireName),
  );
}

function accepted(devAddrText: unknown, fCnt: unknown, names: readonly (DeliveryName | null)[]): AcceptedUplink | null {
  const devAddr = typeof devAddrText === "string" ? parseDevAddr(devAddrText) : null;
  if (devAddr === null || !isU32(fCnt) || names.length > MAX_COPIES) return null;
  const copies = names.filter((name) => name !== null);
  return copies.length < names.length ? null : { devAddr, fCnt, copies };
}

function wireName(rxInfo: Uint8Array): DeliveryName | null {
  const fields = readFields(rxInfo);
  const gatewayId = fields?.(RX_INFO.gatewayId).bytes.at(-1);
  return gatewayId === undefined ? null : named(text(gatewayId), fields?.(RX_INFO.uplinkId).numbers.at(-1) ?? 0);
}

function jsonName(rxInfo: Readonly<Record<string, unknown>> | undefined): DeliveryName | null {
  return rxInfo === undefined ? null : named(rxInfo.gatewayId, rxInfo.uplinkId ?? 0);
}

function named(gatewayId: unknown, uplinkId: unknown): DeliveryName | null {
  if (typeof gatewayId !== "string" || !/^[0-9a-f]{16}$/.test(gatewayId) || !isU32(uplinkId)) return null;
  return { gatewayId, uplinkId };
}

function isU32(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_U32;
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function fromBase64(value: unknown): Uint8Array | null {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return null;
  return new Uint8Array(Buffer.from(value, "base64"));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
