/** Reads uploads where the index says they are, and checks each against its CRC: a bad sector is an error and never an upload. */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { readFailed } from "../../epoch-folder/durable-file.ts";
import { oracleError } from "../../errors.ts";
import type { LoggedUpload } from "../../ports/report-log.ts";
import { deviceKeyOf } from "../check-upload.ts";
import { RECORD_HEADER_BYTES, recordCrc, segmentName } from "../segment.ts";
import { readFully } from "./disk.ts";
import type { IndexEntry } from "./log-index.ts";

/** Segments kept open; catching up walks through them in order. */
const OPEN_FILES = 8;

export class RecordReader {
  readonly #folder: string;
  /** Least recently used first. */
  readonly #files = new Map<number, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws ORC_BAD_LOG, ORC_MISSING_FILE, ORC_READ_FAILED. */
  read(entry: IndexEntry): LoggedUpload {
    const { segment, offset, bytes: length, logIndex, uploadId, receiveMs, previousHead, partition } = entry;
    const record = new Uint8Array(RECORD_HEADER_BYTES + length);
    const path = join(this.#folder, segmentName(segment));
    const start = offset - RECORD_HEADER_BYTES;
    const isWhole = readFully(this.#file(segment, path), record, start);
    const bytes = record.subarray(RECORD_HEADER_BYTES);
    const view = new DataView(record.buffer);
    if (
      !isWhole ||
      view.getUint32(0, true) !== length ||
      recordCrc(record.subarray(8, 16), bytes) !== view.getUint32(4, true)
    ) {
      throw oracleError("ORC_BAD_LOG", `${path}: offset ${start}: upload ${logIndex} is damaged`);
    }
    return { logIndex, uploadId, receiveMs, previousHead, partition, deviceKey: deviceKeyOf(bytes), bytes };
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  #file(segment: number, path: string): number {
    let file = this.#files.get(segment);
    if (file === undefined) {
      const oldest = this.#files.entries().next().value;
      if (this.#files.size >= OPEN_FILES && oldest !== undefined) {
        closeSync(oldest[1]);
        this.#files.delete(oldest[0]);
      }
      try {
        file = openSync(path, "r");
      } catch (cause) {
        throw readFailed(path, cause);
      }
    } else this.#files.delete(segment);
    this.#files.set(segment, file);
    return file;
  }
}
