/**
 * The entries of an index in SQLite: blocks of some hundred that follow each other in the log, each a row.
 *
 * A row for each entry, with its place in the tree of partitions, was most of what the index cost an upload; a block is a copy of
 * memory. The last block is written again until it is full, so that a quiet log has no more rows than a busy one. Where the last entry
 * of each partition stands is kept apart: a reader of a partition that nobody writes to does not look through the log for it.
 */
import type { Database, Statement } from "bun:sqlite";
import { ENTRY_BYTES, packEntries, partitionAt, unpackEntry, uploadIdAt } from "./entry-block.ts";
import type { IndexEntry } from "./log-index.ts";

export const ENTRY_TABLE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry_blocks (first_index INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS partition_ends (partition INTEGER PRIMARY KEY, last_index INTEGER NOT NULL) STRICT;
`;
/** Entries in a full block: with them a page of SQLite is nearly full. */
export const BLOCK_ENTRIES = 45;
/** Blocks that are read at once. */
const BLOCKS_AT_ONCE = 8;
const NO_ROWS = new Uint8Array(0);

interface BlockRow {
  readonly first_index: number;
  readonly entries: Uint8Array;
}

type Binding = number | Uint8Array;

export class EntryTable {
  readonly #last: Statement<BlockRow, []>;
  readonly #blockOf: Statement<BlockRow, Binding[]>;
  readonly #blocksFrom: Statement<BlockRow, Binding[]>;
  readonly #put: Statement<unknown, Binding[]>;
  readonly #endOf: Statement<{ last_index: number }, Binding[]>;
  readonly #putEnd: Statement<unknown, Binding[]>;

  constructor(database: Database) {
    this.#last = database.query("SELECT first_index, entries FROM entry_blocks ORDER BY first_index DESC LIMIT 1");
    this.#blockOf = database.query(
      "SELECT first_index, entries FROM entry_blocks WHERE first_index <= ? ORDER BY first_index DESC LIMIT 1",
    );
    this.#blocksFrom = database.query(
      "SELECT first_index, entries FROM entry_blocks WHERE first_index >= ? ORDER BY first_index LIMIT ?",
    );
    this.#put = database.query("INSERT OR REPLACE INTO entry_blocks VALUES (?, ?)");
    this.#endOf = database.query("SELECT last_index FROM partition_ends WHERE partition = ?");
    this.#putEnd = database.query("INSERT OR REPLACE INTO partition_ends VALUES (?, ?)");
  }

  /** Adds entries behind the last; inside a transaction. Throws for entries that do not follow it. */
  add(entries: readonly IndexEntry[]): void {
    if (entries.length === 0) return;
    const last = this.#last.get();
    const end = last === null ? 0 : last.first_index + last.entries.length / ENTRY_BYTES;
    if (entries[0]!.logIndex !== end) throw new Error(`entry ${entries[0]!.logIndex} after ${end} entries`);
    const isOpen = last !== null && end - last.first_index < BLOCK_ENTRIES;
    let first = isOpen ? last.first_index : end;
    let before = isOpen ? last.entries : NO_ROWS;
    for (let from = 0; from < entries.length; ) {
      const to = from + BLOCK_ENTRIES - before.length / ENTRY_BYTES;
      this.#put.run(first, packEntries(before, entries.slice(from, to)));
      from = to;
      first += BLOCK_ENTRIES;
      before = NO_ROWS;
    }
    const ends = new Map<number, number>();
    for (const { partition, logIndex } of entries) ends.set(partition, logIndex);
    for (const [partition, logIndex] of ends) this.#putEnd.run(partition, logIndex);
  }

  get(logIndex: number): IndexEntry | undefined {
    const block = this.#blockOf.get(logIndex);
    if (block === null) return undefined;
    const row = logIndex - block.first_index;
    return row < block.entries.length / ENTRY_BYTES ? unpackEntry(block.entries, row, block.first_index) : undefined;
  }

  /** Entries after an index, in order. */
  after(partition: number | undefined, logIndex: number, limit: number): IndexEntry[] {
    const found: IndexEntry[] = [];
    if (partition !== undefined && (this.#endOf.get(partition)?.last_index ?? -1) <= logIndex) return found;
    for (const { first_index: first, entries } of this.#blocks(logIndex + 1)) {
      const rows = entries.length / ENTRY_BYTES;
      for (let row = Math.max(0, logIndex + 1 - first); row < rows; row++) {
        if (found.length === limit) return found;
        if (partition === undefined || partitionAt(entries, row) === partition) {
          found.push(unpackEntry(entries, row, first));
        }
      }
    }
    return found;
  }

  /** Ids of the entries from an index on, views that are good until the next. */
  *ids(from: number): Generator<{ readonly logIndex: number; readonly uploadId: Uint8Array }> {
    for (const { first_index: first, entries } of this.#blocks(from)) {
      const rows = entries.length / ENTRY_BYTES;
      for (let row = Math.max(0, from - first); row < rows; row++) {
        yield { logIndex: first + row, uploadId: uploadIdAt(entries, row) };
      }
    }
  }

  /** The block that holds an index, and those after it. */
  *#blocks(logIndex: number): Generator<BlockRow> {
    let from = this.#blockOf.get(Math.max(0, logIndex))?.first_index ?? 0;
    for (;;) {
      const blocks = this.#blocksFrom.all(from, BLOCKS_AT_ONCE);
      yield* blocks;
      const last = blocks.at(-1);
      if (last === undefined || blocks.length < BLOCKS_AT_ONCE) return;
      from = last.first_index + 1;
    }
  }
}
