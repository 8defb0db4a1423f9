/**
 * Signatures of devices: strict Ed25519 and strict P-256, behind one handle per key. The one file of poc that signs.
 * Many signatures at once are checked by `SignatureVerifier` (../ed25519/verify-many.ts), which answers the same.
 *
 * Ed25519 (RFC 8032, 64 bytes R then S) accepts what ed25519-dalek's `verify_strict` accepts: a canonical key of full order
 * (device-key.ts), R not of small order, S below the group order, and the cofactorless equation. The backend (BoringSSL)
 * recomputes R and compares its bytes, so R is canonical too; S is checked there and again here, so that no change of backend
 * can loosen it. P-256 is ECDSA over SHA-256 with a fixed 64 bytes r then s, big-endian, both from 1 to n - 1 and s at most
 * n / 2: of the two signatures that ECDSA has for one k, one is valid. The point is decoded on the curve at import.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign as nodeSign, verify as nodeVerify } from "node:crypto";
import { pocError } from "../errors.ts";
import { checkBytes } from "./byte-codec.ts";
import {
  checkDeviceKey,
  checkKeyEncoding,
  DEVICE_KEY_BYTES,
  type DeviceKeyKind,
  deviceKeyKind,
  ED25519_TAG,
  isSmallOrderPoint,
} from "./device-key.ts";
import { ED25519_ORDER } from "./ed25519-curve.ts";

/** Bytes of a signature of either kind. */
export const SIGNATURE_BYTES = 64;

/** A public key ready to verify with. Import once, keep, use for every message of the key. */
export interface VerifyKey {
  readonly kind: DeviceKeyKind;
  /** The 33 bytes of the key. */
  readonly key: Uint8Array;
  /** What the backend takes; opaque outside this file. */
  readonly backend: KeyObject | { readonly key: KeyObject; readonly dsaEncoding: "ieee-p1363" };
}

/** What signs on behalf of a device: a key in memory, or a secure element behind the same two members. */
export interface DeviceSigner {
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
  /** A strict signature of 64 bytes over `message`. */
  sign(message: Uint8Array): Uint8Array;
}

const ED25519_SPKI_PREFIX = fromHex("302a300506032b6570032100");
const ED25519_PKCS8_PREFIX = fromHex("302e020100300506032b657004220420");
const P256_SPKI_PREFIX = fromHex("3039301306072a8648ce3d020106082a8648ce3d030107032200");
const P256_PKCS8_PREFIX = fromHex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420");

/** Little-endian like S. */
const ED25519_ORDER_BYTES = fromHex(ED25519_ORDER.toString(16).padStart(64, "0")).reverse();
/** Order n of P-256, big-endian, and the largest low s, (n - 1) / 2. */
const P256_ORDER = fromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const P256_HALF_ORDER = fromHex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8");

/**
 * Checks a public key and readies it.
 * @throws POC_BAD_KEY on an unknown tag, a point that is not canonical or not on its curve, or one of small order.
 */
export function importKey(key: Uint8Array): VerifyKey {
  return importEncodedKey(checkDeviceKey(key));
}

/**
 * The same for a key that may be no point of Ed25519: nothing verifies under such a key, because the backend decodes the point
 * before anything else, and `deviceKeyProblem` tells where a refusal is to be explained. For registries of many thousand keys.
 * @throws POC_BAD_KEY on an unknown tag, an encoding that is not canonical, a point of small order, or one that is not on P-256.
 */
export function importEncodedKey(key: Uint8Array): VerifyKey {
  const own = checkKeyEncoding(key).slice();
  const kind = deviceKeyKind(own[0]!)!;
  if (kind === "ed25519") {
    const spki = concat(ED25519_SPKI_PREFIX, own.subarray(1));
    return { kind, key: own, backend: createPublicKey({ key: spki, format: "der", type: "spki" }) };
  }
  const spki = concat(P256_SPKI_PREFIX, own);
  const backend = p256Backend(spki);
  return { kind, key: own, backend: { key: backend, dsaEncoding: "ieee-p1363" } };
}

function p256Backend(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch (cause) {
    throw pocError("POC_BAD_KEY", "not a point of P-256", { cause });
  }
}

/** True if `signature` is a strict signature of `key` over `message`; any length of signature may be given. */
export function verifySignature(key: VerifyKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  if (key.kind === "ed25519") {
    if (!isBelowEd25519Order(signature, 32) || isSmallOrderPoint(signature, 0)) return false;
    return nodeVerify(null, message, key.backend as KeyObject, signature);
  }
  if (isZeroScalar(signature, 0) || !isAtMost(signature, 0, P256_ORDER, false)) return false;
  if (isZeroScalar(signature, 32) || !isAtMost(signature, 32, P256_HALF_ORDER, true)) return false;
  return nodeVerify("sha256", message, key.backend as { key: KeyObject; dsaEncoding: "ieee-p1363" }, signature);
}

/** An Ed25519 signer from its 32-byte seed (RFC 8032); signatures are deterministic. Throws POC_BAD_LENGTH. */
export function signerFromEd25519Seed(seed: Uint8Array): DeviceSigner {
  checkBytes(seed, 32, "Ed25519 seed");
  const secret = createPrivateKey({ key: concat(ED25519_PKCS8_PREFIX, seed), format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(DEVICE_KEY_BYTES);
  publicKey[0] = ED25519_TAG;
  publicKey.set(spki.subarray(ED25519_SPKI_PREFIX.length), 1);
  return { publicKey, sign: (message) => signEd25519(secret, message) };
}

/**
 * A P-256 signer from its secret scalar (32 bytes, big-endian). Signatures are low-S but not deterministic: the backend draws k.
 * @throws POC_BAD_LENGTH, or POC_BAD_KEY if the scalar is not from 1 to n - 1.
 */
export function signerFromP256Scalar(scalar: Uint8Array): DeviceSigner {
  checkBytes(scalar, 32, "P-256 scalar");
  if (isZeroScalar(scalar, 0) || !isAtMost(scalar, 0, P256_ORDER, false)) {
    throw pocError("POC_BAD_KEY", "a P-256 scalar is from 1 to n - 1");
  }
  const secret = createPrivateKey({ key: concat(P256_PKCS8_PREFIX, scalar), format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  // The export is uncompressed and ends with X then Y; the parity of Y is the tag.
  const publicKey = new Uint8Array(DEVICE_KEY_BYTES);
  publicKey[0] = 0x02 | (spki[spki.length - 1]! & 1);
  publicKey.set(spki.subarray(spki.length - 64, spki.length - 32), 1);
  return { publicKey, sign: (message) => signP256(secret, message) };
}

function signEd25519(secret: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(nodeSign(null, message, secret));
}

function signP256(secret: KeyObject, message: Uint8Array): Uint8Array {
  const signature = new Uint8Array(nodeSign("sha256", message, { key: secret, dsaEncoding: "ieee-p1363" }));
  return withLowS(signature);
}

/** Of the two equivalent P-256 signatures (r, s) and (r, n - s), the one with the low s. For signatures of secure elements. */
export function withLowS(signature: Uint8Array): Uint8Array {
  checkBytes(signature, SIGNATURE_BYTES, "P-256 signature");
  const low = signature.slice();
  if (isAtMost(signature, 32, P256_HALF_ORDER, true)) return low;
  let borrow = 0;
  for (let i = 31; i >= 0; i--) {
    const difference = P256_ORDER[i]! - signature[32 + i]! - borrow;
    low[32 + i] = difference;
    borrow = difference < 0 ? 1 : 0;
  }
  return low;
}

function isZeroScalar(bytes: Uint8Array, offset: number): boolean {
  let seen = 0;
  for (let i = 0; i < 32; i++) seen |= bytes[offset + i]!;
  return seen === 0;
}

/** Compares 32 big-endian bytes with `bound`; `orEqual` says what equality means. */
function isAtMost(bytes: Uint8Array, offset: number, bound: Uint8Array, orEqual: boolean): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = bytes[offset + i]! - bound[i]!;
    if (difference !== 0) return difference < 0;
  }
  return orEqual;
}

/** True if 32 little-endian bytes from `offset`, such as S of an Ed25519 signature, are below the order of the base point. */
export function isBelowEd25519Order(bytes: Uint8Array, offset: number): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = bytes[offset + i]! - ED25519_ORDER_BYTES[i]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function concat(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.concat([left, right]);
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}
