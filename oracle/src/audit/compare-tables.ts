/**
 * Whether a stored table holds the values that were recomputed, and if not, the first row and column where it does not.
 *
 * Tables with a `log_index` are compared in log order, since their rows may lie in any order in a file; the row that is told is the
 * one in the file. All others are compared row by row.
 */
import { type AnyColumn, type Columns, columnStride, logOrder, type TableDefinition } from "@earshot/poc";
import type { Finding } from "./finding.ts";

/** The first difference of a stored table from what is expected, or undefined; `file` is the path of the stored table. */
export function compareTables<T extends TableDefinition>(
  table: T,
  expected: Columns<T>,
  stored: Columns<T>,
  file: string,
): Finding | undefined {
  const want = expected as Readonly<Record<string, AnyColumn>>;
  const have = stored as Readonly<Record<string, AnyColumn>>;
  const first = table.columns[0];
  const rows = want[first.name].length / columnStride(first.type);
  const found = have[first.name].length / columnStride(first.type);
  if (rows !== found) {
    return {
      file,
      row: Math.min(rows, found),
      expected: `${rows} rows`,
      found: `${found}`,
      what: "another number of rows",
    };
  }
  const wantOrder = orderOf(table, want);
  const haveOrder = orderOf(table, have);
  const differs = new Uint8Array(rows);
  const columns = table.columns.filter(({ name, type }) =>
    markDifferences(want[name], have[name], { stride: columnStride(type), wantOrder, haveOrder }, differs),
  );
  if (columns.length === 0) return undefined;
  const { place, count } = firstMarked(differs, haveOrder);
  const wantRow = wantOrder?.[place] ?? place;
  const haveRow = haveOrder?.[place] ?? place;
  for (const { name, type } of columns) {
    const wanted = valueText(want[name], wantRow, columnStride(type));
    const actual = valueText(have[name], haveRow, columnStride(type));
    if (wanted !== actual) {
      return { file, column: name, row: haveRow, rows: count, expected: wanted, found: actual, what: "another value" };
    }
  }
  return undefined;
}

interface Places {
  readonly stride: number;
  readonly wantOrder: Uint32Array | null;
  readonly haveOrder: Uint32Array | null;
}

/** Marks the places at which two columns differ; true when there is one. */
function markDifferences(want: AnyColumn, have: AnyColumn, places: Places, differs: Uint8Array): boolean {
  const { stride, wantOrder, haveOrder } = places;
  if (wantOrder === null && haveOrder === null && Buffer.compare(bytesOf(want), bytesOf(have)) === 0) return false;
  let any = false;
  for (let place = 0; place < differs.length; place++) {
    const wantAt = (wantOrder?.[place] ?? place) * stride;
    const haveAt = (haveOrder?.[place] ?? place) * stride;
    for (let i = 0; i < stride; i++) {
      if (want[wantAt + i] === have[haveAt + i]) continue;
      differs[place] = 1;
      any = true;
      break;
    }
  }
  return any;
}

/** The marked place whose row comes first in the file, and how many are marked. */
function firstMarked(differs: Uint8Array, haveOrder: Uint32Array | null): { place: number; count: number } {
  let place = -1;
  let count = 0;
  let firstRow = Number.POSITIVE_INFINITY;
  for (let at = 0; at < differs.length; at++) {
    if (differs[at] === 0) continue;
    count++;
    const row = haveOrder?.[at] ?? at;
    if (row < firstRow) {
      firstRow = row;
      place = at;
    }
  }
  return { place, count };
}

function orderOf(table: TableDefinition, columns: Readonly<Record<string, AnyColumn>>): Uint32Array | null {
  const logIndex: AnyColumn | undefined = columns.log_index;
  return logIndex instanceof Uint32Array ? logOrder(logIndex, table.name) : null;
}

function bytesOf(column: AnyColumn): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

function valueText(column: AnyColumn, row: number, stride: number): string {
  if (stride === 1) return String(column[row]);
  return Buffer.from(bytesOf(column).subarray(row * stride, (row + 1) * stride)).toString("hex");
}
