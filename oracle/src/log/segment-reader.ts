/**
 * Reads a raw upload log: every record of every sealed segment, or a refusal that names the file and the offset.
 *
 * Checks every length before it is used, each record's CRC, and the trailer's count and SHA-256 before the first record is given
 * out. Whether the bytes are an upload is not judged here.
 */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readFailed, readWhole } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import {
  MAX_RECORD_BYTES,
  RECORD_HEADER_BYTES,
  recordCrc,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_NAME,
  SEGMENT_VERSION,
  segmentName,
  TRAILER_BYTES,
  TRAILER_MARK,
} from "./segment.ts";

/** One upload as it was received. */
export interface LogRecord {
  /** Ingest time, Unix ms. */
  readonly receiveMs: number;
  /** A view of the segment's bytes. */
  readonly bytes: Uint8Array;
}

/** Folder of one ingest's segments in the upload folder of an epoch: letters, digits, `-`. */
const INGEST_FOLDER = /^[A-Za-z0-9][A-Za-z0-9-]{0,79}$/;

/**
 * Names of the segments of a log folder, relative to it, in order. Either the segments lie in it and are numbered from 0, or it has a
 * folder for each ingest, with segments in a row of that ingest's log (`INGEST/000012.seg`).
 * Throws ORC_MISSING_FILE, and ORC_BAD_LOG for a gap or a file that is no segment.
 */
export function segmentNames(folder: string): string[] {
  const entries = entriesOf(folder);
  if (entries.length === 0)
    throw oracleError("ORC_MISSING_FILE", `${join(folder, segmentName(0))}: the log has no segment`);
  if (!entries.every((entry) => entry.isDirectory())) {
    const names = entries.map(({ name }) => name);
    assertInARow(folder, names, 0);
    return names;
  }
  return entries.flatMap(({ name: ingest }) => {
    if (!INGEST_FOLDER.test(ingest))
      throw oracleError("ORC_BAD_LOG", `${join(folder, ingest)}: not an ingest's folder`);
    const names = entriesOf(join(folder, ingest)).map(({ name }) => name);
    assertInARow(join(folder, ingest), names, numberOf(names[0] ?? ""));
    return names.map((name) => `${ingest}/${name}`);
  });
}

/** The number in a segment's name; 0 for another name. */
export function numberOf(name: string): number {
  const file = name.slice(name.lastIndexOf("/") + 1);
  return SEGMENT_NAME.test(file) ? Number(file.slice(0, -".seg".length)) : 0;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw readFailed(folder, cause);
  }
}

function assertInARow(folder: string, names: readonly string[], first: number): void {
  for (const [index, name] of names.entries()) {
    if (!SEGMENT_NAME.test(name))
      throw oracleError("ORC_BAD_LOG", `${join(folder, name)}: not a segment of an upload log`);
    if (name !== segmentName(first + index)) {
      const missing = join(folder, segmentName(first + index));
      throw oracleError("ORC_MISSING_FILE", `${missing}: a segment is missing before ${name}`);
    }
  }
}

/** All records of a log folder, segment after segment. Throws ORC_MISSING_FILE, ORC_BAD_LOG, ORC_FOREIGN_FILE. */
export function* readLog(folder: string): Generator<LogRecord> {
  for (const name of segmentNames(folder)) {
    const path = join(folder, name);
    yield* readSegment(readWhole(path), numberOf(name), path);
  }
}

/** The records of one sealed segment from its bytes; `path` is what errors name. Throws ORC_BAD_LOG, ORC_FOREIGN_FILE. */
export function readSegment(bytes: Uint8Array, number: number, path: string): LogRecord[] {
  const damage = (offset: number, what: string) => oracleError("ORC_BAD_LOG", `${path}: offset ${offset}: ${what}`);
  if (SEGMENT_MAGIC.some((byte, i) => i < bytes.length && bytes[i] !== byte)) {
    throw oracleError("ORC_FOREIGN_FILE", `${path}: not a segment of an upload log`);
  }
  if (bytes.length < SEGMENT_HEADER_BYTES) throw damage(bytes.length, "the header is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[6] !== SEGMENT_VERSION) {
    throw oracleError("ORC_FOREIGN_FILE", `${path}: expected log version ${SEGMENT_VERSION}, got ${bytes[6]}`);
  }
  if (bytes[7] !== 0 || view.getUint32(12, true) !== 0) throw damage(7, "a reserved byte of the header is not zero");
  if (view.getUint32(8, true) !== number) throw damage(8, `expected segment ${number}, got ${view.getUint32(8, true)}`);
  const records: LogRecord[] = [];
  let at = SEGMENT_HEADER_BYTES;
  for (;;) {
    if (at + RECORD_HEADER_BYTES > bytes.length) throw damage(at, "a record or the trailer is cut off");
    const length = view.getUint32(at, true);
    if (length === TRAILER_MARK) break;
    if (length > MAX_RECORD_BYTES)
      throw damage(at, `an upload of ${length} bytes, at most ${MAX_RECORD_BYTES} are possible`);
    const start = at + RECORD_HEADER_BYTES;
    if (start + length > bytes.length) throw damage(at, `an upload of ${length} bytes is cut off`);
    const upload = bytes.subarray(start, start + length);
    if (recordCrc(bytes.subarray(at + 8, start), upload) !== view.getUint32(at + 4, true)) {
      throw damage(at, "the CRC-32 of the record does not fit");
    }
    const receiveMs = view.getBigUint64(at + 8, true);
    if (receiveMs > BigInt(Number.MAX_SAFE_INTEGER)) throw damage(at, `receive time ${receiveMs}`);
    records.push({ receiveMs: Number(receiveMs), bytes: upload });
    at = start + length;
  }
  if (at + TRAILER_BYTES !== bytes.length)
    throw damage(at, `the trailer has ${bytes.length - at} of ${TRAILER_BYTES} bytes`);
  if (view.getUint32(at + 4, true) !== records.length) {
    throw damage(at, `${records.length} records, ${view.getUint32(at + 4, true)} in the trailer`);
  }
  const digest = createHash("sha256").update(bytes.subarray(0, at)).digest();
  if (!digest.equals(bytes.subarray(at + 8))) throw damage(at, "the SHA-256 of the segment does not fit");
  return records;
}
