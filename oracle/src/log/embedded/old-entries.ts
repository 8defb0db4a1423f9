/** An index that was made before entries were packed has a row for each: they are packed once, when it is opened. */
import type { Database } from "bun:sqlite";
import type { EntryTable } from "./entry-table.ts";

interface OldRow {
  readonly log_index: number;
  readonly upload_id: Uint8Array;
  readonly receive_ms: number;
  readonly previous_head: Uint8Array;
  readonly partition: number;
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Rows that are packed at once. */
const ROWS_AT_ONCE = 8192;

/** Moves the rows of an old index into `entries`, all or none; nothing to do for a new one. */
export function takeOldEntries(database: Database, entries: EntryTable): void {
  const isOld = () => database.query("SELECT 1 FROM sqlite_master WHERE name = 'entries'").get() !== null;
  if (!isOld()) return;
  database
    .transaction(() => {
      // Another process may have been first.
      if (!isOld()) return;
      const after = database.query<OldRow, number[]>(
        "SELECT * FROM entries WHERE log_index >= ? ORDER BY log_index LIMIT ?",
      );
      for (let from = 0; ; ) {
        const rows = after.all(from, ROWS_AT_ONCE);
        entries.add(
          rows.map((row) => ({
            uploadId: row.upload_id,
            receiveMs: row.receive_ms,
            logIndex: row.log_index,
            previousHead: row.previous_head,
            partition: row.partition,
            segment: row.segment,
            offset: row.offset,
            bytes: row.bytes,
          })),
        );
        if (rows.length < ROWS_AT_ONCE) break;
        from += rows.length;
      }
      after.finalize();
      database.run("DROP TABLE entries");
    })
    .immediate();
}
