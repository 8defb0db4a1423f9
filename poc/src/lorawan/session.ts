/**
 * Session keys and payload encryption (LoRaWAN L2 1.0.4 §4.3.3 and §6.2.5; 1.1 §6.1.1, §6.2.5 and §6.1.2.2).
 *
 * Nonces, EUIs and NetIDs are numbers; the functions put them on the wire least significant byte first. A hotspot holds none of
 * these keys: this serves tests, the network-server referee and a customer's own meter.
 */
import { pocError } from "../errors.ts";
import { AES_BLOCK_BYTES, aesDecryptBlocks, aesEncryptBlocks } from "./aes-cmac.ts";
import { parseFrame } from "./parse-frame.ts";
import { littleEndian } from "./wire-order.ts";

function derive(key: Uint8Array, tag: number, ...fields: readonly Uint8Array[]): Uint8Array {
  const block = new Uint8Array(AES_BLOCK_BYTES);
  block[0] = tag;
  let at = 1;
  for (const field of fields) {
    block.set(field, at);
    at += field.length;
  }
  return aesEncryptBlocks(key, block);
}

export interface SessionKeys10 {
  readonly nwkSKey: Uint8Array;
  readonly appSKey: Uint8Array;
}

/** 1.0 session keys of a join: AppNonce and NetID from the accept (24 bits), DevNonce from the request (16 bits). */
export function sessionKeys10(
  appKey: Uint8Array,
  join: { readonly appNonce: number; readonly netId: number; readonly devNonce: number },
): SessionKeys10 {
  const fields = [
    littleEndian("AppNonce", join.appNonce, 3),
    littleEndian("NetID", join.netId, 3),
    littleEndian("DevNonce", join.devNonce, 2),
  ];
  return { nwkSKey: derive(appKey, 1, ...fields), appSKey: derive(appKey, 2, ...fields) };
}

export interface SessionKeys11 {
  readonly fNwkSIntKey: Uint8Array;
  readonly appSKey: Uint8Array;
  readonly sNwkSIntKey: Uint8Array;
  readonly nwkSEncKey: Uint8Array;
}

/** 1.1 session keys of a join: JoinNonce from the accept (24 bits), JoinEUI and DevNonce from the request. */
export function sessionKeys11(
  rootKeys: { readonly nwkKey: Uint8Array; readonly appKey: Uint8Array },
  join: { readonly joinNonce: number; readonly joinEui: bigint; readonly devNonce: number },
): SessionKeys11 {
  const fields = [
    littleEndian("JoinNonce", join.joinNonce, 3),
    littleEndian("JoinEUI", join.joinEui, 8),
    littleEndian("DevNonce", join.devNonce, 2),
  ];
  return {
    fNwkSIntKey: derive(rootKeys.nwkKey, 1, ...fields),
    appSKey: derive(rootKeys.appKey, 2, ...fields),
    sNwkSIntKey: derive(rootKeys.nwkKey, 3, ...fields),
    nwkSEncKey: derive(rootKeys.nwkKey, 4, ...fields),
  };
}

/** 1.1 keys between a device and its join server. */
export function joinServerKeys(
  nwkKey: Uint8Array,
  devEui: bigint,
): { readonly jsEncKey: Uint8Array; readonly jsIntKey: Uint8Array } {
  const field = littleEndian("DevEUI", devEui, 8);
  return { jsEncKey: derive(nwkKey, 5, field), jsIntKey: derive(nwkKey, 6, field) };
}

/**
 * FRMPayload of a data frame with the key stream of its header applied: decrypts what is encrypted and encrypts what is
 * plain. `key` is the AppSKey, or with FPort 0 the NwkSKey (NwkSEncKey in 1.1); `fCntHigh` the upper half of the 32-bit
 * counter. Throws POC_BAD_FRAME when the bytes are no data frame, POC_BAD_LENGTH when the key has not 16 bytes.
 */
export function applyPayloadKey(phyPayload: Uint8Array, key: Uint8Array, fCntHigh = 0): Uint8Array {
  const frame = parseFrame(phyPayload);
  if (frame.kind !== "data") throw pocError("POC_BAD_FRAME", `expected a data frame, got ${frame.kind}`);
  const { frmPayload, direction } = frame;
  const fCntUpper = littleEndian("upper half of FCnt", fCntHigh, 2);
  const blocks = Math.ceil(frmPayload.length / AES_BLOCK_BYTES);
  const counters = new Uint8Array(blocks * AES_BLOCK_BYTES);
  for (let block = 0; block < blocks; block++) {
    const at = block * AES_BLOCK_BYTES;
    counters[at] = 1;
    counters[at + 5] = direction === "up" ? 0 : 1;
    counters.set(phyPayload.subarray(1, 5), at + 6);
    counters.set(phyPayload.subarray(6, 8), at + 10);
    counters.set(fCntUpper, at + 12);
    counters[at + 15] = block + 1;
  }
  const stream = aesEncryptBlocks(key, counters);
  return frmPayload.map((byte, index) => byte ^ stream[index]);
}

/**
 * A join-accept as the device reads it: MHDR, then the decrypted rest with its MIC. Join servers encrypt with the inverse
 * cipher so that devices need only one. Throws POC_BAD_FRAME when the bytes are no join-accept.
 */
export function decryptJoinAccept(phyPayload: Uint8Array, key: Uint8Array): Uint8Array {
  return withBody(phyPayload, (body) => aesEncryptBlocks(key, body));
}

/** The inverse of `decryptJoinAccept`. */
export function encryptJoinAccept(phyPayload: Uint8Array, key: Uint8Array): Uint8Array {
  return withBody(phyPayload, (body) => aesDecryptBlocks(key, body));
}

function withBody(phyPayload: Uint8Array, change: (body: Uint8Array) => Uint8Array): Uint8Array {
  const frame = parseFrame(phyPayload);
  if (frame.kind !== "join-accept") throw pocError("POC_BAD_FRAME", `expected a join-accept, got ${frame.kind}`);
  const result = Uint8Array.from(phyPayload);
  result.set(change(frame.encrypted), 1);
  return result;
}
