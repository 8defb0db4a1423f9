/**
 * The binary frame of the Semtech UDP protocol, versions 1 and 2 (Lora-net/sx1302_hal PROTOCOL.TXT 1.6).
 *
 *   byte 0 version · 1–2 token · 3 type · then, in what a gateway sends, 8 bytes of EUI and JSON or nothing
 *
 * Types 3 and 4 are PULL_RESP and PULL_ACK in that order. Reads only what a gateway sends; what a server sends (PUSH_ACK,
 * PULL_ACK, PULL_RESP) is refused on the way in. JSON is not looked at here: an odd text must not cost the ack.
 */
import type { GatewayEui } from "../messages.ts";

export const PUSH_DATA = 0;
export const PUSH_ACK = 1;
export const PULL_DATA = 2;
export const PULL_RESP = 3;
export const PULL_ACK = 4;
export const TX_ACK = 5;

/** Largest payload of a UDP datagram over IPv4, bytes. */
export const MAX_DATAGRAM_BYTES = 65_507;

const headerBytes = 4;
const euiEnd = 12;

export type GwmpVersion = 1 | 2;

export interface GwmpDatagram {
  readonly kind: "push-data" | "pull-data" | "tx-ack";
  readonly version: GwmpVersion;
  /** Two bytes, first one high; only ever echoed or matched. */
  readonly token: number;
  readonly gatewayEui: GatewayEui;
  /** The input; `datagramText` reads the JSON in it. */
  readonly bytes: Uint8Array;
}

export type DatagramFault = "too_short" | "unknown_version" | "unknown_type" | "not_from_a_gateway" | "bad_length";

export interface MalformedDatagram {
  readonly kind: "malformed";
  readonly fault: DatagramFault;
}

const malformed = (fault: DatagramFault): MalformedDatagram => ({ kind: "malformed", fault });

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The EUI in the eight bytes at `at`. */
export function readEui(bytes: Uint8Array, at: number): GatewayEui {
  let text = "";
  for (let i = at; i < at + 8; i++) text += hexOfByte[bytes[i]];
  return text;
}

/** Reads a datagram of a gateway. Never throws; keeps `bytes`, and looks at no JSON. */
export function parseDatagram(bytes: Uint8Array): GwmpDatagram | MalformedDatagram {
  if (bytes.length < headerBytes) return malformed("too_short");
  const version = bytes[0];
  if (version !== 1 && version !== 2) return malformed("unknown_version");
  const type = bytes[3];
  if (type === PUSH_ACK || type === PULL_ACK || type === PULL_RESP) return malformed("not_from_a_gateway");
  if (type !== PUSH_DATA && type !== PULL_DATA && type !== TX_ACK) return malformed("unknown_type");
  if (bytes.length < euiEnd) return malformed("too_short");
  if (type === PULL_DATA && bytes.length !== euiEnd) return malformed("bad_length");
  return {
    kind: type === PUSH_DATA ? "push-data" : type === PULL_DATA ? "pull-data" : "tx-ack",
    version,
    token: (bytes[1] << 8) | bytes[2],
    gatewayEui: readEui(bytes, headerBytes),
    bytes,
  };
}

const utf8 = new TextDecoder();

/** The JSON behind the EUI, empty when there is none; bytes that are no UTF-8 become replacement characters. */
export function datagramText({ bytes }: GwmpDatagram): string {
  // What Bun's sockets give is a Buffer, whose own decoder needs no view and is twice as fast.
  return bytes instanceof Buffer ? bytes.toString("utf8", euiEnd) : utf8.decode(bytes.subarray(euiEnd));
}

/** PUSH_ACK or PULL_ACK for a datagram: its version and its token. */
export function encodeAck(version: GwmpVersion, token: number, type: typeof PUSH_ACK | typeof PULL_ACK): Uint8Array {
  return Uint8Array.of(version, token >>> 8, token & 0xff, type);
}

/** PULL_RESP with the JSON of a transmission. */
export function encodePullResp(version: GwmpVersion, token: number, json: string): Uint8Array {
  const text = Buffer.from(json);
  const bytes = new Uint8Array(headerBytes + text.length);
  bytes.set([version, token >>> 8, token & 0xff, PULL_RESP]);
  bytes.set(text, headerBytes);
  return bytes;
}
