/**
 * The file that carries an epoch to every variant: raw little-endian columns behind a directory, readable from C in 30 lines.
 *
 * Layout, all integers little-endian: 8 bytes "EARBENCH", u32 version (1), u32 number of columns; then 64 bytes a column: name
 * (40 bytes, ASCII, zero-padded), u32 element width in bytes, u32 zero, u64 byte offset, u64 byte length. Columns start at
 * multiples of 64. Names are table.column as in tables.ts; `peer.*` holds what only the peers need (peer-columns.ts).
 *
 * Refuses another magic, another version, a missing column, and a length that is not a multiple of the element width.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { AnyColumn, Columns } from "../src/epoch/columns.ts";
import { allocateColumn, columnStride } from "../src/epoch/columns.ts";
import type { TableDefinition } from "../src/epoch/tables.ts";

export type DumpColumn = AnyColumn | Int8Array;

const MAGIC = 0x4843_4e45_4252_4145n;
const VERSION = 1;
const HEADER_BYTES = 16;
const ENTRY_BYTES = 64;
const NAME_BYTES = 40;
/** Largest single read or write; more than 2 GiB at once is not portable. */
const CHUNK_BYTES = 1 << 28;

/** Writes columns in the order given. */
export function writeDump(path: string, columns: ReadonlyMap<string, DumpColumn>): void {
  const head = new Uint8Array(align(HEADER_BYTES + ENTRY_BYTES * columns.size));
  const view = new DataView(head.buffer);
  view.setBigUint64(0, MAGIC, true);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, columns.size, true);
  let offset = head.length;
  let at = HEADER_BYTES;
  for (const [name, column] of columns) {
    if (name.length >= NAME_BYTES) throw new RangeError(`column name ${name} is too long for the dump`);
    for (let i = 0; i < name.length; i++) head[at + i] = name.charCodeAt(i);
    view.setUint32(at + NAME_BYTES, column.BYTES_PER_ELEMENT, true);
    view.setBigUint64(at + NAME_BYTES + 8, BigInt(offset), true);
    view.setBigUint64(at + NAME_BYTES + 16, BigInt(column.byteLength), true);
    offset = align(offset + column.byteLength);
    at += ENTRY_BYTES;
  }
  const file = openSync(path, "w");
  try {
    writeAll(file, head, 0);
    let position = head.length;
    for (const column of columns.values()) {
      writeAll(file, new Uint8Array(column.buffer, column.byteOffset, column.byteLength), position);
      position = align(position + column.byteLength);
    }
  } finally {
    closeSync(file);
  }
}

/** An open dump; columns are read one by one, so that a stage holds only what it needs. */
export class Dump {
  readonly #file: number;
  readonly #entries = new Map<string, { offset: number; bytes: number; width: number }>();

  constructor(path: string) {
    this.#file = openSync(path, "r");
    const head = new Uint8Array(HEADER_BYTES);
    readSync(this.#file, head, 0, HEADER_BYTES, 0);
    const view = new DataView(head.buffer);
    if (view.getBigUint64(0, true) !== MAGIC || view.getUint32(8, true) !== VERSION) {
      throw new Error(`${path} is not a dump of version ${VERSION}`);
    }
    const directory = new Uint8Array(ENTRY_BYTES * view.getUint32(12, true));
    readSync(this.#file, directory, 0, directory.length, HEADER_BYTES);
    const entries = new DataView(directory.buffer);
    for (let at = 0; at < directory.length; at += ENTRY_BYTES) {
      const name = String.fromCharCode(...directory.subarray(at, at + NAME_BYTES)).replaceAll("\0", "");
      this.#entries.set(name, {
        width: entries.getUint32(at + NAME_BYTES, true),
        offset: Number(entries.getBigUint64(at + NAME_BYTES + 8, true)),
        bytes: Number(entries.getBigUint64(at + NAME_BYTES + 16, true)),
      });
    }
  }

  /** Number of elements of a column. */
  length(name: string): number {
    const { bytes, width } = this.#entry(name);
    return bytes / width;
  }

  /** Reads a column into memory of its own. */
  read<C extends DumpColumn>(name: string, type: { new (length: number): C; readonly BYTES_PER_ELEMENT: number }): C {
    const { offset, bytes, width } = this.#entry(name);
    if (width !== type.BYTES_PER_ELEMENT || bytes % width !== 0) throw new Error(`column ${name} has width ${width}`);
    const column = new type(bytes / width);
    this.#readInto(column, offset);
    return column;
  }

  /** Reads all columns of a table. */
  table<T extends TableDefinition>(table: T): Columns<T> {
    const entries = table.columns.map((definition) => {
      const name = `${table.name}.${definition.name}`;
      const { offset, bytes, width } = this.#entry(name);
      const column = allocateColumn(definition, bytes / width / columnStride(definition.type));
      this.#readInto(column, offset);
      return [definition.name, column];
    });
    return Object.fromEntries(entries) as Columns<T>;
  }

  close(): void {
    closeSync(this.#file);
  }

  #readInto(column: DumpColumn, offset: number): void {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.#file, bytes, done, Math.min(CHUNK_BYTES, bytes.length - done), offset + done);
      if (got === 0) throw new Error("the dump is cut short");
      done += got;
    }
  }

  #entry(name: string) {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`the dump has no column ${name}`);
    return entry;
  }
}

/** Adds the columns of a table to a dump under their names. */
export function addTable<T extends TableDefinition>(
  dump: Map<string, DumpColumn>,
  table: T,
  columns: Columns<T>,
): void {
  const source = columns as Readonly<Record<string, AnyColumn>>;
  for (const { name } of table.columns) dump.set(`${table.name}.${name}`, source[name]);
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, Math.min(CHUNK_BYTES, bytes.length - done), position + done);
  }
}

function align(offset: number): number {
  return Math.ceil(offset / 64) * 64;
}
