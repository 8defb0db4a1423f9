/**
 * Where every upload of an embedded log lies: one SQLite file beside the segments.
 *
 * It says nothing the segments do not say, and is made again from them when it is lost. Entries are added after their bytes are
 * durable and before they are acknowledged, so what the index names is always on disk, and readers in other processes see
 * durable uploads only. SQLite may lose its last entries in a power cut; the log adds them again when it opens.
 */
import { Database, type Statement } from "bun:sqlite";
import type { LogPlace, LogTip, SealedSegment } from "../../ports/report-log.ts";
import { ID_INDEX_SCHEMA, IdIndex } from "./id-index.ts";

/** Place of an upload and of its bytes. */
export interface IndexEntry extends LogPlace {
  readonly partition: number;
  readonly segment: number;
  /** Of the upload's first byte in its segment. */
  readonly offset: number;
  readonly bytes: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (
    log_index INTEGER PRIMARY KEY, upload_id BLOB NOT NULL, receive_ms INTEGER NOT NULL, previous_head BLOB NOT NULL,
    partition INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS entries_by_partition ON entries (partition, log_index);
  CREATE TABLE IF NOT EXISTS segments (
    number INTEGER PRIMARY KEY, first_index INTEGER NOT NULL, uploads INTEGER NOT NULL, first_receive_ms INTEGER NOT NULL,
    last_receive_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, head_before BLOB NOT NULL,
    head_after BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS tip (one INTEGER PRIMARY KEY CHECK (one = 1), length INTEGER NOT NULL, head BLOB NOT NULL) STRICT;
`;
/** How long a reader waits for the writer's commit, ms. */
const BUSY_MS = 10_000;

interface EntryRow {
  readonly log_index: number;
  readonly upload_id: Uint8Array;
  readonly receive_ms: number;
  readonly previous_head: Uint8Array;
  readonly partition: number;
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
}

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
  readonly #ids: IdIndex;
  readonly #byIndex: Statement<EntryRow, Binding[]>;
  readonly #all: Statement<EntryRow, Binding[]>;
  readonly #ofPartition: Statement<EntryRow, Binding[]>;
  readonly #tip: Statement<{ length: number; head: Uint8Array }, []>;
  readonly #segments: Statement<SegmentRow, Binding[]>;
  readonly #insert: Statement<unknown, Binding[]>;
  readonly #setTip: Statement<unknown, Binding[]>;
  readonly #findAll: (uploadIds: readonly Uint8Array[]) => (IndexEntry | undefined)[];
  readonly #addAll: (entries: readonly IndexEntry[], tip: LogTip) => void;

  constructor(path: string) {
    const database = new Database(path, { create: true, strict: true });
    database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = NORMAL");
    database.run(SCHEMA + ID_INDEX_SCHEMA);
    this.#database = database;
    this.#ids = new IdIndex(database);
    this.#byIndex = database.query("SELECT * FROM entries WHERE log_index = ?");
    this.#all = database.query("SELECT * FROM entries WHERE log_index > ? ORDER BY log_index LIMIT ?");
    this.#ofPartition = database.query(
      "SELECT * FROM entries WHERE partition = ? AND log_index > ? ORDER BY log_index LIMIT ?",
    );
    this.#tip = database.query("SELECT length, head FROM tip");
    this.#segments = database.query("SELECT * FROM segments WHERE number >= ? ORDER BY number");
    this.#insert = database.query("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#setTip = database.query("INSERT OR REPLACE INTO tip VALUES (1, ?, ?)");
    this.#findAll = database.transaction((uploadIds: readonly Uint8Array[]) => uploadIds.map((id) => this.find(id)));
    this.#addAll = database.transaction((entries: readonly IndexEntry[], tip: LogTip) => {
      for (const entry of entries) {
        const { logIndex, uploadId, receiveMs, previousHead, partition, segment, offset, bytes } = entry;
        this.#insert.run(logIndex, uploadId, receiveMs, previousHead, partition, segment, offset, bytes);
      }
      this.#ids.add(entries);
      this.#setTip.run(tip.length, tip.head);
    });
  }

  find(uploadId: Uint8Array): IndexEntry | undefined {
    for (const logIndex of this.#ids.candidates(uploadId)) {
      const entry = this.get(logIndex);
      if (entry !== undefined && Buffer.compare(entry.uploadId, uploadId) === 0) return entry;
    }
    return undefined;
  }

  /** Finds several: of one reading, whose locks cost as much as a search. */
  findAll(uploadIds: readonly Uint8Array[]): (IndexEntry | undefined)[] {
    return this.#findAll(uploadIds);
  }

  get(logIndex: number): IndexEntry | undefined {
    return entryOf(this.#byIndex.get(logIndex));
  }

  /** Entries after an index, in order. */
  after(partition: number | undefined, logIndex: number, limit: number): IndexEntry[] {
    const rows =
      partition === undefined ? this.#all.all(logIndex, limit) : this.#ofPartition.all(partition, logIndex, limit);
    return rows.map((row) => entryOf(row)!);
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
}

function entryOf(row: EntryRow | null): IndexEntry | undefined {
  if (row === null) return undefined;
  const { log_index: logIndex, upload_id: uploadId, receive_ms: receiveMs, previous_head: previousHead } = row;
  const { partition, segment, offset, bytes } = row;
  return { logIndex, uploadId, receiveMs, previousHead, partition, segment, offset, bytes };
}
