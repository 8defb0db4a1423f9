/**
 * Message integrity codes of LoRaWAN 1.0 and 1.1: the first four bytes of an AES-CMAC over a block and the frame (LoRaWAN L2
 * 1.0.4 §4.4 and §6.2; 1.1 §4.4, §6.2.3).
 *
 * Functions take the whole PHYPayload; its last four bytes, the MIC it carries, never enter the computation. Whoever has no
 * key cannot check a MIC: a hotspot, for one, so the DevAddr it reads is only claimed.
 */
import { pocError } from "../errors.ts";
import { AES_BLOCK_BYTES, aesCmac } from "./aes-cmac.ts";
import { MIC_BYTES } from "./frame.ts";
import { parseFrame } from "./parse-frame.ts";
import { littleEndian } from "./wire-order.ts";

/** Keys and context of a 1.1 uplink MIC. */
export interface UplinkMic11 {
  readonly fNwkSIntKey: Uint8Array;
  readonly sNwkSIntKey: Uint8Array;
  /** Counter of the confirmed downlink this frame acknowledges (16 bits); counts only when the ACK bit is set. */
  readonly confirmedFCnt: number;
  /** Data rate and channel index of the transmission. */
  readonly txDataRate: number;
  readonly txChannel: number;
}

/** Key and context of a 1.1 downlink MIC. */
export interface DownlinkMic11 {
  readonly sNwkSIntKey: Uint8Array;
  /** Counter of the confirmed uplink this frame acknowledges (16 bits); counts only when the ACK bit is set. */
  readonly confirmedFCnt: number;
}

/** JoinReqType that stands for an ordinary join-request in a 1.1 join-accept MIC. */
export const JOIN_REQUEST_TYPE = 0xff;

const blockTag = 0x49;

function messageOf(phyPayload: Uint8Array): Uint8Array {
  if (phyPayload.length < 1 + MIC_BYTES)
    throw pocError("POC_BAD_FRAME", `frame: expected 5 bytes or more, got ${phyPayload.length}`);
  return phyPayload.subarray(0, phyPayload.length - MIC_BYTES);
}

/** The CMAC of header block and message, cut to four bytes; `context` fills bytes 1 to 4 of the block. */
function dataCmac(
  phyPayload: Uint8Array,
  key: Uint8Array,
  fCntHigh: number,
  context: (ack: boolean) => readonly number[],
): Uint8Array {
  const frame = parseFrame(phyPayload);
  if (frame.kind !== "data") throw pocError("POC_BAD_FRAME", `expected a data frame, got ${frame.kind}`);
  const message = messageOf(phyPayload);
  const input = new Uint8Array(AES_BLOCK_BYTES + message.length);
  input[0] = blockTag;
  input.set(context(frame.ack), 1);
  input[5] = frame.direction === "up" ? 0 : 1;
  input.set(message.subarray(1, 5), 6);
  input.set(message.subarray(6, 8), 10);
  input.set(littleEndian("upper half of FCnt", fCntHigh, 2), 12);
  input[15] = message.length;
  input.set(message, AES_BLOCK_BYTES);
  return aesCmac(key, input).subarray(0, MIC_BYTES);
}

const noContext = () => [0, 0, 0, 0];

function acknowledged(ack: boolean, confirmedFCnt: number): Uint8Array {
  return littleEndian("acknowledged FCnt", ack ? confirmedFCnt : 0, 2);
}

/**
 * MIC of a 1.0 data frame, either direction; `fCntHigh` is the upper half of the 32-bit counter. Throws POC_BAD_FRAME when the
 * bytes are no data frame, POC_BAD_LENGTH when the key has not 16 bytes.
 */
export function dataMic10(phyPayload: Uint8Array, nwkSKey: Uint8Array, fCntHigh = 0): Uint8Array {
  return dataCmac(phyPayload, nwkSKey, fCntHigh, noContext);
}

/** MIC of a 1.1 uplink: two bytes under each integrity key. Errors as `dataMic10`. */
export function uplinkMic11(phyPayload: Uint8Array, keys: UplinkMic11, fCntHigh = 0): Uint8Array {
  const serving = dataCmac(phyPayload, keys.sNwkSIntKey, fCntHigh, (ack) => [
    ...acknowledged(ack, keys.confirmedFCnt),
    ...littleEndian("TxDr", keys.txDataRate, 1),
    ...littleEndian("TxCh", keys.txChannel, 1),
  ]);
  const forwarding = dataCmac(phyPayload, keys.fNwkSIntKey, fCntHigh, noContext);
  return Uint8Array.of(serving[0], serving[1], forwarding[0], forwarding[1]);
}

/** MIC of a 1.1 downlink. Errors as `dataMic10`. */
export function downlinkMic11(phyPayload: Uint8Array, keys: DownlinkMic11, fCntHigh = 0): Uint8Array {
  return dataCmac(phyPayload, keys.sNwkSIntKey, fCntHigh, (ack) => [...acknowledged(ack, keys.confirmedFCnt), 0, 0]);
}

/**
 * MIC of a join-request (key: AppKey in 1.0, NwkKey in 1.1) or of a decrypted 1.0 join-accept. Throws POC_BAD_FRAME under five
 * bytes, POC_BAD_LENGTH when the key has not 16 bytes.
 */
export function joinMic(phyPayload: Uint8Array, key: Uint8Array): Uint8Array {
  return aesCmac(key, messageOf(phyPayload)).slice(0, MIC_BYTES);
}

/** MIC of a decrypted 1.1 join-accept: also over the request it answers. Errors as `joinMic`. */
export function joinAcceptMic11(
  phyPayload: Uint8Array,
  jsIntKey: Uint8Array,
  answered: { readonly joinReqType: number; readonly joinEui: bigint; readonly devNonce: number },
): Uint8Array {
  const request = [
    ...littleEndian("JoinReqType", answered.joinReqType, 1),
    ...littleEndian("JoinEUI", answered.joinEui, 8),
    ...littleEndian("DevNonce", answered.devNonce, 2),
  ];
  const message = messageOf(phyPayload);
  const input = new Uint8Array(request.length + message.length);
  input.set(request);
  input.set(message, request.length);
  return aesCmac(jsIntKey, input).slice(0, MIC_BYTES);
}

/** Whether the frame carries exactly this MIC. */
export function hasMic(phyPayload: Uint8Array, mic: Uint8Array): boolean {
  const at = phyPayload.length - MIC_BYTES;
  return at >= 1 && mic.length === MIC_BYTES && mic.every((byte, index) => byte === phyPayload[at + index]);
}
