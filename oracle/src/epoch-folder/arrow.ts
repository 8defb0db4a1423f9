/**
 * The door to apache-arrow: a table as an uncompressed Arrow IPC file, and back as typed columns.
 *
 * The only file that imports apache-arrow. Columns are handed over and taken back as TypedArrays, never as JS objects: reading
 * copies nothing where the file holds one record batch, so a column is a view of the file's bytes. `bytesN` is
 * FixedSizeBinary(N), `u64` is Uint64, and so on; no column may hold nulls. Each field's metadata carries its meaning, the
 * schema's metadata the name of the table, its order and the version of this format.
 */
import {
  type AnyColumn,
  allocateColumns,
  assertColumns,
  type ColumnDefinition,
  type Columns,
  type ColumnType,
  columnStride,
  columnWidth,
  type TableDefinition,
} from "@earshot/poc";
import {
  type DataType,
  Field,
  FixedSizeBinary,
  Int16,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchReader,
  Schema,
  Struct,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
} from "apache-arrow";
import { oracleError } from "../errors.ts";
import { assertArrowBounds } from "./arrow-bounds.ts";

/** Version of the folder's tables, in the schema metadata of every file. */
export const TABLE_FORMAT = "1";
/** A record batch larger than this is split: readers with 32-bit offsets stop at 2 GiB. */
const MAX_BATCH_BYTES = 2 ** 31 - 2 ** 20;

function arrowType(type: ColumnType): DataType {
  switch (type) {
    case "u8":
      return new Uint8();
    case "u16":
      return new Uint16();
    case "u32":
      return new Uint32();
    case "i16":
      return new Int16();
    case "i32":
      return new Int32();
    case "u64":
      return new Uint64();
    default:
      return new FixedSizeBinary(columnWidth(type));
  }
}

function schemaOf(table: TableDefinition): Schema {
  const fields = table.columns.map(
    ({ name, type, meaning }) => new Field(name, arrowType(type), false, new Map([["meaning", meaning]])),
  );
  return new Schema(
    fields,
    new Map([
      ["earshot.table", table.name],
      ["earshot.order", table.order],
      ["earshot.format", TABLE_FORMAT],
    ]),
  );
}

/**
 * The bytes of an Arrow IPC file, as chunks that alias the columns: write them out before the columns change.
 * One record batch unless the rows take more than `maximumBatchBytes`. Throws POC_BAD_COLUMNS.
 */
export async function encodeTable<T extends TableDefinition>(
  table: T,
  columns: Columns<T>,
  maximumBatchBytes = MAX_BATCH_BYTES,
): Promise<Uint8Array[]> {
  const rows = assertColumns(table, columns);
  const rowBytes = table.columns.reduce((sum, { type }) => sum + columnWidth(type), 0);
  const batchRows = Math.max(1, Math.floor(maximumBatchBytes / rowBytes));
  const schema = schemaOf(table);
  const byName = columns as Readonly<Record<string, AnyColumn>>;
  const writer = new RecordBatchFileWriter();
  for (let from = 0; from === 0 || from < rows; from += batchRows) {
    const length = Math.min(batchRows, rows - from);
    const children = table.columns.map(({ name, type }, index) => {
      const stride = columnStride(type);
      const data = byName[name].subarray(from * stride, (from + length) * stride);
      return makeData({ type: schema.fields[index].type, length, nullCount: 0, data } as never);
    });
    const struct = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
    writer.write(new RecordBatch(schema, struct));
  }
  writer.finish();
  const chunks: Uint8Array[] = [];
  for await (const chunk of writer) chunks.push(chunk);
  return chunks;
}

/**
 * The columns of a table from the bytes of an Arrow IPC file; `file` is the name errors tell.
 *
 * Throws ORC_DAMAGED_FILE when the bytes are no well-formed Arrow file, ORC_FOREIGN_FILE when its schema is not the table's,
 * ORC_BAD_ROW for a null.
 */
export function decodeTable<T extends TableDefinition>(table: T, bytes: Uint8Array, file: string): Columns<T> {
  assertArrowBounds(bytes, file);
  let batches: RecordBatch[];
  let schema: Schema;
  try {
    const reader = RecordBatchReader.from(bytes).open({ autoDestroy: false });
    schema = reader.schema;
    batches = Array.from({ length: reader.isFile() ? reader.numRecordBatches : 0 }, (_, index) => {
      const batch = reader.isFile() ? reader.readRecordBatch(index) : null;
      if (batch === null) throw new Error(`record batch ${index} cannot be read`);
      return batch;
    });
  } catch (cause) {
    throw oracleError("ORC_DAMAGED_FILE", `${file}: not a readable Arrow file`, { cause });
  }
  assertSchema(table, schema, file);
  const parts = batches.map((batch) => batchColumns(table, batch, file));
  return parts.length === 1 ? (parts[0] as Columns<T>) : concatenate(table, parts);
}

function assertSchema(table: TableDefinition, schema: Schema, file: string): void {
  const name = schema.metadata.get("earshot.table");
  if (name !== undefined && name !== table.name) {
    throw oracleError("ORC_FOREIGN_FILE", `${file}: expected the table ${table.name}, got ${name}`);
  }
  const format = schema.metadata.get("earshot.format");
  if (format !== undefined && format !== TABLE_FORMAT) {
    throw oracleError("ORC_FOREIGN_FILE", `${file}: expected format ${TABLE_FORMAT}, got ${format}`);
  }
  for (let i = 0; i < Math.max(table.columns.length, schema.fields.length); i++) {
    const expected = table.columns[i];
    const field = schema.fields[i];
    const want = expected === undefined ? "no column" : `${expected.name} ${arrowType(expected.type)}`;
    const got = field === undefined ? "no column" : `${field.name} ${field.type}`;
    if (want !== got) throw oracleError("ORC_FOREIGN_FILE", `${file}: column ${i}: expected ${want}, got ${got}`);
  }
}

function batchColumns(table: TableDefinition, batch: RecordBatch, file: string): Record<string, AnyColumn> {
  const entries = table.columns.map((definition, index) => {
    const data = batch.data.children[index];
    const values = data.values as AnyColumn;
    const length = batch.numRows * columnStride(definition.type);
    if (data.length !== batch.numRows || values.length < length) {
      throw oracleError(
        "ORC_DAMAGED_FILE",
        `${file}: ${definition.name}: expected ${batch.numRows} rows, got ${values.length / columnStride(definition.type)}`,
      );
    }
    if (data.nullCount > 0) throw nullRow(definition, data, file);
    return [definition.name, values.length === length ? values : values.subarray(0, length)] as const;
  });
  return Object.fromEntries(entries);
}

function nullRow(definition: ColumnDefinition, data: { length: number; getValid(row: number): boolean }, file: string) {
  let row = 0;
  while (row < data.length && data.getValid(row)) row++;
  return oracleError("ORC_BAD_ROW", `${file}: ${definition.name}: row ${row} is null`);
}

function concatenate<T extends TableDefinition>(
  table: T,
  parts: readonly Readonly<Record<string, AnyColumn>>[],
): Columns<T> {
  const first = table.columns[0];
  const rows = parts.reduce((sum, part) => sum + part[first.name].length / columnStride(first.type), 0);
  const columns = allocateColumns(table, rows);
  const byName = columns as Readonly<Record<string, AnyColumn>>;
  for (const { name } of table.columns) {
    let at = 0;
    for (const part of parts) {
      (byName[name] as Uint8Array).set(part[name] as Uint8Array, at);
      at += part[name].length;
    }
  }
  return columns;
}
