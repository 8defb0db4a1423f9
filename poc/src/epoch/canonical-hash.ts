/**
 * The hash of a table that does not depend on the file that holds it: SHA-256 of each column's canonical bytes.
 *
 * Canonical bytes of a column: its values in the table's order, little-endian, without padding or header. Tables that are ordered by
 * `log_index` are put into that order first, so shuffled rows give the same hash. Arrow files are containers and never hashed.
 */
import { sha256 } from "../protocol/hash.ts";
import { type AnyColumn, type Columns, permuteColumns } from "./columns.ts";
import { bytesToHex } from "./hex.ts";
import { logOrder } from "./log-order.ts";
import type { TableDefinition } from "./tables.ts";

export interface TableHash {
  readonly rows: number;
  /** Column name → SHA-256, hex. */
  readonly columns: Readonly<Record<string, string>>;
}

/** Hash of every column, in log order where the table has one. */
export function hashTable<T extends TableDefinition>(table: T, columns: Columns<T>, rows: number): TableHash {
  const ordered = inOrder(table, columns);
  const hashes: Record<string, string> = {};
  for (const { name } of table.columns) {
    hashes[name] = bytesToHex(sha256(canonicalBytes((ordered as Readonly<Record<string, AnyColumn>>)[name])));
  }
  return { rows, columns: hashes };
}

function inOrder<T extends TableDefinition>(table: T, columns: Columns<T>): Columns<T> {
  const logIndex = (columns as Readonly<Record<string, AnyColumn | undefined>>).log_index;
  const order = logIndex instanceof Uint32Array ? logOrder(logIndex, table.name) : null;
  return order === null ? columns : permuteColumns(table, columns, order);
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The bytes of a column, values little-endian. */
export function canonicalBytes(column: AnyColumn): Uint8Array {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  const width = column.BYTES_PER_ELEMENT;
  if (LITTLE_ENDIAN || width === 1) return bytes;
  const swapped = bytes.slice();
  for (let at = 0; at < swapped.length; at += width) swapped.subarray(at, at + width).reverse();
  return swapped;
}
