/** Opens the index of a log, and takes away one that is damaged, so that its log makes it again. */
import { SQLiteError } from "bun:sqlite";
import { rmSync } from "node:fs";
import { LogIndex } from "./log-index.ts";

/** What SQLite says of a file that cannot be opened now and may be whole: a disk that is full or away, another process, no memory. */
const NOT_NOW = /^SQLITE_(FULL|IOERR|CANTOPEN|BUSY|LOCKED|READONLY|PERM|AUTH|NOMEM|PROTOCOL|NOLFS)/;

/**
 * An index that is none, or not ours, is taken away, and made again from what the log holds. One that may be whole stays: nothing else
 * knows what was acknowledged, and readers in other processes would go on with the file that was taken away.
 */
export function openIndex(path: string): LogIndex {
  try {
    return new LogIndex(path);
  } catch (error) {
    if (error instanceof SQLiteError && NOT_NOW.test(error.code ?? "")) throw error;
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    return new LogIndex(path);
  }
}
