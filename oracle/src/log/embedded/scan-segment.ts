/**
 * What is whole in the last segment of a log: its records up to the first that is cut off or damaged.
 *
 * A process that is killed, or a machine that loses power, leaves a torn tail behind: bytes that were written and never acknowledged.
 * The tail ends where a record's length or CRC does not fit.
 */
import {
  MAX_RECORD_BYTES,
  RECORD_HEADER_BYTES,
  recordCrc,
  SEGMENT_HEADER_BYTES,
  segmentHeader,
  TRAILER_BYTES,
  TRAILER_MARK,
} from "../segment.ts";
import { readSegment } from "../segment-reader.ts";

export interface ScannedRecord {
  readonly receiveMs: number;
  /** Of the upload's first byte. */
  readonly offset: number;
  /** A view. */
  readonly upload: Uint8Array;
}

export interface ScannedSegment {
  readonly records: readonly ScannedRecord[];
  /** Bytes from the start that are whole; 0 when not even the header is. */
  readonly wholeBytes: number;
  /** Whether it has its trailer; the whole file is then checked against it. */
  readonly isSealed: boolean;
}

/** Reads the last segment of a log. Throws ORC_BAD_LOG, ORC_FOREIGN_FILE when a whole trailer does not fit the file, or a whole header the number. */
export function scanSegment(bytes: Uint8Array, number: number, path: string): ScannedSegment {
  const header = segmentHeader(number);
  if (bytes.length < header.length) return { records: [], wholeBytes: 0, isSealed: false };
  if (Buffer.compare(bytes.subarray(0, header.length), header) !== 0) readSegment(bytes, number, path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: ScannedRecord[] = [];
  let at = SEGMENT_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= bytes.length) {
    const length = view.getUint32(at, true);
    if (length === TRAILER_MARK && at + TRAILER_BYTES === bytes.length) {
      readSegment(bytes, number, path);
      return { records, wholeBytes: bytes.length, isSealed: true };
    }
    const offset = at + RECORD_HEADER_BYTES;
    if (length > MAX_RECORD_BYTES || offset + length > bytes.length) break;
    const upload = bytes.subarray(offset, offset + length);
    if (recordCrc(bytes.subarray(at + 8, offset), upload) !== view.getUint32(at + 4, true)) break;
    const receiveMs = view.getBigUint64(at + 8, true);
    if (receiveMs > BigInt(Number.MAX_SAFE_INTEGER)) break;
    records.push({ receiveMs: Number(receiveMs), offset, upload });
    at = offset + length;
  }
  return { records, wholeBytes: at, isSealed: false };
}
