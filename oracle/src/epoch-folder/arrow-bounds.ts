/**
 * Whether every length and offset in an Arrow IPC file stays inside the file, before apache-arrow follows any of them.
 *
 * apache-arrow trusts its input: a damaged count makes it loop or allocate for minutes. This walks the same FlatBuffers tables
 * (Arrow format, Footer.fbs, Schema.fbs and Message.fbs, metadata version 5), checks each against the bytes there are, and refuses
 * what no table of ours has: dictionaries, nested columns, compressed bodies. It reads no values.
 */
import { oracleError } from "../errors.ts";

const MAGIC = [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]; // "ARROW1"
/** Magic padded to 8 bytes in front; footer length (4) and magic (6) behind. */
const HEAD_BYTES = 8;
const TAIL_BYTES = 10;
/** No table has more; keeps the work of refusing a hostile file small. */
const MAX_COLUMNS = 64;
const MAX_BATCHES = 1 << 16;
const BLOCK_BYTES = 24;
const PAIR_BYTES = 16;
const CONTINUATION = 0xffffffff;
const RECORD_BATCH_HEADER = 3;

/** A region of the file that holds one FlatBuffer; offsets count from its start. */
class Flat {
  readonly view: DataView;
  readonly file: string;

  constructor(bytes: Uint8Array, from: number, length: number, file: string) {
    this.file = file;
    if (from < 0 || length < 4 || from + length > bytes.length) throw damaged(file, `no ${length} bytes at ${from}`);
    this.view = new DataView(bytes.buffer, bytes.byteOffset + from, length);
  }

  /** Refuses when `length` bytes at `at` are not all inside. */
  need(at: number, length: number): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.view.byteLength)) {
      throw damaged(this.file, `an offset of the Arrow metadata points outside of it (${at} + ${length})`);
    }
  }

  u8(at: number): number {
    this.need(at, 1);
    return this.view.getUint8(at);
  }

  u16(at: number): number {
    this.need(at, 2);
    return this.view.getUint16(at, true);
  }

  i32(at: number): number {
    this.need(at, 4);
    return this.view.getInt32(at, true);
  }

  u32(at: number): number {
    this.need(at, 4);
    return this.view.getUint32(at, true);
  }

  /** A 64-bit count that must be 0 or more and fit a file. */
  u53(at: number): number {
    this.need(at, 8);
    const value = this.view.getBigInt64(at, true);
    if (value < 0n || value > 0x1fffffffffffffn) throw damaged(this.file, `a length of the Arrow metadata is ${value}`);
    return Number(value);
  }

  root(): number {
    return this.table(0);
  }

  /** Follows the offset at `at` to a table and checks its vtable. */
  table(at: number): number {
    const table = at + this.u32(at);
    const vtable = table - this.i32(table);
    const vtableBytes = this.u16(vtable);
    if (vtableBytes < 4 || vtableBytes % 2 !== 0) throw damaged(this.file, "the Arrow metadata has a malformed table");
    this.need(vtable, vtableBytes);
    this.need(table, this.u16(vtable + 2));
    return table;
  }

  /** Where field `index` of a table lies, or 0 when it is absent. */
  field(table: number, index: number): number {
    const vtable = table - this.i32(table);
    const entry = 4 + 2 * index;
    const offset = entry < this.u16(vtable) ? this.u16(vtable + entry) : 0;
    return offset === 0 ? 0 : table + offset;
  }

  /** Start and length of the vector in field `index`; absent counts as empty. */
  vector(table: number, index: number, elementBytes: number, maximum: number): { at: number; length: number } {
    const field = this.field(table, index);
    if (field === 0) return { at: 0, length: 0 };
    const start = field + this.u32(field);
    const length = this.u32(start);
    if (length > maximum) throw damaged(this.file, `${length} entries where at most ${maximum} can be`);
    this.need(start + 4, length * elementBytes);
    return { at: start + 4, length };
  }

  /** Checks the pairs of text in field `index`. */
  metadata(table: number, index: number): void {
    const pairs = this.vector(table, index, 4, MAX_COLUMNS);
    for (let i = 0; i < pairs.length; i++) {
      const pair = this.table(pairs.at + 4 * i);
      this.vector(pair, 0, 1, this.view.byteLength);
      this.vector(pair, 1, 1, this.view.byteLength);
    }
  }
}

function damaged(file: string, what: string) {
  return oracleError("ORC_DAMAGED_FILE", `${file}: ${what}`);
}

/** Returns when the file can be given to apache-arrow; else ORC_DAMAGED_FILE, or ORC_FOREIGN_FILE when it is no Arrow file at all. */
export function assertArrowBounds(bytes: Uint8Array, file: string): void {
  if (bytes.length === 0) throw damaged(file, "the file is empty");
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw oracleError("ORC_FOREIGN_FILE", `${file}: not an Arrow file (it does not begin with ARROW1)`);
  }
  if (bytes.length < HEAD_BYTES + TAIL_BYTES || MAGIC.some((byte, i) => bytes[bytes.length - 6 + i] !== byte)) {
    throw damaged(file, "the end is missing: the file is cut off");
  }
  const footerBytes = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - TAIL_BYTES, 4).getUint32(0, true);
  const footerAt = bytes.length - TAIL_BYTES - footerBytes;
  if (footerAt < HEAD_BYTES) throw damaged(file, `a footer of ${footerBytes} bytes does not fit`);
  const footer = new Flat(bytes, footerAt, footerBytes, file);
  const root = footer.root();
  const schemaField = footer.field(root, 1);
  if (schemaField === 0) throw damaged(file, "the footer holds no schema");
  const columns = checkSchema(footer, footer.table(schemaField));
  if (footer.vector(root, 2, BLOCK_BYTES, MAX_BATCHES).length > 0) throw nested(file);
  footer.metadata(root, 4);
  const blocks = footer.vector(root, 3, BLOCK_BYTES, MAX_BATCHES);
  if (blocks.length === 0) throw damaged(file, "the file holds no record batch");
  // In order and apart: one batch named thousands of times would fill the memory from a small file.
  let free = HEAD_BYTES;
  for (let i = 0; i < blocks.length; i++) {
    const at = blocks.at + BLOCK_BYTES * i;
    const start = footer.u53(at);
    const bodyBytes = footer.u53(at + 16);
    const metadataBytes = footer.i32(at + 8);
    if (metadataBytes < 16 || start < free || start + metadataBytes + bodyBytes > footerAt) {
      throw damaged(file, `record batch ${i} lies outside the file`);
    }
    free = start + metadataBytes + bodyBytes;
    checkBatch(bytes, { start, metadataBytes, bodyBytes, columns, file });
  }
}

function nested(file: string) {
  return oracleError(
    "ORC_FOREIGN_FILE",
    `${file}: dictionaries, nested columns and compression are not part of the format`,
  );
}

function checkSchema(flat: Flat, schema: number): number {
  const fields = flat.vector(schema, 1, 4, MAX_COLUMNS);
  flat.metadata(schema, 2);
  flat.vector(schema, 3, 8, MAX_COLUMNS);
  for (let i = 0; i < fields.length; i++) {
    const field = flat.table(fields.at + 4 * i);
    flat.vector(field, 0, 1, flat.view.byteLength);
    const type = flat.field(field, 3);
    if (type === 0) throw damaged(flat.file, `column ${i} has no type`);
    flat.table(type);
    if (flat.field(field, 4) !== 0 || flat.vector(field, 5, 4, MAX_COLUMNS).length > 0) throw nested(flat.file);
    flat.metadata(field, 6);
  }
  return fields.length;
}

interface BatchPlace {
  readonly start: number;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
  readonly columns: number;
  readonly file: string;
}

function checkBatch(bytes: Uint8Array, { start, metadataBytes, bodyBytes, columns, file }: BatchPlace): void {
  const prefix = new DataView(bytes.buffer, bytes.byteOffset + start, 8);
  if (prefix.getUint32(0, true) !== CONTINUATION || prefix.getUint32(4, true) !== metadataBytes - 8) {
    throw damaged(file, `no message begins at ${start}`);
  }
  const flat = new Flat(bytes, start + 8, metadataBytes - 8, file);
  const message = flat.root();
  const kind = flat.field(message, 1);
  const header = flat.field(message, 2);
  const body = flat.field(message, 3);
  if (kind === 0 || header === 0 || flat.u8(kind) !== RECORD_BATCH_HEADER) {
    throw damaged(file, `the message at ${start} is no record batch`);
  }
  if ((body === 0 ? 0 : flat.u53(body)) !== bodyBytes)
    throw damaged(file, `the message at ${start} has another length`);
  flat.metadata(message, 4);
  const batch = flat.table(header);
  if (flat.field(batch, 3) !== 0 || flat.vector(batch, 4, 8, 0).length > 0) throw nested(file);
  const nodes = flat.vector(batch, 1, PAIR_BYTES, MAX_COLUMNS);
  const buffers = flat.vector(batch, 2, PAIR_BYTES, 2 * MAX_COLUMNS);
  if (nodes.length !== columns || buffers.length !== 2 * columns) throw damaged(file, "a column lacks its buffers");
  const length = flat.field(batch, 0);
  const rows = length === 0 ? 0 : flat.u53(length);
  for (let i = 0; i < nodes.length; i++) {
    if (flat.u53(nodes.at + PAIR_BYTES * i) !== rows) throw damaged(file, `column ${i} does not have ${rows} rows`);
    flat.u53(nodes.at + PAIR_BYTES * i + 8);
  }
  for (let i = 0; i < buffers.length; i++) {
    const offset = flat.u53(buffers.at + PAIR_BYTES * i);
    const size = flat.u53(buffers.at + PAIR_BYTES * i + 8);
    if (offset + size > bodyBytes) throw damaged(file, `a buffer of column ${i >> 1} ends behind the file`);
    if (offset % 8 !== 0) throw damaged(file, `a buffer of column ${i >> 1} is not aligned to 8 bytes`);
  }
}
