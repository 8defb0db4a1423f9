/**
 * LoRaWAN PHYPayload codec (LoRaWAN L2 1.0.4 §4 and §6; 1.1 §6.2.4 for rejoin-requests).
 *
 * `parseFrame` never throws and never copies: byte fields are views of the input, and a frame that is too short, too long or
 * odd is a value with a reason. It reads what stands there: MICs are not checked (mic.ts) and payloads stay encrypted
 * (session.ts). Encoders throw POC_BAD_FRAME, because their input is the caller's own.
 */
import { pocError } from "../errors.ts";

/** Greatest PHYPayload of a LoRa modem, bytes. */
export const MAX_FRAME_BYTES = 255;
/** First byte of a proprietary frame, which every beacon is. */
export const PROPRIETARY_MHDR = 0xe0;
export const MIC_BYTES = 4;

const joinRequestBytes = 23;
/** Without and with the optional CFList. */
const joinAcceptBytes = [17, 33] as const;
const rejoinNetIdBytes = 19;
const rejoinJoinEuiBytes = 24;
/** MHDR, DevAddr, FCtrl, FCnt, MIC. */
const minDataBytes = 12;
const maxFOptsBytes = 15;
const fOptsStart = 8;

const MTYPE = {
  joinRequest: 0,
  joinAccept: 1,
  unconfirmedUp: 2,
  unconfirmedDown: 3,
  confirmedUp: 4,
  confirmedDown: 5,
  rejoinRequest: 6,
  proprietary: 7,
} as const;

export interface JoinRequestFrame {
  readonly kind: "join-request";
  readonly joinEui: bigint;
  readonly devEui: bigint;
  readonly devNonce: number;
  readonly mic: Uint8Array;
}

export interface JoinAcceptFrame {
  readonly kind: "join-accept";
  /** Everything after the MHDR, encrypted: 16 bytes, or 32 with a CFList. */
  readonly encrypted: Uint8Array;
}

export interface DataFrame {
  readonly kind: "data";
  readonly direction: "up" | "down";
  readonly isConfirmed: boolean;
  readonly devAddr: number;
  readonly adr: boolean;
  /** Uplink ADRACKReq; reserved in a downlink. */
  readonly adrAckReq: boolean;
  readonly ack: boolean;
  /** Uplink ClassB; downlink FPending. */
  readonly isClassBOrPending: boolean;
  /** Low 16 bits of the frame counter. */
  readonly fCnt: number;
  /** 0 to 15 bytes; encrypted in 1.1. */
  readonly fOpts: Uint8Array;
  /** Null when the frame ends after the header. */
  readonly fPort: number | null;
  readonly frmPayload: Uint8Array;
  readonly mic: Uint8Array;
}

export interface RejoinNetIdFrame {
  readonly kind: "rejoin-request";
  readonly rejoinType: 0 | 2;
  readonly netId: number;
  readonly devEui: bigint;
  readonly rejoinCount: number;
  readonly mic: Uint8Array;
}

export interface RejoinJoinEuiFrame {
  readonly kind: "rejoin-request";
  readonly rejoinType: 1;
  readonly joinEui: bigint;
  readonly devEui: bigint;
  readonly rejoinCount: number;
  readonly mic: Uint8Array;
}

export interface ProprietaryFrame {
  readonly kind: "proprietary";
  /** Everything after the MHDR; whether it ends in a MIC only its maker knows. */
  readonly payload: Uint8Array;
}

export type MalformedReason =
  | "empty"
  | "too_long"
  | "unknown_major"
  | "bad_join_request_length"
  | "bad_join_accept_length"
  | "bad_rejoin_length"
  | "unknown_rejoin_type"
  | "data_too_short"
  | "f_opts_overrun";

export interface MalformedFrame {
  readonly kind: "malformed";
  readonly reason: MalformedReason;
}

export type Frame =
  | JoinRequestFrame
  | JoinAcceptFrame
  | DataFrame
  | RejoinNetIdFrame
  | RejoinJoinEuiFrame
  | ProprietaryFrame
  | MalformedFrame;

function malformed(reason: MalformedReason): MalformedFrame {
  return { kind: "malformed", reason };
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

function u24(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) | (bytes[at + 2] << 16);
}

function u32(bytes: Uint8Array, at: number): number {
  return (u24(bytes, at) | (bytes[at + 3] << 24)) >>> 0;
}

function u64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(u32(bytes, at + 4)) << 32n) | BigInt(u32(bytes, at));
}

function micOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.length - MIC_BYTES);
}

function parseJoinRequest(bytes: Uint8Array): Frame {
  if (bytes.length !== joinRequestBytes) return malformed("bad_join_request_length");
  return {
    kind: "join-request",
    joinEui: u64(bytes, 1),
    devEui: u64(bytes, 9),
    devNonce: u16(bytes, 17),
    mic: micOf(bytes),
  };
}

function parseJoinAccept(bytes: Uint8Array): Frame {
  if (!joinAcceptBytes.some((length) => length === bytes.length)) return malformed("bad_join_accept_length");
  return { kind: "join-accept", encrypted: bytes.subarray(1) };
}

function parseRejoinRequest(bytes: Uint8Array): Frame {
  if (bytes.length < 2) return malformed("bad_rejoin_length");
  const rejoinType = bytes[1];
  if (rejoinType === 1) {
    if (bytes.length !== rejoinJoinEuiBytes) return malformed("bad_rejoin_length");
    return {
      kind: "rejoin-request",
      rejoinType,
      joinEui: u64(bytes, 2),
      devEui: u64(bytes, 10),
      rejoinCount: u16(bytes, 18),
      mic: micOf(bytes),
    };
  }
  if (rejoinType !== 0 && rejoinType !== 2) return malformed("unknown_rejoin_type");
  if (bytes.length !== rejoinNetIdBytes) return malformed("bad_rejoin_length");
  return {
    kind: "rejoin-request",
    rejoinType,
    netId: u24(bytes, 2),
    devEui: u64(bytes, 5),
    rejoinCount: u16(bytes, 13),
    mic: micOf(bytes),
  };
}

function parseData(bytes: Uint8Array, type: number): Frame {
  if (bytes.length < minDataBytes) return malformed("data_too_short");
  const fCtrl = bytes[5];
  const fOptsEnd = fOptsStart + (fCtrl & maxFOptsBytes);
  const micStart = bytes.length - MIC_BYTES;
  if (fOptsEnd > micStart) return malformed("f_opts_overrun");
  const hasPort = fOptsEnd < micStart;
  return {
    kind: "data",
    direction: type === MTYPE.unconfirmedUp || type === MTYPE.confirmedUp ? "up" : "down",
    isConfirmed: type === MTYPE.confirmedUp || type === MTYPE.confirmedDown,
    devAddr: u32(bytes, 1),
    adr: (fCtrl & 0x80) !== 0,
    adrAckReq: (fCtrl & 0x40) !== 0,
    ack: (fCtrl & 0x20) !== 0,
    isClassBOrPending: (fCtrl & 0x10) !== 0,
    fCnt: u16(bytes, 6),
    fOpts: bytes.subarray(fOptsStart, fOptsEnd),
    fPort: hasPort ? bytes[fOptsEnd] : null,
    frmPayload: hasPort ? bytes.subarray(fOptsEnd + 1, micStart) : bytes.subarray(micStart, micStart),
    mic: micOf(bytes),
  };
}

/**
 * Reads a PHYPayload. Byte fields of the answer are views: they live and change with `bytes`. Reserved bits of the MHDR are
 * ignored as the specification asks; a major version other than 0 is malformed, except in a proprietary frame.
 */
export function parseFrame(bytes: Uint8Array): Frame {
  if (bytes.length === 0) return malformed("empty");
  if (bytes.length > MAX_FRAME_BYTES) return malformed("too_long");
  const type = bytes[0] >>> 5;
  if (type === MTYPE.proprietary) return { kind: "proprietary", payload: bytes.subarray(1) };
  if ((bytes[0] & 3) !== 0) return malformed("unknown_major");
  if (type === MTYPE.joinRequest) return parseJoinRequest(bytes);
  if (type === MTYPE.joinAccept) return parseJoinAccept(bytes);
  if (type === MTYPE.rejoinRequest) return parseRejoinRequest(bytes);
  return parseData(bytes, type);
}

function unsigned(name: string, value: number, bits: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw pocError("POC_BAD_FRAME", `${name}: expected an integer of ${bits} bits, got ${value}`);
  }
  return value;
}

function eui(name: string, value: bigint): bigint {
  if (value < 0n || value >= 1n << 64n) throw pocError("POC_BAD_FRAME", `${name}: expected 64 bits, got ${value}`);
  return value;
}

function assertLength(name: string, bytes: Uint8Array, min: number, max: number): void {
  if (bytes.length < min || bytes.length > max) {
    throw pocError("POC_BAD_FRAME", `${name}: expected ${min} to ${max} bytes, got ${bytes.length}`);
  }
}

/** PHYPayload of a join-request with the MIC it holds. Throws POC_BAD_FRAME when a field is out of range. */
export function encodeJoinRequest(frame: Omit<JoinRequestFrame, "kind">): Uint8Array {
  assertLength("MIC", frame.mic, MIC_BYTES, MIC_BYTES);
  const bytes = new Uint8Array(joinRequestBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = MTYPE.joinRequest << 5;
  view.setBigUint64(1, eui("JoinEUI", frame.joinEui), true);
  view.setBigUint64(9, eui("DevEUI", frame.devEui), true);
  view.setUint16(17, unsigned("DevNonce", frame.devNonce, 16), true);
  bytes.set(frame.mic, joinRequestBytes - MIC_BYTES);
  return bytes;
}

/**
 * PHYPayload of a data frame with the MIC it holds. Throws POC_BAD_FRAME when a field is out of range, when a payload has no
 * FPort, or when the frame is longer than a modem takes.
 */
export function encodeDataFrame(frame: Omit<DataFrame, "kind">): Uint8Array {
  const { direction, isConfirmed, fOpts, fPort, frmPayload } = frame;
  assertLength("MIC", frame.mic, MIC_BYTES, MIC_BYTES);
  assertLength("FOpts", fOpts, 0, maxFOptsBytes);
  if (fPort === null && frmPayload.length > 0)
    throw pocError("POC_BAD_FRAME", "FRMPayload: expected an FPort before it");
  if (fPort !== null) unsigned("FPort", fPort, 8);
  const length = minDataBytes + fOpts.length + (fPort === null ? 0 : 1 + frmPayload.length);
  if (length > MAX_FRAME_BYTES) throw pocError("POC_BAD_FRAME", `frame: expected at most 255 bytes, got ${length}`);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const type = direction === "up" ? MTYPE.unconfirmedUp : MTYPE.unconfirmedDown;
  bytes[0] = (type + (isConfirmed ? 2 : 0)) << 5;
  view.setUint32(1, unsigned("DevAddr", frame.devAddr, 32), true);
  bytes[5] =
    (frame.adr ? 0x80 : 0) |
    (frame.adrAckReq ? 0x40 : 0) |
    (frame.ack ? 0x20 : 0) |
    (frame.isClassBOrPending ? 0x10 : 0) |
    fOpts.length;
  view.setUint16(6, unsigned("FCnt", frame.fCnt, 16), true);
  bytes.set(fOpts, fOptsStart);
  if (fPort !== null) {
    bytes[fOptsStart + fOpts.length] = fPort;
    bytes.set(frmPayload, fOptsStart + fOpts.length + 1);
  }
  bytes.set(frame.mic, length - MIC_BYTES);
  return bytes;
}

/** PHYPayload of a proprietary frame (a beacon): MHDR 0xE0 and the payload. Throws POC_BAD_FRAME over 254 bytes. */
export function encodeProprietary(payload: Uint8Array): Uint8Array {
  assertLength("payload", payload, 0, MAX_FRAME_BYTES - 1);
  const bytes = new Uint8Array(1 + payload.length);
  bytes[0] = PROPRIETARY_MHDR;
  bytes.set(payload, 1);
  return bytes;
}
