/**
 * Spool records and segment headers, byte for byte, little-endian.
 *
 *   segment   "ESPL" · version u8 = 1 · 3 zero bytes · then records
 *   zeros     what the writer has put ahead of the records to come, up to the end of the file
 *   record    magic u32 · length u32 · crc u32 · kind u8 · 3 zero bytes · utcMs u64 · payload
 *
 * `length` counts the payload; `crc` is CRC-32 over the payload and then the twelve bytes between it and `crc`. A record is what the radio side brought, untouched: a GWMP
 * datagram, or a message of a gateway's MQTT. Reading skips what is damaged: it looks for the next magic whose CRC fits, so that
 * a bad sector costs the records in it and no other.
 */
import { crc32 } from "node:zlib";

/** 0: a GWMP datagram. 1: a message of a forwarder that speaks MQTT (forwarder/mqtt-record.ts). */
export type RecordKind = 0 | 1;

export const SEGMENT_HEADER_BYTES = 8;
export const RECORD_HEADER_BYTES = 24;
/** Greatest payload, bytes: a UDP datagram, or an MQTT message with its topic. */
export const MAX_RECORD_PAYLOAD_BYTES = 128 * 1024;

const segmentMagic = 0x4c50_5345;
const recordMagic = 0x5245_43e5;
const version = 1;
const crcEnd = 12;

export interface StoredRecord {
  readonly kind: RecordKind;
  /** By the steady clock of this run. */
  readonly receivedMs: number;
  /** By UTC, of a record of an earlier run; null: of this run. */
  readonly earlierUtcMs: number | null;
  readonly payload: Uint8Array;
  /** The CRC: names the record in uplink ids, the same after a restart. */
  readonly recordId: number;
}

/** A record as it lies on disk. */
export interface PlacedRecord extends Omit<StoredRecord, "receivedMs" | "earlierUtcMs"> {
  /** When it was received by UTC, as was known then; the steady clock of its run means nothing to the next. */
  readonly utcMs: number;
  /** Byte offset in the segment. */
  readonly offset: number;
}

export function segmentHeader(): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  new DataView(bytes.buffer).setUint32(0, segmentMagic, true);
  bytes[4] = version;
  return bytes;
}

/** The bytes of a record and its id. `utcMs` is an integer ≥ 0; the payload is at most MAX_RECORD_PAYLOAD_BYTES. */
export function encodeRecord(
  kind: RecordKind,
  utcMs: number,
  payload: Uint8Array,
): { readonly bytes: Uint8Array; readonly recordId: number } {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + payload.length);
  writeU32(bytes, 0, recordMagic);
  writeU32(bytes, 4, payload.length);
  bytes[12] = kind;
  writeU32(bytes, 16, utcMs >>> 0);
  writeU32(bytes, 20, Math.floor(utcMs / 2 ** 32));
  bytes.set(payload, RECORD_HEADER_BYTES);
  const recordId = recordCrc(payload, bytes, 0);
  writeU32(bytes, 8, recordId);
  return { bytes, recordId };
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

const checkedHeader = new Uint8Array(RECORD_HEADER_BYTES - crcEnd);

function recordCrc(payload: Uint8Array, record: Uint8Array, offset: number): number {
  for (let i = 0; i < checkedHeader.length; i++) checkedHeader[i] = record[offset + crcEnd + i];
  return crc32(checkedHeader, crc32(payload));
}

/** The record at `offset`, a view of `bytes`; null when there is no sound one. */
export function readRecord(bytes: Uint8Array, offset: number): PlacedRecord | null {
  if (offset + RECORD_HEADER_BYTES > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
  const length = view.getUint32(4, true);
  const end = offset + RECORD_HEADER_BYTES + length;
  if (view.getUint32(0, true) !== recordMagic || length > MAX_RECORD_PAYLOAD_BYTES || end > bytes.length) return null;
  const kind = bytes[offset + 12];
  const recordId = view.getUint32(8, true);
  const payload = bytes.subarray(offset + RECORD_HEADER_BYTES, end);
  if (kind > 1 || recordCrc(payload, bytes, offset) !== recordId) return null;
  const utcMs = view.getUint32(16, true) + view.getUint32(20, true) * 2 ** 32;
  return { kind: kind as RecordKind, utcMs, payload, recordId, offset };
}

export interface ReadSegment {
  readonly records: readonly PlacedRecord[];
  /** Places where bytes were skipped: a torn end after a crash, or damage. */
  readonly gaps: number;
}

/** Every sound record of a segment; payloads are views. A file with a foreign header has none and one gap. */
export function readSegment(bytes: Uint8Array): ReadSegment {
  if (bytes.length === 0) return { records: [], gaps: 0 };
  const isOurs =
    bytes.length >= SEGMENT_HEADER_BYTES &&
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === segmentMagic &&
    bytes[4] === version;
  if (!isOurs) return { records: [], gaps: 1 };
  const records: PlacedRecord[] = [];
  let gaps = 0;
  let at = SEGMENT_HEADER_BYTES;
  while (at < bytes.length) {
    const record = readRecord(bytes, at);
    if (record !== null) {
      records.push(record);
      at += RECORD_HEADER_BYTES + record.payload.length;
      continue;
    }
    if (isZeroFrom(bytes, at)) break;
    gaps++;
    at = nextRecord(bytes, at + 1);
  }
  return { records, gaps };
}

/** Whether nothing but zeros follows: room for records that never came. */
function isZeroFrom(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

function nextRecord(bytes: Uint8Array, from: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(recordMagic);
  for (let at = text.indexOf(magic, from); at >= 0; at = text.indexOf(magic, at + 1)) {
    if (readRecord(bytes, at) !== null) return at;
  }
  return bytes.length;
}
