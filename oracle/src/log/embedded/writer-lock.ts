/** One writer per log folder, over all processes: a lock of SQLite's, which the system takes back when a process dies. */
import { Database, type SQLiteError } from "bun:sqlite";
import { oracleError } from "../../errors.ts";

export class WriterLock {
  readonly #database: Database;

  /** Throws ORC_LOG_BUSY while somebody holds it, ORC_LOG_UNAVAILABLE where the disk refuses. */
  constructor(path: string) {
    let database: Database | undefined;
    try {
      database = new Database(path, { create: true });
      database.run("BEGIN EXCLUSIVE");
      this.#database = database;
    } catch (cause) {
      database?.close();
      const { code, message } = cause as SQLiteError;
      if (code !== "SQLITE_BUSY")
        throw oracleError("ORC_LOG_UNAVAILABLE", `${path}: ${message}`, { cause, retryable: true });
      throw oracleError("ORC_LOG_BUSY", `${path}: another process writes this log`, { cause, retryable: true });
    }
  }

  release(): void {
    this.#database.close();
  }
}
