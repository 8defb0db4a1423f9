/**
 * Typed columns of a table: what the core reads and writes instead of rows.
 *
 * Shapes follow tables.ts. A set of columns is valid when every column is there, has the array type its definition names, and
 * all have the same number of rows; anything else is `POC_BAD_COLUMNS`.
 */
import { pocError } from "../errors.ts";
import type { ColumnDefinition, ColumnType, TableDefinition } from "./tables.ts";

export type ColumnArray<T extends ColumnType> = T extends "u8"
  ? Uint8Array
  : T extends "u16"
    ? Uint16Array
    : T extends "u32"
      ? Uint32Array
      : T extends "i16"
        ? Int16Array
        : T extends "i32"
          ? Int32Array
          : T extends "u64"
            ? BigUint64Array
            : Uint8Array;

export type AnyColumn = Uint8Array | Uint16Array | Uint32Array | Int16Array | Int32Array | BigUint64Array;

/** Columns of a table by their snake_case names, as in the Arrow file. */
export type Columns<T extends TableDefinition> = {
  readonly [C in T["columns"][number] as C["name"]]: ColumnArray<C["type"]>;
};

/** Bytes a row takes in a column of this type. */
export function columnWidth(type: ColumnType): number {
  switch (type) {
    case "u8":
      return 1;
    case "u16":
    case "i16":
      return 2;
    case "u32":
    case "i32":
      return 4;
    case "u64":
      return 8;
    default:
      return Number(type.slice("bytes".length));
  }
}

function constructorOf(type: ColumnType) {
  switch (type) {
    case "u16":
      return Uint16Array;
    case "u32":
      return Uint32Array;
    case "i16":
      return Int16Array;
    case "i32":
      return Int32Array;
    case "u64":
      return BigUint64Array;
    default:
      return Uint8Array;
  }
}

/** Array elements a row takes: N for `bytesN`, else 1. */
export function columnStride(type: ColumnType): number {
  return type.startsWith("bytes") ? columnWidth(type) : 1;
}

/** A zero-filled column of `rows` rows. */
export function allocateColumn(definition: ColumnDefinition, rows: number): AnyColumn {
  return new (constructorOf(definition.type))(rows * columnStride(definition.type));
}

/** Zero-filled columns of a table. */
export function allocateColumns<T extends TableDefinition>(table: T, rows: number): Columns<T> {
  return Object.fromEntries(
    table.columns.map((definition) => [definition.name, allocateColumn(definition, rows)]),
  ) as Columns<T>;
}

/** The number of rows, after checking that every column of the table is there with its type and one length; else POC_BAD_COLUMNS. */
export function assertColumns<T extends TableDefinition>(table: T, columns: Columns<T>): number {
  let rows = -1;
  const byName = columns as Readonly<Record<string, AnyColumn | undefined>>;
  for (const definition of table.columns) {
    const column = byName[definition.name];
    const expected = constructorOf(definition.type);
    if (!(column instanceof expected)) {
      throw pocError(
        "POC_BAD_COLUMNS",
        `${table.name}.${definition.name}: expected ${expected.name}, got ${column?.constructor.name ?? "nothing"}`,
      );
    }
    const own = column.length / columnStride(definition.type);
    if (rows === -1) rows = own;
    if (own !== rows)
      throw pocError("POC_BAD_COLUMNS", `${table.name}.${definition.name}: expected ${rows} rows, got ${own}`);
  }
  return rows === -1 ? 0 : rows;
}

/** New columns with the rows `rowOrder` names, in that order. */
export function permuteColumns<T extends TableDefinition>(
  table: T,
  columns: Columns<T>,
  rowOrder: Uint32Array,
): Columns<T> {
  const source = columns as Readonly<Record<string, AnyColumn>>;
  const entries = table.columns.map((definition) => {
    const from = source[definition.name];
    const to = allocateColumn(definition, rowOrder.length);
    const stride = columnStride(definition.type);
    if (from instanceof BigUint64Array && to instanceof BigUint64Array) {
      for (let i = 0; i < rowOrder.length; i++) to[i] = from[rowOrder[i]];
    } else if (stride === 1) {
      for (let i = 0; i < rowOrder.length; i++) (to as Uint32Array)[i] = (from as Uint32Array)[rowOrder[i]];
    } else {
      for (let i = 0; i < rowOrder.length; i++)
        (to as Uint8Array).set(
          (from as Uint8Array).subarray(rowOrder[i] * stride, (rowOrder[i] + 1) * stride),
          i * stride,
        );
    }
    return [definition.name, to];
  });
  return Object.fromEntries(entries) as Columns<T>;
}
