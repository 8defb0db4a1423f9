/**
 * Writes a raw upload log: appends records to segments and seals each with its trailer.
 *
 * Appends are buffered; `flush` makes what was appended durable, `close` seals the last segment. A log that was closed has no
 * segment without a trailer.
 */
import { createHash, type Hash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, writeFailed } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import {
  MAX_RECORD_BYTES,
  recordHeader,
  SEGMENT_TARGET_BYTES,
  segmentHeader,
  segmentName,
  TRAILER_BYTES,
  TRAILER_MARK,
} from "./segment.ts";

/** Bytes gathered before a write call. */
const BUFFER_BYTES = 1024 * 1024;

interface OpenSegment {
  readonly file: number;
  readonly path: string;
  readonly hash: Hash;
  records: number;
  bytes: number;
}

/** Appends uploads to the segments of one folder, from segment 0. */
export class SegmentWriter {
  readonly #folder: string;
  readonly #targetBytes: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #number = 0;
  #segment: OpenSegment | undefined;

  /** Makes the folder. `targetBytes` is the size at which a segment is sealed. Throws ORC_WRITE_FAILED. */
  constructor(folder: string, targetBytes: number = SEGMENT_TARGET_BYTES) {
    makeFolder(folder);
    this.#folder = folder;
    this.#targetBytes = targetBytes;
  }

  /** Appends an upload with its receive time in Unix ms. Throws ORC_BAD_LOG for a value the log cannot hold, ORC_WRITE_FAILED. */
  append(receiveMs: number, upload: Uint8Array): void {
    if (!Number.isSafeInteger(receiveMs) || receiveMs < 0)
      throw oracleError("ORC_BAD_LOG", `receive time ${receiveMs}`);
    if (upload.length > MAX_RECORD_BYTES) {
      throw oracleError("ORC_BAD_LOG", `an upload of ${upload.length} bytes, at most ${MAX_RECORD_BYTES} are possible`);
    }
    this.#segment ??= this.#open();
    this.#write(recordHeader(receiveMs, upload));
    this.#write(upload);
    this.#segment.records++;
    if (this.#segment.bytes >= this.#targetBytes) this.#seal();
  }

  /** Returns when everything appended so far is on disk. Throws ORC_WRITE_FAILED. */
  flush(): void {
    this.#drain();
    const segment = this.#segment;
    if (segment !== undefined) attempt(segment.path, () => fsyncSync(segment.file));
  }

  /** Seals the last segment; an empty log gets one empty segment. The writer must not be used afterwards. Throws ORC_WRITE_FAILED. */
  close(): void {
    if (this.#segment === undefined && this.#number === 0) this.#segment = this.#open();
    if (this.#segment !== undefined) this.#seal();
  }

  #open(): OpenSegment {
    const path = join(this.#folder, segmentName(this.#number));
    const file = attempt(path, () => openSync(path, "w"));
    this.#segment = { file, path, hash: createHash("sha256"), records: 0, bytes: 0 };
    this.#write(segmentHeader(this.#number));
    this.#number++;
    return this.#segment;
  }

  #seal(): void {
    const segment = this.#segment as OpenSegment;
    this.#drain();
    const trailer = new Uint8Array(TRAILER_BYTES);
    const view = new DataView(trailer.buffer);
    view.setUint32(0, TRAILER_MARK, true);
    view.setUint32(4, segment.records, true);
    trailer.set(segment.hash.digest(), 8);
    attempt(segment.path, () => {
      writeWhole(segment.file, trailer);
      fsyncSync(segment.file);
      closeSync(segment.file);
    });
    this.#segment = undefined;
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length > BUFFER_BYTES - this.#buffered) this.#drain();
    if (bytes.length > BUFFER_BYTES) this.#put(bytes);
    else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
    (this.#segment as OpenSegment).bytes += bytes.length;
  }

  #drain(): void {
    if (this.#buffered > 0) this.#put(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #put(bytes: Uint8Array): void {
    const segment = this.#segment as OpenSegment;
    segment.hash.update(bytes);
    attempt(segment.path, () => writeWhole(segment.file, bytes));
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(file, bytes, at, bytes.length - at);
}

function attempt<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw writeFailed(path, cause);
  }
}
