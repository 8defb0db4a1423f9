/**
 * The entropy records of this oracle on disk, for ever: one append-only file beside the report log, part of what an auditor gets.
 *
 *   header   magic "ESENT" 00 · version u8 = 1 · 00                     8 bytes
 *   record   EntropyRecord 56 (poc/protocol) · CRC-32 u32 of them      60 bytes
 *
 * A record is appended and fsynced once, when its block is known; minutes come in any order (gaps are filled later) and none twice. A
 * torn last record is cut off at the next start.
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import {
  decodeEntropyRecord,
  ENTROPY_RECORD_BYTES,
  type EntropyRecord,
  encodeEntropyRecord,
} from "@earshot/poc/protocol";
import { makeFolder, readFailed, writeFailed } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";

const HEADER = Uint8Array.of(0x45, 0x53, 0x45, 0x4e, 0x54, 0x00, 0x01, 0x00);
const ROW_BYTES = ENTROPY_RECORD_BYTES + 4;

export class EntropyFile {
  readonly #path: string;
  readonly #file: number;
  readonly #entropyMs: number;
  #end: number;
  #records: readonly EntropyRecord[] = [];

  /** Opens or makes the file. Throws ORC_FOREIGN_FILE, ORC_DAMAGED_FILE, ORC_READ_FAILED, ORC_WRITE_FAILED. */
  constructor(path: string, entropyMs: number) {
    makeFolder(dirname(path));
    this.#path = path;
    this.#entropyMs = entropyMs;
    this.#file = open(path);
    const bytes = this.#read();
    if (bytes.length < HEADER.length && HEADER.subarray(0, bytes.length).every((byte, i) => byte === bytes[i])) {
      this.#end = HEADER.length;
      this.#write(HEADER, 0);
      return;
    }
    if (HEADER.some((byte, i) => byte !== bytes[i])) {
      throw oracleError("ORC_FOREIGN_FILE", `${path}: not a file of entropy records`);
    }
    const rows = Math.floor((bytes.length - HEADER.length) / ROW_BYTES);
    this.#records = this.#decode(bytes, rows);
    this.#end = HEADER.length + this.#records.length * ROW_BYTES;
    if (this.#end < bytes.length) this.#attempt(() => ftruncateSync(this.#file, this.#end));
  }

  /** What the file held when it was opened, in its order; once, and then nothing, since it may be years. */
  takeRecords(): readonly EntropyRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /** Appends a record; it is on disk when this returns. Throws ORC_WRITE_FAILED, and the file is as it was before. */
  append(record: EntropyRecord): void {
    const row = new Uint8Array(ROW_BYTES);
    row.set(encodeEntropyRecord(record), 0);
    const view = new DataView(row.buffer);
    view.setUint32(ENTROPY_RECORD_BYTES, crc32(row.subarray(0, ENTROPY_RECORD_BYTES)), true);
    this.#write(row, this.#end);
    this.#end += ROW_BYTES;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Records up to the first that does not check; only the last may, as a torn write. */
  #decode(bytes: Uint8Array, rows: number): EntropyRecord[] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const records: EntropyRecord[] = [];
    for (let row = 0; row < rows; row++) {
      const at = HEADER.length + row * ROW_BYTES;
      const body = bytes.subarray(at, at + ENTROPY_RECORD_BYTES);
      const decoded = decodeEntropyRecord(body, this.#entropyMs);
      if (crc32(body) !== view.getUint32(at + ENTROPY_RECORD_BYTES, true)) {
        if (row === rows - 1) break;
        throw oracleError("ORC_DAMAGED_FILE", `${this.#path}: offset ${at}: the CRC-32 of the record does not fit`);
      }
      if (decoded.status === "refused") {
        throw oracleError(
          "ORC_DAMAGED_FILE",
          `${this.#path}: offset ${at}: ${decoded.code}, expected ${decoded.expected}; made under other parameters?`,
        );
      }
      records.push(decoded.record);
    }
    return records;
  }

  #read(): Uint8Array {
    try {
      const bytes = new Uint8Array(fstatSync(this.#file).size);
      let at = 0;
      while (at < bytes.length) {
        const count = readSync(this.#file, bytes, at, bytes.length - at, at);
        if (count === 0) break;
        at += count;
      }
      return bytes.subarray(0, at);
    } catch (cause) {
      throw readFailed(this.#path, cause);
    }
  }

  #write(bytes: Uint8Array, position: number): void {
    this.#attempt(() => {
      let at = 0;
      while (at < bytes.length) at += writeSync(this.#file, bytes, at, bytes.length - at, position + at);
      fsyncSync(this.#file);
    });
  }

  #attempt(run: () => void): void {
    try {
      run();
    } catch (cause) {
      throw writeFailed(this.#path, cause);
    }
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  } catch (cause) {
    throw writeFailed(path, cause);
  }
}
