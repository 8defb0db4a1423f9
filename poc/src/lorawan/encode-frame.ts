/** Writes LoRaWAN PHYPayloads. Throws POC_BAD_FRAME, because the input is the caller's own. */
import { pocError } from "../errors.ts";
import {
  type DataFrame,
  F_OPTS_START,
  JOIN_REQUEST_BYTES,
  type JoinRequestFrame,
  MAX_F_OPTS_BYTES,
  MAX_FRAME_BYTES,
  MIC_BYTES,
  MIN_DATA_BYTES,
  MTYPE,
  PROPRIETARY_MHDR,
} from "./frame.ts";

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
  const bytes = new Uint8Array(JOIN_REQUEST_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = MTYPE.joinRequest << 5;
  view.setBigUint64(1, eui("JoinEUI", frame.joinEui), true);
  view.setBigUint64(9, eui("DevEUI", frame.devEui), true);
  view.setUint16(17, unsigned("DevNonce", frame.devNonce, 16), true);
  bytes.set(frame.mic, JOIN_REQUEST_BYTES - MIC_BYTES);
  return bytes;
}

/**
 * PHYPayload of a data frame with the MIC it holds. Throws POC_BAD_FRAME when a field is out of range, when a payload has no
 * FPort, or when the frame is longer than a modem takes.
 */
export function encodeDataFrame(frame: Omit<DataFrame, "kind">): Uint8Array {
  const { direction, isConfirmed, fOpts, fPort, frmPayload } = frame;
  assertLength("MIC", frame.mic, MIC_BYTES, MIC_BYTES);
  assertLength("FOpts", fOpts, 0, MAX_F_OPTS_BYTES);
  if (fPort === null && frmPayload.length > 0)
    throw pocError("POC_BAD_FRAME", "FRMPayload: expected an FPort before it");
  if (fPort !== null) unsigned("FPort", fPort, 8);
  const length = MIN_DATA_BYTES + fOpts.length + (fPort === null ? 0 : 1 + frmPayload.length);
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
  bytes.set(fOpts, F_OPTS_START);
  if (fPort !== null) {
    bytes[F_OPTS_START + fOpts.length] = fPort;
    bytes.set(frmPayload, F_OPTS_START + fOpts.length + 1);
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
