/** The door to Bun.SQL: one connection pool as our `Sql`, with what the database refuses as coded errors. */

import { SQL, type TransactionSQL } from "bun";
import { oracleError } from "../errors.ts";
import type { Sql, SqlRows, SqlValue } from "../ports/store.ts";
import { type ExpandedSql, expandSql, listFragment, rowsFragment } from "./sql-text.ts";

export type BunSql = SQL | TransactionSQL;

/** Runs expanded statements. */
export type RunSql = (statement: ExpandedSql) => Promise<SqlRows>;

/** A pool. Nothing is connected before the first statement. */
export function openPool(options: ConstructorParameters<typeof SQL>[0]): SQL {
  return new SQL(options as string);
}

/** `run` as a tagged template. */
export function sqlOver(run: RunSql): Sql {
  const tag = (strings: TemplateStringsArray, ...values: readonly SqlValue[]) => run(expandSql(strings, values));
  return Object.assign(tag, { rows: rowsFragment, list: listFragment });
}

/** Runs a statement on a pool or in a transaction. Throws what the database says, as it says it. */
export async function runOn(sql: BunSql, { strings, values }: ExpandedSql): Promise<SqlRows> {
  return (await sql(strings, ...values)) as SqlRows;
}

/** SQLSTATE, or the code of SQLite or of Bun's client; empty when the error is none of a database. */
export function databaseCode(error: unknown): string {
  if (error instanceof SQL.PostgresError && error.code === "ERR_POSTGRES_SERVER_ERROR") return String(error.errno);
  return error instanceof SQL.PostgresError || error instanceof SQL.SQLiteError ? error.code : "";
}

/** The coded form of what a database said; any other error stays what it is. */
export function storeFailed(cause: unknown, isRetryable: boolean): unknown {
  if (databaseCode(cause) === "") return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const detail = `${databaseCode(cause)}: ${reason}`;
  return oracleError("ORC_STORE_UNAVAILABLE", detail, { cause, retryable: isRetryable });
}
