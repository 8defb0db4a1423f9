/**
 * Where every upload of an embedded log lies: one SQLite file beside the segments.
 *
 * It says nothing the segments do not say, and is made again from them when it is lost. Entries are added after their bytes are
 * durable and before they are acknowledged, so what the index names is always on disk, and readers in other processes see
 * durable uploads only. SQLite may lose its last entries in a power cut; the log adds them again when it opens.
 */
import { Database, type Statement } from "bun:sqlite";
import type { LogPlace, LogTip, SealedSegment } from "../../ports/report-log.ts";
import { ENTRY_TABLE_SCHEMA, EntryTable } from "./entry-table.ts";
import { ID_INDEX_SCHEMA, IdIndex } from "./id-index.ts";
import { takeOldEntries } from "./old-entries.ts";

/** Place of an upload and of its bytes. */
export interface IndexEntry extends LogPlace {
  readonly partition: number;
  readonly segment: number;
  /** Of the upload's first byte in its segment. */
  readonly offset: number;
  readonly bytes: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS segments (
    number INTEGER PRIMARY KEY, first_index INTEGER NOT NULL, uploads INTEGER NOT NULL, first_receive_ms INTEGER NOT NULL,
    last_receive_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, head_before BLOB NOT NULL,
    head_after BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS tip (one INTEGER PRIMARY KEY CHECK (one = 1), length INTEGER NOT NULL, head BLOB NOT NULL) STRICT;
`;
/** How long a reader waits for the writer's commit, ms. */
const BUSY_MS = 10_000;

interface SegmentRow {
  readonly number: number;
  readonly first_index: number;
  readonly uploads: number;
  readonly first_receive_ms: number;
  readonly last_receive_ms: number;
  readonly bytes: number;
  readonly sha256: Uint8Array;
  readonly head_before: Uint8Array;
  readonly head_after: Uint8Array;
}

type Binding = number | Uint8Array;

export class LogIndex {
  readonly #database: Database;
  readonly #entries: EntryTable;
  readonly #ids: IdIndex;
  readonly #tip: Statement<{ length: number; head: Uint8Array }, []>;
  readonly #segments: Statement<SegmentRow, Binding[]>;
  readonly #setTip: Statement<unknown, Binding[]>;
  readonly #findAll: (uploadIds: readonly Uint8Array[]) => (IndexEntry | undefined)[];
  readonly #addAll: (entries: readonly IndexEntry[], tip: LogTip) => void;

  constructor(path: string) {
    const database = new Database(path, { create: true, strict: true });
    database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = NORMAL");
    database.run(SCHEMA + ENTRY_TABLE_SCHEMA + ID_INDEX_SCHEMA);
    this.#database = database;
    this.#entries = new EntryTable(database);
    takeOldEntries(database, this.#entries);
    this.#ids = new IdIndex(database, this.#entries);
    this.#tip = database.query("SELECT length, head FROM tip");
    this.#segments = database.query("SELECT * FROM segments WHERE number >= ? ORDER BY number");
    this.#setTip = database.query("INSERT OR REPLACE INTO tip VALUES (1, ?, ?)");
    this.#findAll = database.transaction((uploadIds: readonly Uint8Array[]) => {
      const candidates = this.#ids.candidatesOf(uploadIds);
      return uploadIds.map((id) => this.#entryOf(id, candidates.get(id) ?? []));
    });
    this.#addAll = database.transaction((entries: readonly IndexEntry[], tip: LogTip) => {
      this.#entries.add(entries);
      this.#ids.add(entries);
      this.#setTip.run(tip.length, tip.head);
    });
  }

  find(uploadId: Uint8Array): IndexEntry | undefined {
    return this.#entryOf(uploadId, this.#ids.candidates(uploadId));
  }

  /** Finds several, for the process that writes: of one reading, whose locks cost as much as a search. */
  findAll(uploadIds: readonly Uint8Array[]): (IndexEntry | undefined)[] {
    return this.#findAll(uploadIds);
  }

  get(logIndex: number): IndexEntry | undefined {
    return this.#entries.get(logIndex);
  }

  /** Entries after an index, in order. */
  after(partition: number | undefined, logIndex: number, limit: number): IndexEntry[] {
    return this.#entries.after(partition, logIndex, limit);
  }

  /** Undefined when nothing was ever added. */
  tip(): LogTip | undefined {
    const row = this.#tip.get();
    return row === null ? undefined : { length: row.length, head: row.head };
  }

  /** Adds entries, and the tip after them, in one step. */
  add(entries: readonly IndexEntry[], tip: LogTip): void {
    try {
      this.#addAll(entries, tip);
    } catch (error) {
      this.#ids.forget();
      throw error;
    }
  }

  /** Sealed segments from a number on, in order. */
  segments(from = 0): SealedSegment[] {
    return this.#segments.all(from).map((row) => ({
      number: row.number,
      firstIndex: row.first_index,
      uploads: row.uploads,
      firstReceiveMs: row.first_receive_ms,
      lastReceiveMs: row.last_receive_ms,
      bytes: row.bytes,
      sha256: row.sha256,
      headBefore: row.head_before,
      headAfter: row.head_after,
    }));
  }

  addSegment(segment: SealedSegment): void {
    this.#database
      .query("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(
        segment.number,
        segment.firstIndex,
        segment.uploads,
        segment.firstReceiveMs,
        segment.lastReceiveMs,
        segment.bytes,
        segment.sha256,
        segment.headBefore,
        segment.headAfter,
      );
  }

  close(): void {
    this.#database.close();
  }

  #entryOf(uploadId: Uint8Array, candidates: readonly number[]): IndexEntry | undefined {
    for (const logIndex of candidates) {
      const entry = this.get(logIndex);
      if (entry !== undefined && Buffer.compare(entry.uploadId, uploadId) === 0) return entry;
    }
    return undefined;
  }
}
