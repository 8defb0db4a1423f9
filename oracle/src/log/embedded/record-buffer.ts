/** The bytes of a commit, made in memory that is kept: getting and giving back pages cost more than the write itself. */
import { RECORD_HEADER_BYTES, writeRecordHeader } from "../segment.ts";

/** Kept between commits, bytes: 10 ms of 100 reports an upload at full load. A larger commit has memory of its own. */
const KEPT_BYTES = 1024 * 1024;

export class RecordBuffer {
  readonly #kept = new Uint8Array(KEPT_BYTES);

  /** The records of uploads in order; good until the next call. */
  encode(uploads: readonly { readonly receiveMs: number; readonly bytes: Uint8Array }[]): Uint8Array {
    let size = 0;
    for (const { bytes } of uploads) size += RECORD_HEADER_BYTES + bytes.length;
    const buffer = size <= KEPT_BYTES ? this.#kept : new Uint8Array(size);
    const view = new DataView(buffer.buffer);
    let at = 0;
    for (const { receiveMs, bytes } of uploads) {
      writeRecordHeader(view, at, receiveMs, bytes);
      buffer.set(bytes, at + RECORD_HEADER_BYTES);
      at += RECORD_HEADER_BYTES + bytes.length;
    }
    return buffer.subarray(0, size);
  }
}
