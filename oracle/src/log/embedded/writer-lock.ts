/** One writer per log folder, over all processes: a lock of SQLite's, which the system takes back when a process dies. */
import { Database } from "bun:sqlite";
import { oracleError } from "../../errors.ts";

export class WriterLock {
  readonly #database: Database;

  /** Throws ORC_LOG_BUSY while somebody holds it. */
  constructor(path: string) {
    this.#database = new Database(path, { create: true });
    try {
      this.#database.run("BEGIN EXCLUSIVE");
    } catch (cause) {
      this.#database.close();
      throw oracleError("ORC_LOG_BUSY", `${path}: another process writes this log`, { cause, retryable: true });
    }
  }

  release(): void {
    this.#database.close();
  }
}
