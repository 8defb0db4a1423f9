/** Columns with pseudo-random content for tests that only move bytes; the same seed gives the same columns. */
import { type AnyColumn, allocateColumns, type Columns, type TableDefinition } from "@earshot/poc";

export function randomColumns<T extends TableDefinition>(table: T, rows: number, seed: number): Columns<T> {
  const columns = allocateColumns(table, rows);
  let state = seed >>> 0;
  for (const column of Object.values(columns) as AnyColumn[]) {
    const bytes = new Uint8Array(column.buffer);
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      bytes[i] = state >>> 24;
    }
  }
  return columns;
}
