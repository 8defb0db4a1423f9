/**
 * NetIDs and the DevAddr ranges they own (LoRa Alliance backend interfaces; LoRaWAN L2 1.0.4 §6.1.1): eight types, told apart
 * by the top three bits of the 24-bit NetID and by the prefix of the DevAddr.
 *
 * Only the low bits of a NetID (its NwkID) stand in a DevAddr, so NetIDs that differ above them share a range: a DevAddr names
 * its network only as far as NetIDs are assigned from the bottom, as all have been. 000000 and 000001 belong to everyone.
 */
import { pocError } from "../errors.ts";

interface NetIdType {
  /** Bits of the DevAddr prefix: as many ones as the type's number, then a zero. */
  readonly prefixBits: number;
  readonly nwkIdBits: number;
  readonly nwkAddrBits: number;
}

const netIdTypes: readonly NetIdType[] = [
  { prefixBits: 1, nwkIdBits: 6, nwkAddrBits: 25 },
  { prefixBits: 2, nwkIdBits: 6, nwkAddrBits: 24 },
  { prefixBits: 3, nwkIdBits: 9, nwkAddrBits: 20 },
  { prefixBits: 4, nwkIdBits: 11, nwkAddrBits: 17 },
  { prefixBits: 5, nwkIdBits: 12, nwkAddrBits: 15 },
  { prefixBits: 6, nwkIdBits: 13, nwkAddrBits: 13 },
  { prefixBits: 7, nwkIdBits: 15, nwkAddrBits: 10 },
  { prefixBits: 8, nwkIdBits: 17, nwkAddrBits: 7 },
];

/** Inclusive range of 32-bit DevAddrs. */
export interface DevAddrRange {
  readonly first: number;
  readonly last: number;
}

/** A DevAddr prefix as route filters write it: the first address and the number of leading bits that must match. */
export interface DevAddrPrefix {
  readonly devAddr: number;
  readonly bits: number;
}

function assertNetId(netId: number): number {
  if (!Number.isInteger(netId) || netId < 0 || netId > 0xff_ffff) {
    throw pocError("POC_BAD_ENCODING", `NetID: expected 24 bits, got ${netId}`);
  }
  return netId;
}

function assertDevAddr(devAddr: number): number {
  if (!Number.isInteger(devAddr) || devAddr < 0 || devAddr > 0xffff_ffff) {
    throw pocError("POC_BAD_ENCODING", `DevAddr: expected 32 bits, got ${devAddr}`);
  }
  return devAddr;
}

/** 0 to 7. Throws POC_BAD_ENCODING when not 24 bits. */
export function netIdType(netId: number): number {
  return assertNetId(netId) >>> 21;
}

/** The prefix of all DevAddrs of a NetID: 60002D is E05A0000/15. Throws POC_BAD_ENCODING when not 24 bits. */
export function netIdPrefix(netId: number): DevAddrPrefix {
  const type = netIdType(netId);
  const { prefixBits, nwkIdBits, nwkAddrBits } = netIdTypes[type];
  const ones = 2 ** prefixBits - 2;
  const nwkId = netId % 2 ** nwkIdBits;
  return { devAddr: ones * 2 ** (32 - prefixBits) + nwkId * 2 ** nwkAddrBits, bits: prefixBits + nwkIdBits };
}

/** First and last DevAddr of a NetID. Throws POC_BAD_ENCODING when not 24 bits. */
export function netIdRange(netId: number): DevAddrRange {
  const { devAddr, bits } = netIdPrefix(netId);
  return { first: devAddr, last: devAddr + 2 ** (32 - bits) - 1 };
}

/** The NetID type whose prefix a DevAddr has; null for FF……, which no type owns. Throws POC_BAD_ENCODING when not 32 bits. */
export function devAddrType(devAddr: number): number | null {
  const type = Math.clz32(~assertDevAddr(devAddr));
  return type < netIdTypes.length ? type : null;
}

/**
 * The lowest NetID that owns a DevAddr (its bits above the NwkID are zero); null for FF……. Throws POC_BAD_ENCODING when not
 * 32 bits.
 */
export function netIdOfDevAddr(devAddr: number): number | null {
  const type = devAddrType(devAddr);
  if (type === null) return null;
  const { nwkIdBits, nwkAddrBits } = netIdTypes[type];
  return type * 2 ** 21 + (Math.floor(devAddr / 2 ** nwkAddrBits) % 2 ** nwkIdBits);
}

/** Six upper-case hex digits. Throws POC_BAD_ENCODING when not 24 bits. */
export function formatNetId(netId: number): string {
  return assertNetId(netId).toString(16).toUpperCase().padStart(6, "0");
}

/** Reads six hex digits; null for any other text. */
export function parseNetId(text: string): number | null {
  return /^[0-9a-fA-F]{6}$/.test(text) ? Number.parseInt(text, 16) : null;
}
