/**
 * The store in PostgreSQL, for several machines. Transactions are serializable and run again when the database asks for it.
 *
 * Autocommitted reads run again on a new connection after a restart of the server; what may have written is never repeated here.
 */
import type { SQL } from "bun";
import type { SqlRows, Store, Tx } from "../ports/store.ts";
import { databaseCode, openPool, runOn, sqlOver, storeFailed } from "./bun-sql.ts";
import type { ExpandedSql } from "./sql-text.ts";

export interface PostgresOptions {
  readonly url: string;
  /** Connections at most; 10. */
  readonly connections?: number;
}

/** Serialization failure, deadlock: run it again (PostgreSQL, appendix A). */
const RUN_AGAIN = new Set(["40001", "40P01"]);
const ATTEMPTS = 20;
/** Longest pause before a transaction runs again, ms; drawn at random up to it, doubling from 2. */
const MAX_PAUSE_MS = 200;
/** The server restarts, or the network broke: SQLSTATE classes 08 and 57P, and Bun's own codes. */
const GONE = /^(08|57P|ERR_POSTGRES_(CONNECTION|IDLE|LIFETIME)|ECONN|EPIPE|ETIMEDOUT)/;

export function openPostgresStore({ url, connections = 10 }: PostgresOptions): Store {
  return new PostgresStore(openPool({ url, max: connections, connectionTimeout: 10, idleTimeout: 0 }));
}

class PostgresStore implements Store {
  readonly dialect = "postgresql";
  readonly sql = sqlOver((statement) => this.#run(statement));
  readonly #pool: SQL;

  constructor(pool: SQL) {
    this.#pool = pool;
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.#pool.begin("ISOLATION LEVEL SERIALIZABLE", (connection) => {
          const sql = sqlOver((statement) => runOn(connection, statement));
          return work({ dialect: this.dialect, isTransaction: true, sql });
        })) as T;
      } catch (error) {
        if (!RUN_AGAIN.has(databaseCode(error)) || attempt === ATTEMPTS) throw failed(error);
        await Bun.sleep(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt));
      }
    }
  }

  async ping(): Promise<void> {
    await this.sql`SELECT 1 AS one`;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #run(statement: ExpandedSql): Promise<SqlRows> {
    try {
      return await runOn(this.#pool, statement);
    } catch (error) {
      if (!statement.isRead || !GONE.test(databaseCode(error))) throw failed(error);
    }
    try {
      return await runOn(this.#pool, statement);
    } catch (error) {
      throw failed(error);
    }
  }
}

function failed(error: unknown): unknown {
  const code = databaseCode(error);
  return storeFailed(error, GONE.test(code) || RUN_AGAIN.has(code) || code.startsWith("53"));
}
