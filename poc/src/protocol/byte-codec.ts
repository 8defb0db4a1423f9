/**
 * Fixed-width integers in byte arrays, and the few comparisons the formats need.
 *
 * Everything on the wire is little-endian. A u64 field holds a safe integer (0 to 2^53 - 1) everywhere in the protocol, so a
 * value has one encoding and fits a JavaScript number; larger ones are refused. Digests are read big-endian, as they are printed.
 */
import { pocError } from "../errors.ts";

const TWO_TO_32 = 4_294_967_296;
/** Largest high word of a safe integer: 2^21 - 1. */
export const MAX_SAFE_HIGH_WORD = 0x1f_ffff;

export function readU16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8);
}

export function readU32(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0;
}

/** A u64 as a number, or undefined where it is above 2^53 - 1 and so not canonical. */
export function readSafeU64(bytes: Uint8Array, offset: number): number | undefined {
  const high = readU32(bytes, offset + 4);
  return high > MAX_SAFE_HIGH_WORD ? undefined : high * TWO_TO_32 + readU32(bytes, offset);
}

/** Big-endian u32, as the words of a digest are read. */
export function readU32BigEndian(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}

export function writeU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
}

export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

/** Writes a number that `checkInteger` has found to be a safe integer. */
export function writeSafeU64(bytes: Uint8Array, offset: number, value: number): void {
  writeU32(bytes, offset, value % TWO_TO_32);
  writeU32(bytes, offset + 4, Math.floor(value / TWO_TO_32));
}

export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

export function isAllZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * Returns `bytes` if it has exactly `length` bytes.
 * @throws POC_BAD_LENGTH
 */
export function checkBytes(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
    throw pocError("POC_BAD_LENGTH", `${name}: ${length} bytes expected, ${bytes?.length ?? "none"} given`);
  }
  return bytes;
}

/**
 * Returns `value` if it is an integer in [min, max].
 * @throws POC_BAD_ENCODING
 */
export function checkInteger(value: number, min: number, max: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw pocError("POC_BAD_ENCODING", `${name}: an integer from ${min} to ${max} expected, ${value} given`);
  }
  return value;
}

/** Returns `value` if it is a safe integer of zero or more, the range of every u64 field. Throws POC_BAD_ENCODING. */
export function checkSafeU64(value: number, name: string): number {
  return checkInteger(value, 0, Number.MAX_SAFE_INTEGER, name);
}
