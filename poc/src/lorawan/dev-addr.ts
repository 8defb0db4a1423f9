/**
 * DevAddrs, prefixes and EUI prefixes as text, and whether an address matches: the forms of ChirpStack filters and route lists
 * (`26000000/7`). Text is most significant digit first; frames carry the reverse (frame.ts).
 */
import { pocError } from "../errors.ts";
import type { DevAddrPrefix, DevAddrRange } from "./net-id.ts";

/** Eight lower-case hex digits. Throws POC_BAD_ENCODING when not 32 bits. */
export function formatDevAddr(devAddr: number): string {
  if (!Number.isInteger(devAddr) || devAddr < 0 || devAddr > 0xffff_ffff) {
    throw pocError("POC_BAD_ENCODING", `DevAddr: expected 32 bits, got ${devAddr}`);
  }
  return devAddr.toString(16).padStart(8, "0");
}

/** Reads eight hex digits; null for any other text. */
export function parseDevAddr(text: string): number | null {
  return /^[0-9a-fA-F]{8}$/.test(text) ? Number.parseInt(text, 16) : null;
}

/** Reads `hex/bits`; null for any other text, bits over 32, or address bits set below the prefix. */
export function parseDevAddrPrefix(text: string): DevAddrPrefix | null {
  const match = /^([0-9a-fA-F]{8})\/(\d|[12]\d|3[0-2])$/.exec(text);
  if (match === null) return null;
  const prefix = { devAddr: Number.parseInt(match[1], 16), bits: Number(match[2]) };
  return prefix.devAddr % 2 ** (32 - prefix.bits) === 0 ? prefix : null;
}

/** `hex/bits`. Throws POC_BAD_ENCODING when the address has not 32 bits. */
export function formatDevAddrPrefix(prefix: DevAddrPrefix): string {
  return `${formatDevAddr(prefix.devAddr)}/${prefix.bits}`;
}

/** Whether the leading bits of a DevAddr are those of the prefix. */
export function matchesDevAddrPrefix(devAddr: number, prefix: DevAddrPrefix): boolean {
  const unit = 2 ** (32 - prefix.bits);
  return Math.floor(devAddr / unit) === Math.floor(prefix.devAddr / unit);
}

/** Whether a DevAddr lies in an inclusive range. */
export function isInDevAddrRange(devAddr: number, range: DevAddrRange): boolean {
  return devAddr >= range.first && devAddr <= range.last;
}

/** Sixteen lower-case hex digits of a JoinEUI or DevEUI. Throws POC_BAD_ENCODING when not 64 bits. */
export function formatEui(eui: bigint): string {
  if (eui < 0n || eui >= 1n << 64n) throw pocError("POC_BAD_ENCODING", `EUI: expected 64 bits, got ${eui}`);
  return eui.toString(16).padStart(16, "0");
}

/** Reads sixteen hex digits; null for any other text. */
export function parseEui(text: string): bigint | null {
  return /^[0-9a-fA-F]{16}$/.test(text) ? BigInt(`0x${text}`) : null;
}
