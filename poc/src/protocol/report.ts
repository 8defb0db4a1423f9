/**
 * The four records an upload carries, each of a fixed size, little-endian, packed.
 *
 *   beacon        115 B  challengeId 32 · signature 64 · transmitMs u64 · frequencyHz u32 · dataRate u8 · txPowerDdbm i16 · tmst u32
 *   witness        45 B  payload 24 · receivedMs u64 · tmst u32 · rssiDdbm i16 · snrDdb i16 · frequencyHz u32 · dataRate u8
 *   receipt        55 B  packetHash 32 · phyBytes u8 · devAddr u32 · fCnt u16 · receivedMs u64 · routeId u64
 *   confirmation   66 B  packetHash 32 · hotspotKey 33 · phyBytes u8
 *
 * Times are the reporter's own clock in ms since the Unix epoch and decide nothing; `tmst` is the concentrator's microsecond
 * counter. Levels are tenths: rssiDdbm in 0.1 dBm, snrDdb in 0.1 dB, txPowerDdbm the conducted power in 0.1 dBm. packetHash
 * is SHA-256 of the PHYPayload, phyBytes its length (a LoRa frame has at most 255 bytes), devAddr and fCnt as they were on
 * the air, which carries 16 bits of the counter. A receipt is a hotspot's for a copy it delivered; a confirmation is the
 * payer's for a copy its server accepted.
 *
 * A dataRate byte holds the spreading factor (5 to 12) in its low nibble and a bandwidth code (0: 125 kHz, 1: 250, 2: 500) in
 * its high one. Bytes outside that, u64 above 2^53 - 1 and hotspot keys with an unknown tag are not canonical and refuse the
 * whole upload. Whether a value is physically possible is not judged here: that is a verdict.
 */
import { pocError } from "../errors.ts";
import { BEACON_PAYLOAD_BYTES } from "./beacon.ts";
import {
  checkBytes,
  checkInteger,
  checkSafeU64,
  MAX_SAFE_HIGH_WORD,
  readSafeU64,
  readU16,
  readU32,
  writeSafeU64,
  writeU16,
  writeU32,
} from "./byte-codec.ts";
import { DEVICE_KEY_BYTES, deviceKeyKind } from "./device-key.ts";
import { SIGNATURE_BYTES } from "./signature.ts";

export interface BeaconReport {
  readonly challengeId: Uint8Array;
  readonly signature: Uint8Array;
  readonly transmitMs: number;
  readonly frequencyHz: number;
  /** See `packDataRate`. */
  readonly dataRate: number;
  readonly txPowerDdbm: number;
  readonly tmst: number;
}

export interface WitnessReport {
  readonly payload: Uint8Array;
  readonly receivedMs: number;
  readonly tmst: number;
  readonly rssiDdbm: number;
  readonly snrDdb: number;
  readonly frequencyHz: number;
  readonly dataRate: number;
}

export interface PacketReceipt {
  readonly packetHash: Uint8Array;
  readonly phyBytes: number;
  readonly devAddr: number;
  readonly fCnt: number;
  readonly receivedMs: number;
  readonly routeId: number;
}

export interface PacketConfirmation {
  readonly packetHash: Uint8Array;
  readonly hotspotKey: Uint8Array;
  readonly phyBytes: number;
}

/** Bytes of each record. */
export const RECORD_BYTES = { beacon: 115, witness: 45, receipt: 55, confirmation: 66 } as const;

/** Byte offsets of the fields inside their record. */
export const BEACON_OFFSETS = {
  challengeId: 0,
  signature: 32,
  transmitMs: 96,
  frequencyHz: 104,
  dataRate: 108,
  txPowerDdbm: 109,
  tmst: 111,
} as const;
export const WITNESS_OFFSETS = {
  payload: 0,
  receivedMs: 24,
  tmst: 32,
  rssiDdbm: 36,
  snrDdb: 38,
  frequencyHz: 40,
  dataRate: 44,
} as const;
export const RECEIPT_OFFSETS = {
  packetHash: 0,
  phyBytes: 32,
  devAddr: 33,
  fCnt: 37,
  receivedMs: 39,
  routeId: 47,
} as const;
export const CONFIRMATION_OFFSETS = { packetHash: 0, hotspotKey: 32, phyBytes: 65 } as const;

const BANDWIDTHS_HZ = [125_000, 250_000, 500_000] as const;

/** The dataRate byte of a LoRa spreading factor and bandwidth. Throws POC_BAD_ENCODING if there is none. */
export function packDataRate(spreadingFactor: number, bandwidthHz: number): number {
  const code = BANDWIDTHS_HZ.indexOf(bandwidthHz as (typeof BANDWIDTHS_HZ)[number]);
  if (code < 0)
    throw pocError("POC_BAD_ENCODING", `bandwidthHz: 125000, 250000 or 500000 expected, ${bandwidthHz} given`);
  return (code << 4) | checkInteger(spreadingFactor, 5, 12, "spreadingFactor");
}

/** The spreading factor of a canonical dataRate byte. */
export function spreadingFactorOf(dataRate: number): number {
  return dataRate & 0x0f;
}

/** The bandwidth of a canonical dataRate byte. */
export function bandwidthHzOf(dataRate: number): number {
  return BANDWIDTHS_HZ[dataRate >>> 4]!;
}

/** True for the 24 bytes that `packDataRate` can give. */
export function isCanonicalDataRate(dataRate: number): boolean {
  const spreadingFactor = dataRate & 0x0f;
  return dataRate < 0x30 && spreadingFactor >= 5 && spreadingFactor <= 12;
}

function checkDataRate(dataRate: number): number {
  if (!isCanonicalDataRate(dataRate)) throw pocError("POC_BAD_ENCODING", `dataRate: byte ${dataRate} names none`);
  return dataRate;
}

/** Writes a beacon at `offset`. Throws POC_BAD_ENCODING or POC_BAD_LENGTH on a value its field cannot hold. */
export function writeBeacon(bytes: Uint8Array, offset: number, report: BeaconReport): void {
  bytes.set(checkBytes(report.challengeId, 32, "challengeId"), offset);
  bytes.set(checkBytes(report.signature, SIGNATURE_BYTES, "signature"), offset + BEACON_OFFSETS.signature);
  writeSafeU64(bytes, offset + BEACON_OFFSETS.transmitMs, checkSafeU64(report.transmitMs, "transmitMs"));
  writeU32(bytes, offset + BEACON_OFFSETS.frequencyHz, checkU32(report.frequencyHz, "frequencyHz"));
  bytes[offset + BEACON_OFFSETS.dataRate] = checkDataRate(report.dataRate);
  writeU16(bytes, offset + BEACON_OFFSETS.txPowerDdbm, checkI16(report.txPowerDdbm, "txPowerDdbm"));
  writeU32(bytes, offset + BEACON_OFFSETS.tmst, checkU32(report.tmst, "tmst"));
}

export function readBeacon(bytes: Uint8Array, offset: number): BeaconReport {
  return {
    challengeId: bytes.slice(offset, offset + 32),
    signature: bytes.slice(offset + BEACON_OFFSETS.signature, offset + BEACON_OFFSETS.signature + SIGNATURE_BYTES),
    transmitMs: readCheckedU64(bytes, offset + BEACON_OFFSETS.transmitMs),
    frequencyHz: readU32(bytes, offset + BEACON_OFFSETS.frequencyHz),
    dataRate: checkDataRate(bytes[offset + BEACON_OFFSETS.dataRate]!),
    txPowerDdbm: readI16(bytes, offset + BEACON_OFFSETS.txPowerDdbm),
    tmst: readU32(bytes, offset + BEACON_OFFSETS.tmst),
  };
}

/** Writes a witness at `offset`. Throws POC_BAD_ENCODING or POC_BAD_LENGTH. */
export function writeWitness(bytes: Uint8Array, offset: number, report: WitnessReport): void {
  bytes.set(checkBytes(report.payload, BEACON_PAYLOAD_BYTES, "payload"), offset);
  writeSafeU64(bytes, offset + WITNESS_OFFSETS.receivedMs, checkSafeU64(report.receivedMs, "receivedMs"));
  writeU32(bytes, offset + WITNESS_OFFSETS.tmst, checkU32(report.tmst, "tmst"));
  writeU16(bytes, offset + WITNESS_OFFSETS.rssiDdbm, checkI16(report.rssiDdbm, "rssiDdbm"));
  writeU16(bytes, offset + WITNESS_OFFSETS.snrDdb, checkI16(report.snrDdb, "snrDdb"));
  writeU32(bytes, offset + WITNESS_OFFSETS.frequencyHz, checkU32(report.frequencyHz, "frequencyHz"));
  bytes[offset + WITNESS_OFFSETS.dataRate] = checkDataRate(report.dataRate);
}

export function readWitness(bytes: Uint8Array, offset: number): WitnessReport {
  return {
    payload: bytes.slice(offset, offset + BEACON_PAYLOAD_BYTES),
    receivedMs: readCheckedU64(bytes, offset + WITNESS_OFFSETS.receivedMs),
    tmst: readU32(bytes, offset + WITNESS_OFFSETS.tmst),
    rssiDdbm: readI16(bytes, offset + WITNESS_OFFSETS.rssiDdbm),
    snrDdb: readI16(bytes, offset + WITNESS_OFFSETS.snrDdb),
    frequencyHz: readU32(bytes, offset + WITNESS_OFFSETS.frequencyHz),
    dataRate: checkDataRate(bytes[offset + WITNESS_OFFSETS.dataRate]!),
  };
}

/** Writes a packet receipt at `offset`. Throws POC_BAD_ENCODING or POC_BAD_LENGTH. */
export function writePacketReceipt(bytes: Uint8Array, offset: number, receipt: PacketReceipt): void {
  bytes.set(checkBytes(receipt.packetHash, 32, "packetHash"), offset);
  bytes[offset + RECEIPT_OFFSETS.phyBytes] = checkInteger(receipt.phyBytes, 0, 0xff, "phyBytes");
  writeU32(bytes, offset + RECEIPT_OFFSETS.devAddr, checkU32(receipt.devAddr, "devAddr"));
  writeU16(bytes, offset + RECEIPT_OFFSETS.fCnt, checkInteger(receipt.fCnt, 0, 0xffff, "fCnt"));
  writeSafeU64(bytes, offset + RECEIPT_OFFSETS.receivedMs, checkSafeU64(receipt.receivedMs, "receivedMs"));
  writeSafeU64(bytes, offset + RECEIPT_OFFSETS.routeId, checkSafeU64(receipt.routeId, "routeId"));
}

export function readPacketReceipt(bytes: Uint8Array, offset: number): PacketReceipt {
  return {
    packetHash: bytes.slice(offset, offset + 32),
    phyBytes: bytes[offset + RECEIPT_OFFSETS.phyBytes]!,
    devAddr: readU32(bytes, offset + RECEIPT_OFFSETS.devAddr),
    fCnt: readU16(bytes, offset + RECEIPT_OFFSETS.fCnt),
    receivedMs: readCheckedU64(bytes, offset + RECEIPT_OFFSETS.receivedMs),
    routeId: readCheckedU64(bytes, offset + RECEIPT_OFFSETS.routeId),
  };
}

/** Writes a packet confirmation at `offset`. Throws POC_BAD_ENCODING or POC_BAD_LENGTH. */
export function writePacketConfirmation(bytes: Uint8Array, offset: number, confirmation: PacketConfirmation): void {
  bytes.set(checkBytes(confirmation.packetHash, 32, "packetHash"), offset);
  const key = checkBytes(confirmation.hotspotKey, DEVICE_KEY_BYTES, "hotspotKey");
  if (deviceKeyKind(key[0]!) === undefined) throw pocError("POC_BAD_ENCODING", `hotspotKey: unknown tag ${key[0]}`);
  bytes.set(key, offset + CONFIRMATION_OFFSETS.hotspotKey);
  bytes[offset + CONFIRMATION_OFFSETS.phyBytes] = checkInteger(confirmation.phyBytes, 0, 0xff, "phyBytes");
}

export function readPacketConfirmation(bytes: Uint8Array, offset: number): PacketConfirmation {
  const keyAt = offset + CONFIRMATION_OFFSETS.hotspotKey;
  return {
    packetHash: bytes.slice(offset, offset + 32),
    hotspotKey: bytes.slice(keyAt, keyAt + DEVICE_KEY_BYTES),
    phyBytes: bytes[offset + CONFIRMATION_OFFSETS.phyBytes]!,
  };
}

/** True if a u64 at `offset` is a safe integer, that is canonical; looks at its high word only. */
export function isCanonicalU64(bytes: Uint8Array, offset: number): boolean {
  return readU32(bytes, offset + 4) <= MAX_SAFE_HIGH_WORD;
}

function readI16(bytes: Uint8Array, offset: number): number {
  return (readU16(bytes, offset) << 16) >> 16;
}

function readCheckedU64(bytes: Uint8Array, offset: number): number {
  const value = readSafeU64(bytes, offset);
  if (value === undefined) throw pocError("POC_BAD_ENCODING", `u64 at byte ${offset} is above 2^53 - 1`);
  return value;
}

function checkU32(value: number, name: string): number {
  return checkInteger(value, 0, 0xffff_ffff, name);
}

function checkI16(value: number, name: string): number {
  return checkInteger(value, -0x8000, 0x7fff, name);
}
