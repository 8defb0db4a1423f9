/**
 * The store in one SQLite file, for one machine: any number of processes, one of which writes at a time.
 *
 * Two connections. Bun.SQL runs what anybody sends on a connection inside whatever transaction is open there, so writing goes one
 * at a time through the first, and reading through the second, which sees what is committed. Commits are synced to the medium.
 */
import type { SQL } from "bun";
import type { SqlRows, Store, Tx } from "../ports/store.ts";
import { databaseCode, openPool, runOn, sqlOver, storeFailed } from "./bun-sql.ts";
import { Mutex } from "./mutex.ts";
import type { ExpandedSql } from "./sql-text.ts";

/** SQLite's own wait for another writer stops this process, so it is short, ms; then others have their turn. */
const BUSY_MS = 20;
/** Longest pause before the next try, drawn at random, and when it is given up, ms. */
const MAX_PAUSE_MS = 20;
const GIVE_UP_MS = 15_000;

export async function openSqliteStore(path: string): Promise<Store> {
  const writer = openPool({ adapter: "sqlite", filename: path, create: true });
  const reader = openPool({ adapter: "sqlite", filename: path, create: true });
  try {
    for (const connection of [writer, reader]) {
      // Only here: the change to WAL wants the file for itself.
      await connection.unsafe("PRAGMA busy_timeout = 5000");
      await connection.unsafe("PRAGMA journal_mode = WAL");
      await connection.unsafe("PRAGMA synchronous = FULL");
      await connection.unsafe("PRAGMA foreign_keys = ON");
    }
    await reader.unsafe("PRAGMA query_only = ON");
    for (const connection of [writer, reader]) await connection.unsafe(`PRAGMA busy_timeout = ${BUSY_MS}`);
  } catch (error) {
    await Promise.allSettled([writer.close(), reader.close()]);
    throw storeFailed(error, true);
  }
  return new SqliteStore(writer, reader);
}

class SqliteStore implements Store {
  readonly dialect = "sqlite";
  readonly sql = sqlOver((statement) => this.#run(statement));
  readonly #writer: SQL;
  readonly #reader: SQL;
  readonly #mutex = new Mutex();

  constructor(writer: SQL, reader: SQL) {
    this.#writer = writer;
    this.#reader = reader;
  }

  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#mutex.run(() => this.#attempt(() => this.#transact(work)));
  }

  async ping(): Promise<void> {
    await this.sql`SELECT 1 AS one`;
  }

  async close(): Promise<void> {
    await this.#mutex.run(async () => {
      await this.#reader.close();
      await this.#writer.close();
    });
  }

  #run(statement: ExpandedSql): Promise<SqlRows> {
    if (statement.isRead) return this.#attempt(() => runOn(this.#reader, statement));
    return this.#mutex.run(() => this.#attempt(() => runOn(this.#writer, statement)));
  }

  async #transact<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    // IMMEDIATE: a transaction that reads first and writes later would otherwise find that another one wrote in between.
    return this.#writer.begin("immediate", (connection) => {
      const sql = sqlOver((statement) => runOn(connection, statement));
      return work({ dialect: this.dialect, isTransaction: true, sql });
    }) as Promise<T>;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const isBusy = databaseCode(error).startsWith("SQLITE_BUSY");
        if (!isBusy || performance.now() - started > GIVE_UP_MS) throw storeFailed(error, isBusy || isDiskError(error));
        await Bun.sleep(Math.random() * MAX_PAUSE_MS);
      }
    }
  }
}

function isDiskError(error: unknown): boolean {
  return /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY)/.test(databaseCode(error));
}
