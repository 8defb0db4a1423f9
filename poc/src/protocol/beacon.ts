/**
 * The beacon on the air: 24 bytes bound to the beaconer's key, unknown to others until it reports them.
 *
 * PHYPayload = 0xE0 (MHDR of a proprietary frame, LoRaWAN 1.0.4 section 4.2) || 0xE5 (version) || first 22 bytes of
 * SHA-256("beacon" || challengeId || signature), the signature being the device key's over "earshot-beacon" || challengeId.
 */
import { checkBytes, readU32 } from "./byte-codec.ts";
import { sha256Into } from "./hash.ts";
import { type DeviceSigner, SIGNATURE_BYTES, type VerifyKey, verifySignature } from "./signature.ts";

/** Bytes of a beacon's PHYPayload; a reception of another length is not a beacon. */
export const BEACON_PAYLOAD_BYTES = 24;
export const BEACON_MHDR = 0xe0;
export const BEACON_VERSION = 0xe5;

const HASH_DOMAIN = new TextEncoder().encode("beacon");
const SIGNATURE_DOMAIN = new TextEncoder().encode("earshot-beacon");

/** The message a beaconer signs: "earshot-beacon" || challengeId. Throws POC_BAD_LENGTH. */
export function beaconMessage(challengeId: Uint8Array): Uint8Array {
  const message = new Uint8Array(SIGNATURE_DOMAIN.length + 32);
  message.set(SIGNATURE_DOMAIN, 0);
  message.set(checkBytes(challengeId, 32, "challengeId"), SIGNATURE_DOMAIN.length);
  return message;
}

/** The beaconer's signature over a challenge. */
export function signBeacon(signer: DeviceSigner, challengeId: Uint8Array): Uint8Array {
  return signer.sign(beaconMessage(challengeId));
}

/** True if `signature` is the strict signature of `key` over the challenge. */
export function verifyBeaconSignature(key: VerifyKey, challengeId: Uint8Array, signature: Uint8Array): boolean {
  return verifySignature(key, beaconMessage(challengeId), signature);
}

/** The 24 bytes to transmit. Throws POC_BAD_LENGTH. */
export function beaconPayload(challengeId: Uint8Array, signature: Uint8Array): Uint8Array {
  const proof = new Uint8Array(32 + SIGNATURE_BYTES);
  proof.set(checkBytes(challengeId, 32, "challengeId"), 0);
  proof.set(checkBytes(signature, SIGNATURE_BYTES, "signature"), 32);
  const payload = new Uint8Array(BEACON_PAYLOAD_BYTES);
  beaconPayloadInto(proof, 0, payload);
  return payload;
}

const hashMessage = new Uint8Array(HASH_DOMAIN.length + 32 + SIGNATURE_BYTES);
hashMessage.set(HASH_DOMAIN, 0);
const hashDigest = new Uint8Array(32);

/** The payload for a challenge id and signature that lie one after the other in `proof`, allocating nothing. */
export function beaconPayloadInto(proof: Uint8Array, offset: number, payload: Uint8Array): void {
  for (let i = 0; i < 32 + SIGNATURE_BYTES; i++) hashMessage[HASH_DOMAIN.length + i] = proof[offset + i]!;
  sha256Into(hashMessage, hashDigest);
  payload[0] = BEACON_MHDR;
  payload[1] = BEACON_VERSION;
  for (let i = 2; i < BEACON_PAYLOAD_BYTES; i++) payload[i] = hashDigest[i - 2]!;
}

/** True if received bytes look like a beacon of this network and version. */
export function isBeaconPayload(phyPayload: Uint8Array): boolean {
  return (
    phyPayload.length === BEACON_PAYLOAD_BYTES && phyPayload[0] === BEACON_MHDR && phyPayload[1] === BEACON_VERSION
  );
}

/**
 * The join key of a payload in columns: the XOR of its three little-endian u64 words, so that any one changed byte changes it.
 * Not a proof of equality against somebody who knows the payload and may as well report it.
 */
export function payloadKey(payload: Uint8Array): { readonly hi: number; readonly lo: number } {
  checkBytes(payload, BEACON_PAYLOAD_BYTES, "payload");
  return { hi: payloadKeyHi(payload, 0), lo: payloadKeyLo(payload, 0) };
}

/** The high word of `payloadKey` for 24 bytes at `offset`; the caller has checked the length. */
export function payloadKeyHi(bytes: Uint8Array, offset: number): number {
  return (readU32(bytes, offset + 4) ^ readU32(bytes, offset + 12) ^ readU32(bytes, offset + 20)) >>> 0;
}

/** The low word. */
export function payloadKeyLo(bytes: Uint8Array, offset: number): number {
  return (readU32(bytes, offset) ^ readU32(bytes, offset + 8) ^ readU32(bytes, offset + 16)) >>> 0;
}
