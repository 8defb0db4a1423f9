/**
 * Query state of the oracle in SQL: SQLite by default, PostgreSQL by URL, through one door (`store/open-store.ts`, Bun.SQL).
 *
 * Everything in it can be made again from the log, the chain and the artefacts, but leases and positions must not be lost while
 * workers run. SQL is written once, in the part both databases share; what differs (types) is named by `SqlTypes` in migrations.
 * Queries live in repositories, one file per noun (`store/chains.ts`, `store/leases.ts`, …): functions that take a `Db` first.
 * A new table is a file `store/migrations/NNN-name.ts` plus its line in `store/migrations/index.ts`; a migration that was
 * released is never edited.
 *
 * Values, so that both databases answer alike: integers up to 2^53 are INT64 columns and come back through `readInteger`; amounts are
 * INT64 columns, selected as `CAST(x AS TEXT)`, read with `readAmount` into bigint; keys, ids and hashes are BYTES; H3 cells are TEXT
 * of 15 hex digits (ascending like the cells of one resolution); booleans are INT64 0 or 1; JSON is TEXT. Always give ORDER BY.
 */

/** A tagged template that runs one statement: `` await db.sql`SELECT … WHERE key = ${key}` ``. Never interpolates text. */
export interface Sql {
  (strings: TemplateStringsArray, ...values: readonly SqlValue[]): Promise<SqlRows>;
  /**
   * For `INSERT INTO t ${rows}`: columns and values of rows with the same fields. At least one row, at most 30,000 values; for more
   * `insertRows` (store/insert-rows.ts).
   */
  rows(rows: readonly Readonly<Record<string, SqlScalar>>[]): SqlFragment;
  /** For `WHERE x IN ${list}`. At least one value. */
  list(values: readonly SqlScalar[]): SqlFragment;
}

export type SqlScalar = string | number | bigint | Uint8Array | null;
/** Made by `rows` and `list`; only the adapter looks inside. */
export interface SqlFragment {
  readonly fragment: unknown;
}
export type SqlValue = SqlScalar | SqlFragment;
export type SqlRow = Readonly<Record<string, unknown>>;
export interface SqlRows extends ReadonlyArray<SqlRow> {
  /** Rows that INSERT, UPDATE or DELETE changed; rows that SELECT or RETURNING gave. */
  readonly count: number;
}

/** What a repository works on: the store itself (every statement for itself) or a transaction. */
export interface Db {
  readonly dialect: "sqlite" | "postgresql";
  readonly sql: Sql;
}

/** A transaction. Statements in it are awaited one after the other. */
export interface Tx extends Db {
  readonly isTransaction: true;
}

export interface Store extends Db {
  /**
   * Runs `work` in one serializable transaction: everything or nothing, durable when the promise resolves. `work` may be run again
   * when the database asks for it (serialization, deadlock, lock timeout), so it must have no effect but its statements.
   * @throws what `work` throws, after rolling back; ORC_STORE_UNAVAILABLE (retryable) when the database does not answer: whether the
   *   transaction counts is then unknown, and writers are made so that repeating them is harmless.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;

  /** For /readyz: resolves when the database answers. Throws ORC_STORE_UNAVAILABLE. */
  ping(): Promise<void>;

  close(): Promise<void>;
}

/** Column types by dialect, for migrations. */
export interface SqlTypes {
  /** 64-bit signed integer. */
  readonly int64: string;
  readonly bytes: string;
  readonly text: string;
  /** Ends CREATE TABLE: ` STRICT` on SQLite. */
  readonly tableEnd: string;
}

/** One numbered step of the schema. */
export interface Migration {
  /** From 1 without gaps; the number of its file. */
  readonly number: number;
  readonly name: string;
  /** Statements in order. */
  readonly up: (types: SqlTypes) => readonly string[];
}

/**
 * A lease on a piece of work (`partition/7`, `close/20000`): at most one holder at a time. `fence` grows with every change of
 * holder: a holder that was paused and taken over finds out when it commits.
 */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly fence: number;
}
