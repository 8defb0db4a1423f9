/** Inserts any number of rows, in statements of a few fixed sizes, so that a database prepares each only once. */
import type { Db, SqlFragment, SqlScalar } from "../ports/store.ts";
import { MAX_VALUES } from "./sql-text.ts";

const SIZES = [1024, 256, 64, 16, 4, 1] as const;

/**
 * Calls `insert` with fragments for all rows in order: `` insertRows(tx, rows, (part) => tx.sql`INSERT INTO t ${part}`) ``. Use it in a
 * transaction: each part is a statement. Nothing happens without rows.
 */
export async function insertRows(
  db: Db,
  rows: readonly Readonly<Record<string, SqlScalar>>[],
  insert: (part: SqlFragment) => Promise<unknown>,
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).length;
  for (let from = 0; from < rows.length; ) {
    const left = rows.length - from;
    const size = SIZES.find((candidate) => candidate <= left && candidate * columns <= MAX_VALUES) ?? 1;
    await insert(db.sql.rows(rows.slice(from, from + size)));
    from += size;
  }
}
