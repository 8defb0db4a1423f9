/**
 * A chunk of verified uploads (load/upload-chunk.ts) as one file, for the artefact store. Integers are little-endian.
 *
 *   magic "ESCHK" 00 · version u8 = 1 · 00                                                              8 bytes
 *   length u32 of the head · head: JSON { records, refused, rows: { table: rows } }, padded with spaces to 8
 *   the columns of every table in the order of their definitions, each padded with zeros to 8
 *
 * The store's name is the hash of the bytes, so nothing is hashed here. Reading copies nothing: columns are views.
 */
import { type AnyColumn, allocateColumn, columnStride, columnWidth } from "@earshot/poc";
import { oracleError } from "../errors.ts";
import { CHUNK_TABLES, type UploadChunk } from "../load/upload-chunk.ts";

const MAGIC = Uint8Array.of(0x45, 0x53, 0x43, 0x48, 0x4b, 0x00, 0x01, 0x00);
const HEAD_AT = MAGIC.length + 4;
const ALIGN = 8;

type TableName = keyof typeof CHUNK_TABLES;
const NAMES = Object.keys(CHUNK_TABLES) as TableName[];

interface Head {
  readonly records: number;
  readonly refused: UploadChunk["refused"];
  readonly rows: Readonly<Record<TableName, number>>;
}

/** The bytes of a chunk. */
export function encodeChunk(chunk: UploadChunk): Uint8Array {
  const rows = Object.fromEntries(NAMES.map((name) => [name, rowsOf(chunk, name)])) as Head["rows"];
  const { records, refused } = chunk;
  const text = JSON.stringify({ records, refused, rows } satisfies Head);
  const head = new TextEncoder().encode(text.padEnd(aligned(HEAD_AT + text.length) - HEAD_AT));
  const bytes = new Uint8Array(HEAD_AT + head.length + columnBytes(rows));
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint32(MAGIC.length, head.length, true);
  bytes.set(head, HEAD_AT);
  let at = HEAD_AT + head.length;
  for (const name of NAMES) {
    for (const { name: column } of CHUNK_TABLES[name].columns) {
      const { buffer, byteOffset, byteLength } = (chunk[name] as Readonly<Record<string, AnyColumn>>)[column];
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
      at += aligned(byteLength);
    }
  }
  return bytes;
}

/** The chunk of some bytes; columns are views of them where they lie aligned. Throws ORC_DAMAGED_FILE; `path` begins the message. */
export function decodeChunk(bytes: Uint8Array, path: string): UploadChunk {
  const damaged = (what: string) => oracleError("ORC_DAMAGED_FILE", `${path}: ${what}`);
  if (bytes.length < HEAD_AT || MAGIC.some((byte, i) => bytes[i] !== byte)) throw damaged("not a chunk of uploads");
  const own = bytes.byteOffset % ALIGN === 0 ? bytes : bytes.slice();
  const headBytes = new DataView(own.buffer, own.byteOffset).getUint32(MAGIC.length, true);
  const from = HEAD_AT + headBytes;
  if (from > own.length) throw damaged("the head is cut off");
  const head = parseHead(own.subarray(HEAD_AT, from));
  if (head === undefined) throw damaged("the head is no head of a chunk");
  if (from + columnBytes(head.rows) !== own.length) {
    throw damaged(`expected ${from + columnBytes(head.rows)} bytes, got ${own.length}`);
  }
  let at = own.byteOffset + from;
  const tables = NAMES.map((name) => {
    const columns = CHUNK_TABLES[name].columns.map((definition) => {
      const elements = head.rows[name] * columnStride(definition.type);
      const { constructor: Column } = allocateColumn(definition, 0);
      const column = new (Column as Uint8ArrayConstructor)(own.buffer as ArrayBuffer, at, elements);
      at += aligned(column.byteLength);
      return [definition.name, column];
    });
    return [name, Object.fromEntries(columns)];
  });
  return { records: head.records, refused: head.refused, ...Object.fromEntries(tables) };
}

function parseHead(bytes: Uint8Array): Head | undefined {
  try {
    const head = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Head;
    const counts = [head.records, ...NAMES.map((name) => head.rows[name]), ...Object.values(head.refused)];
    return counts.every((count) => Number.isSafeInteger(count) && count >= 0) ? head : undefined;
  } catch {
    return undefined;
  }
}

function rowsOf(chunk: UploadChunk, name: TableName): number {
  const [first] = CHUNK_TABLES[name].columns;
  return (chunk[name] as Readonly<Record<string, AnyColumn>>)[first.name].length / columnStride(first.type);
}

function columnBytes(rows: Head["rows"]): number {
  return NAMES.reduce(
    (sum, name) =>
      CHUNK_TABLES[name].columns.reduce((own, { type }) => own + aligned(rows[name] * columnWidth(type)), sum),
    0,
  );
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
