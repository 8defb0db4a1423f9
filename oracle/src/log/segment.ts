/**
 * The form of a raw upload log on disk: append-only segments `uploads/NNNNNN.seg`, all integers little-endian.
 *
 *   header   magic "ESLOG" 00 · version u8 = 1 · 00 · segment number u32 · 00 00 00 00                       16 bytes
 *   record   length u32 of the upload · CRC-32 u32 over the next two · receive time u64, Unix ms · upload    16 + length
 *   trailer  ff ff ff ff · records u32 · SHA-256 over everything before the trailer                          40 bytes
 *
 * A segment without its trailer is one that is still written, or was cut off. The order of records is the order of arrival and
 * means nothing: canonical log order is (receive ms, upload id). CRC-32 is that of zlib.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { MAX_UPLOAD_BYTES } from "@earshot/poc/protocol";

export const SEGMENT_MAGIC: readonly number[] = [0x45, 0x53, 0x4c, 0x4f, 0x47, 0x00]; // "ESLOG\0"
export const SEGMENT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 16;
export const RECORD_HEADER_BYTES = 16;
export const TRAILER_BYTES = 40;
/** In the place of a record's length: the trailer follows. */
export const TRAILER_MARK = 0xffffffff;
/** An upload cannot be longer (poc/protocol); a longer record is damage. */
export const MAX_RECORD_BYTES = MAX_UPLOAD_BYTES;
/** A writer begins the next segment when the current one reaches this: 64 MiB. */
export const SEGMENT_TARGET_BYTES = 64 * 1024 * 1024;
const TWO_TO_32 = 4_294_967_296;
/** Name of a segment in the folder `uploads`. */
export const SEGMENT_NAME = /^[0-9]{6}\.seg$/;

/** The file name of a segment: six digits. */
export function segmentName(number: number): string {
  return `${String(number).padStart(6, "0")}.seg`;
}

/** The 16 bytes at the start of a segment. */
export function segmentHeader(number: number): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  bytes.set(SEGMENT_MAGIC, 0);
  bytes[6] = SEGMENT_VERSION;
  new DataView(bytes.buffer).setUint32(8, number, true);
  return bytes;
}

/** Segment 0 of a log without uploads, sealed. */
export function emptySegment(): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES + TRAILER_BYTES);
  bytes.set(segmentHeader(0));
  new DataView(bytes.buffer).setUint32(SEGMENT_HEADER_BYTES, TRAILER_MARK, true);
  const digest = createHash("sha256").update(bytes.subarray(0, SEGMENT_HEADER_BYTES)).digest();
  bytes.set(digest, SEGMENT_HEADER_BYTES + 8);
  return bytes;
}

/** The 16 bytes before an upload. */
export function recordHeader(receiveMs: number, upload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES);
  writeRecordHeader(new DataView(bytes.buffer), 0, receiveMs, upload);
  return bytes;
}

/** Writes the 16 bytes before an upload at an offset. */
export function writeRecordHeader(view: DataView, at: number, receiveMs: number, upload: Uint8Array): void {
  view.setUint32(at, upload.length, true);
  view.setUint32(at + 8, receiveMs % TWO_TO_32, true);
  view.setUint32(at + 12, Math.floor(receiveMs / TWO_TO_32), true);
  const receiveTime = new Uint8Array(view.buffer, view.byteOffset + at + 8, 8);
  view.setUint32(at + 4, recordCrc(receiveTime, upload), true);
}

/** CRC-32 over the eight bytes of the receive time and the upload. */
export function recordCrc(receiveTime: Uint8Array, upload: Uint8Array): number {
  return crc32(upload, crc32(receiveTime));
}
