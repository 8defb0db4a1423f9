/**
 * Entries of the index as bytes, 88 each, all integers little-endian:
 *
 *   upload id 32 · head before it 32 · receive time u64, Unix ms · offset u32 · bytes u32 · segment u32 · partition u16 · 00 00
 *
 * Where an entry stands is not in it: it is counted from the first of its block.
 */
import type { IndexEntry } from "./log-index.ts";

export const ENTRY_BYTES = 88;
const HEAD_AT = 32;
const RECEIVE_AT = 64;
const OFFSET_AT = 72;
const LENGTH_AT = 76;
const SEGMENT_AT = 80;
const PARTITION_AT = 84;
const TWO_TO_32 = 4_294_967_296;

/** Packs entries behind what a block holds already. */
export function packEntries(before: Uint8Array, entries: readonly IndexEntry[]): Uint8Array {
  const rows = new Uint8Array(before.length + entries.length * ENTRY_BYTES);
  rows.set(before, 0);
  const view = new DataView(rows.buffer);
  let at = before.length;
  for (const { uploadId, previousHead, receiveMs, offset, bytes, segment, partition } of entries) {
    rows.set(uploadId, at);
    rows.set(previousHead, at + HEAD_AT);
    view.setUint32(at + RECEIVE_AT, receiveMs % TWO_TO_32, true);
    view.setUint32(at + RECEIVE_AT + 4, Math.floor(receiveMs / TWO_TO_32), true);
    view.setUint32(at + OFFSET_AT, offset, true);
    view.setUint32(at + LENGTH_AT, bytes, true);
    view.setUint32(at + SEGMENT_AT, segment, true);
    view.setUint16(at + PARTITION_AT, partition, true);
    at += ENTRY_BYTES;
  }
  return rows;
}

/** The entry at a row of a block that begins with log index `first`. */
export function unpackEntry(rows: Uint8Array, row: number, first: number): IndexEntry {
  const at = row * ENTRY_BYTES;
  const view = new DataView(rows.buffer, rows.byteOffset + at, ENTRY_BYTES);
  return {
    uploadId: rows.slice(at, at + HEAD_AT),
    receiveMs: view.getUint32(RECEIVE_AT + 4, true) * TWO_TO_32 + view.getUint32(RECEIVE_AT, true),
    logIndex: first + row,
    previousHead: rows.slice(at + HEAD_AT, at + RECEIVE_AT),
    partition: view.getUint16(PARTITION_AT, true),
    segment: view.getUint32(SEGMENT_AT, true),
    offset: view.getUint32(OFFSET_AT, true),
    bytes: view.getUint32(LENGTH_AT, true),
  };
}

/** The partition of the entry at a row. */
export function partitionAt(rows: Uint8Array, row: number): number {
  const at = row * ENTRY_BYTES + PARTITION_AT;
  return rows[at]! | (rows[at + 1]! << 8);
}

/** The upload id at a row, a view. */
export function uploadIdAt(rows: Uint8Array, row: number): Uint8Array {
  return rows.subarray(row * ENTRY_BYTES, row * ENTRY_BYTES + HEAD_AT);
}
