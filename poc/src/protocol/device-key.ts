/**
 * Public keys of hotspots, payers and ingests: 33 bytes, a tag and 32 bytes, and their text form.
 *
 * Tag 0xED: Ed25519 (RFC 8032), the 32-byte encoded point. Tags 0x02 and 0x03: P-256, the SEC 1 compressed point, tag included.
 * A key has one encoding: a y coordinate of p or above, x = 0 with the sign bit, points off the curve and all points of small
 * order are refused here, before any signature is looked at. A small-order key would let one signature fit many messages.
 *
 * Text form: base58 (Bitcoin's alphabet) of the 33 bytes and the first four bytes of SHA-256(SHA-256(key)).
 */

import { pocError } from "../errors.ts";
import { base58Bytes, base58Text } from "./base58.ts";
import { bytesEqual, checkBytes } from "./byte-codec.ts";
import { ED25519_D, ED25519_P } from "./ed25519-curve.ts";
import { sha256 } from "./hash.ts";

/** Bytes of a public key with its tag. */
export const DEVICE_KEY_BYTES = 33;
export const ED25519_TAG = 0xed;

export type DeviceKeyKind = "ed25519" | "p256";

const P256_P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * The y coordinates (little-endian hex, sign bit clear) that belong to points of order 1, 2, 4 or 8, with the two that are
 * not reduced. With either sign bit they are all 14 encodings of the eight points of small order. An R among them is refused too.
 */
const SMALL_ORDER_YS: readonly Uint8Array[] = [
  "0000000000000000000000000000000000000000000000000000000000000000", // y = 0, order 4
  "0100000000000000000000000000000000000000000000000000000000000000", // y = 1, the identity
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p - 1, order 2
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p, that is 0
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p + 1, that is 1
].map((hex) => Uint8Array.fromHex(hex));

/** True if 32 bytes from `offset` encode an Ed25519 point of small order, canonically or not. */
export function isSmallOrderPoint(bytes: Uint8Array, offset: number): boolean {
  for (const y of SMALL_ORDER_YS) {
    let i = 0;
    while (i < 31 && bytes[offset + i] === y[i]) i++;
    if (i === 31 && (bytes[offset + 31]! & 0x7f) === y[31]) return true;
  }
  return false;
}

/** Says what is wrong with a public key, or undefined if it is a usable key. For bytes from outside. */
export function deviceKeyProblem(key: Uint8Array): string | undefined {
  const problem = encodingProblem(key);
  if (problem !== undefined) return problem;
  return key[0] === ED25519_TAG ? ed25519CurveProblem(key) : p256Problem(key);
}

/** The gateway id (EUI-64) of a hotspot: the first 8 bytes of SHA-256(key). Throws POC_BAD_LENGTH. */
export function gatewayIdOf(key: Uint8Array): Uint8Array {
  return sha256(checkBytes(key, DEVICE_KEY_BYTES, "key")).slice(0, 8);
}

/** The kind of a key by its tag alone, or undefined if the tag is none of ours. */
export function deviceKeyKind(tag: number): DeviceKeyKind | undefined {
  if (tag === ED25519_TAG) return "ed25519";
  return tag === 0x02 || tag === 0x03 ? "p256" : undefined;
}

/**
 * Returns `key` if it is a usable public key.
 * @throws POC_BAD_KEY
 */
export function checkDeviceKey(key: Uint8Array): Uint8Array {
  const problem = deviceKeyProblem(key);
  if (problem !== undefined) throw pocError("POC_BAD_KEY", problem);
  return key;
}

/**
 * Returns `key` if its length, tag and, for Ed25519, order and encoding can be right: all of `checkDeviceKey` that needs no arithmetic
 * on the curve, which takes 60 times as long as the rest. For a signer's own key, which came from a private key and is looked at on
 * every seal, and for keys by the thousand, of which nearly all are good.
 * @throws POC_BAD_KEY
 */
export function checkKeyEncoding(key: Uint8Array): Uint8Array {
  const problem = encodingProblem(key);
  if (problem !== undefined) throw pocError("POC_BAD_KEY", problem);
  return key;
}

function encodingProblem(key: Uint8Array): string | undefined {
  if (key.length !== DEVICE_KEY_BYTES) return `33 bytes expected, ${key.length} given`;
  const kind = deviceKeyKind(key[0]!);
  if (kind === undefined) return `unknown tag 0x${key[0]!.toString(16).padStart(2, "0")}`;
  if (kind === "p256") return undefined;
  if (isSmallOrderPoint(key, 1)) return "Ed25519 point of small order";
  return isReducedY(key, 1) ? undefined : "Ed25519 point that is not reduced";
}

/** True if y, 32 little-endian bytes from `offset` without the sign bit, is below p = 2^255 - 19. */
function isReducedY(bytes: Uint8Array, offset: number): boolean {
  if ((bytes[offset + 31]! & 0x7f) !== 0x7f) return true;
  for (let i = 30; i > 0; i--) if (bytes[offset + i] !== 0xff) return true;
  return bytes[offset]! < 0xed;
}

function ed25519CurveProblem(key: Uint8Array): string | undefined {
  const y = bigIntBigEndian(key.toReversed().subarray(0, 32)) & ((1n << 255n) - 1n);
  // x^2 = u / v; u v is a square exactly if u / v is.
  const ySquared = (y * y) % ED25519_P;
  const u = ySquared - 1n;
  const v = (ED25519_D * ySquared + 1n) % ED25519_P;
  return isSquare(u * v, ED25519_P) ? undefined : "not a point of Ed25519";
}

function p256Problem(key: Uint8Array): string | undefined {
  const x = bigIntBigEndian(key.subarray(1));
  if (x >= P256_P) return "P-256 coordinate that is not reduced";
  return isSquare(((x * x) % P256_P) * x - 3n * x + P256_B, P256_P) ? undefined : "not a point of P-256";
}

/** Euler's criterion, with zero counted as a square; `p` is an odd prime. Four bits of the exponent at a time. */
function isSquare(value: bigint, p: bigint): boolean {
  const base = ((value % p) + p) % p;
  if (base === 0n) return true;
  const powers = [1n];
  for (let i = 1; i < 16; i++) powers.push((powers[i - 1]! * base) % p);
  let result = 1n;
  for (const digit of ((p - 1n) >> 1n).toString(16)) {
    for (let i = 0; i < 4; i++) result = (result * result) % p;
    result = (result * powers[Number.parseInt(digit, 16)]!) % p;
  }
  return result === 1n;
}

function bigIntBigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

const CHECKSUM_BYTES = 4;
/** A key's text has 50 or 51 characters: the tag byte is never zero, so no leading "1" is ever needed. */
const MAX_TEXT_LENGTH = 51;

/** The text form of a key. Throws POC_BAD_KEY if it is not a usable key. */
export function keyToText(key: Uint8Array): string {
  return keyToTextUnchecked(checkDeviceKey(key));
}

/**
 * The text form of 33 bytes that need not be a usable key: for showing and searching what a registry holds, without arithmetic on
 * the curve. `keyFromText` refuses the text of an unusable one. Throws POC_BAD_LENGTH.
 */
export function keyToTextUnchecked(key: Uint8Array): string {
  checkBytes(key, DEVICE_KEY_BYTES, "key");
  const checked = new Uint8Array(DEVICE_KEY_BYTES + CHECKSUM_BYTES);
  checked.set(key);
  checked.set(checksumOf(key), DEVICE_KEY_BYTES);
  return base58Text(checked);
}

/**
 * The key that a text names.
 * @throws POC_BAD_KEY if the text is not base58, fails its checksum, or names no usable key.
 */
export function keyFromText(text: string): Uint8Array {
  if (text.length > MAX_TEXT_LENGTH) throw pocError("POC_BAD_KEY", `text of ${text.length} characters`);
  const key = base58Bytes(text);
  if (key === undefined) throw pocError("POC_BAD_KEY", `${JSON.stringify(text)} is not base58`);
  const body = key.slice(0, DEVICE_KEY_BYTES);
  const hasLength = key.length === DEVICE_KEY_BYTES + CHECKSUM_BYTES;
  if (!hasLength || !bytesEqual(checksumOf(body), key.subarray(DEVICE_KEY_BYTES))) {
    throw pocError("POC_BAD_KEY", "the checksum of the text does not fit");
  }
  return checkDeviceKey(body);
}

function checksumOf(key: Uint8Array): Uint8Array {
  return sha256(sha256(key)).subarray(0, CHECKSUM_BYTES);
}
