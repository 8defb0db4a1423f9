/**
 * Reads LoRaWAN PHYPayloads.
 *
 * Never throws and never copies: byte fields are views of the input, and a frame that is too short, too long or odd is a value with a
 * reason. It reads what stands there: MICs are not checked (mic.ts) and payloads stay encrypted (session.ts).
 */
import {
  F_OPTS_START,
  type Frame,
  JOIN_REQUEST_BYTES,
  MAX_F_OPTS_BYTES,
  MAX_FRAME_BYTES,
  type MalformedFrame,
  type MalformedReason,
  MIC_BYTES,
  MIN_DATA_BYTES,
  MTYPE,
} from "./frame.ts";

/** Without and with the optional CFList. */
const joinAcceptBytes = [17, 33] as const;
const rejoinNetIdBytes = 19;
const rejoinJoinEuiBytes = 24;

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
  if (bytes.length !== JOIN_REQUEST_BYTES) return malformed("bad_join_request_length");
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
  if (bytes.length < MIN_DATA_BYTES) return malformed("data_too_short");
  const fCtrl = bytes[5];
  const fOptsEnd = F_OPTS_START + (fCtrl & MAX_F_OPTS_BYTES);
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
    fOpts: bytes.subarray(F_OPTS_START, fOptsEnd),
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
