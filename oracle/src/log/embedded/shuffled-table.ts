/**
 * Shuffled reports of an embedded log: one SQLite file that any number of processes write and read.
 *
 * The position of each source is kept with the reports, so a batch that was written before is left out when it comes again: the file
 * holds every report once. A commit is synced to the medium (synchronous = FULL), since a worker's own position moves on after it.
 */
import { Database, type Statement } from "bun:sqlite";
import type { ReadReport, ShuffleBatch } from "../../ports/report-log.ts";
import { logPartition } from "../partition.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS reports (
    partition INTEGER NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL, position INTEGER NOT NULL, place INTEGER NOT NULL,
    payload BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (partition, number)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sources (source TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS next_number (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO next_number VALUES (1, 1);
`;
const BUSY_MS = 10_000;

export interface NumberedReport extends ReadReport {
  readonly number: number;
}

type Binding = number | string | Uint8Array;

interface ReportRow {
  readonly number: number;
  readonly source: string;
  readonly position: number;
  readonly place: number;
  readonly payload: Uint8Array;
  readonly bytes: Uint8Array;
}

export class ShuffledTable {
  readonly #database: Database;
  readonly #partitions: number;
  readonly #insert: Statement<unknown, Binding[]>;
  readonly #positionOf: Statement<{ position: number }, [string]>;
  readonly #setPosition: Statement<unknown, Binding[]>;
  readonly #after: Statement<ReportRow, Binding[]>;

  constructor(path: string, partitions: number) {
    const database = new Database(path, { create: true, strict: true });
    database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = FULL");
    database.run(SCHEMA);
    this.#database = database;
    this.#partitions = partitions;
    this.#insert = database.query("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#positionOf = database.query("SELECT position FROM sources WHERE source = ?");
    this.#setPosition = database.query("INSERT OR REPLACE INTO sources VALUES (?, ?)");
    this.#after = database.query("SELECT * FROM reports WHERE partition = ? AND number > ? ORDER BY number LIMIT ?");
  }

  /** Adds batches in one step; returns the number of the last report in the table. */
  add(batches: readonly ShuffleBatch[]): number {
    return this.#database
      .transaction(() => {
        let number = this.#database.query<{ number: number }, []>("SELECT number FROM next_number").get()!.number;
        const positions = new Map<string, number>();
        for (const { source, position, reports } of batches) {
          const done = positions.get(source) ?? this.#positionOf.get(source)?.position ?? -1;
          if (position <= done) continue;
          for (const [place, { payload, bytes }] of reports.entries()) {
            this.#insert.run(
              logPartition(payload, this.#partitions),
              number++,
              source,
              position,
              place,
              payload,
              bytes,
            );
          }
          positions.set(source, position);
        }
        for (const [source, position] of positions) this.#setPosition.run(source, position);
        this.#database.query("UPDATE next_number SET number = ?").run(number);
        return number - 1;
      })
      .immediate();
  }

  after(partition: number, number: number, limit: number): NumberedReport[] {
    return this.#after.all(partition, number, limit).map((row) => ({
      number: row.number,
      source: row.source,
      position: row.position,
      index: row.place,
      payload: row.payload,
      bytes: row.bytes,
    }));
  }

  /** Drops the reports of a partition up to a number. */
  trim(partition: number, number: number): void {
    this.#database.query("DELETE FROM reports WHERE partition = ? AND number <= ?").run(partition, number);
  }

  close(): void {
    this.#database.close();
  }
}
