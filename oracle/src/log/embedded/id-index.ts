/**
 * Finds uploads of the log by id: prefixes of ids in a table of their own, filled late and in order.
 *
 * Ids are random, so every one that is put in by itself costs a page of the table on disk, which was two thirds of what an append cost. New
 * ones are therefore kept in memory, and when they are many go into the table sorted, some with each append. What memory held when a
 * process ended is read again from the entries, which are in log order. Prefixes may collide: the entry has the whole id.
 */
import type { Database, Statement } from "bun:sqlite";
import type { EntryTable } from "./entry-table.ts";

type Binding = number | Uint8Array;

export const ID_INDEX_SCHEMA = `
  CREATE TABLE IF NOT EXISTS id_prefixes (
    prefix INTEGER NOT NULL, log_index INTEGER NOT NULL, PRIMARY KEY (prefix, log_index)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS id_prefixes_end (one INTEGER PRIMARY KEY CHECK (one = 1), length INTEGER NOT NULL) STRICT;
`;
/** Ids in memory before they go into the table. */
const GATHERED = 32_768;
/** Ids that go into the table with an append, at least. */
const SLICE = 512;
const NONE: readonly number[] = [];

export class IdIndex {
  readonly #inTable: Statement<{ log_index: number }, Binding[]>;
  readonly #allInTable: Statement<{ prefix: number; log_index: number }, [string]>;
  readonly #insert: Statement<unknown, Binding[]>;
  readonly #end: Statement<{ length: number }, []>;
  readonly #setEnd: Statement<unknown, Binding[]>;
  readonly #entries: EntryTable;
  /** Log indexes by prefix of those that are not in the table; undefined while this process only reads. */
  #recent: Map<number, number | readonly number[]> | undefined;
  /** Prefixes on their way into the table, ascending, and how far they got. */
  #moving: { readonly prefixes: Float64Array; next: number; readonly end: number } | undefined;
  #length = 0;

  constructor(database: Database, entries: EntryTable) {
    this.#entries = entries;
    this.#inTable = database.query("SELECT log_index FROM id_prefixes WHERE prefix = ?");
    // Keys from one text: a search of its own for each costs four times as much.
    this.#allInTable = database.query(
      "SELECT prefix, log_index FROM json_each(?) CROSS JOIN id_prefixes ON prefix = value",
    );
    this.#insert = database.query("INSERT OR IGNORE INTO id_prefixes VALUES (?, ?)");
    this.#end = database.query("SELECT length FROM id_prefixes_end");
    this.#setEnd = database.query("INSERT OR REPLACE INTO id_prefixes_end VALUES (1, ?)");
  }

  /** Log indexes of entries whose id may be this one. */
  candidates(uploadId: Uint8Array): readonly number[] {
    const prefix = prefixOf(uploadId);
    // Nearly all that are asked for are new, and to be told so by one row that is not there is cheapest.
    const isInTable = this.#inTable.get(prefix) !== null;
    const inTable = isInTable ? this.#inTable.all(prefix).map(({ log_index }) => log_index) : NONE;
    if (this.#recent !== undefined) {
      const recent = asList(this.#recent.get(prefix));
      return isInTable ? [...inTable, ...recent] : recent;
    }
    // Another process writes: what it has in memory is scanned.
    const scanned = this.#entries
      .ids(this.#tableEnd())
      .filter((entry) => Buffer.compare(entry.uploadId, uploadId) === 0);
    return [...inTable, ...scanned.map(({ logIndex }) => logIndex)];
  }

  /** The same for many, by the process that writes; those that have none are not in the map. Inside a transaction. */
  candidatesOf(uploadIds: readonly Uint8Array[]): ReadonlyMap<Uint8Array, readonly number[]> {
    this.#recent ??= this.#readRecent();
    const prefixes = uploadIds.map(prefixOf);
    const inTable = this.#tableEnd() === 0 ? [] : this.#allInTable.all(`[${prefixes.join()}]`);
    const found = new Map<Uint8Array, readonly number[]>();
    for (const [at, uploadId] of uploadIds.entries()) {
      const prefix = prefixes[at]!;
      const recent = this.#recent.get(prefix);
      if (recent === undefined && inTable.length === 0) continue;
      const stored = inTable.filter((row) => row.prefix === prefix).map(({ log_index }) => log_index);
      const all = [...stored, ...asList(recent)];
      if (all.length > 0) found.set(uploadId, all);
    }
    return found;
  }

  /** Takes entries that have been added; inside their transaction. */
  add(entries: readonly { readonly uploadId: Uint8Array; readonly logIndex: number }[]): void {
    this.#recent ??= this.#readRecent();
    for (const { uploadId, logIndex } of entries) this.#remember(uploadId, logIndex);
    this.#move(Math.max(SLICE, 2 * entries.length));
  }

  /** The transaction of `add` was undone: what memory holds is read again. */
  forget(): void {
    this.#recent = undefined;
    this.#moving = undefined;
  }

  #move(most: number): void {
    const recent = this.#recent!;
    if (this.#moving === undefined) {
      if (recent.size < GATHERED) return;
      this.#moving = { prefixes: Float64Array.from(recent.keys()).sort(), next: 0, end: this.#length };
    }
    const { prefixes, end } = this.#moving;
    const to = Math.min(prefixes.length, this.#moving.next + most);
    for (let at = this.#moving.next; at < to; at++) {
      for (const logIndex of asList(recent.get(prefixes[at]!))) this.#insert.run(prefixes[at]!, logIndex);
    }
    this.#moving.next = to;
    if (to < prefixes.length) return;
    this.#setEnd.run(end);
    for (const prefix of prefixes) {
      const later = asList(recent.get(prefix)).filter((logIndex) => logIndex >= end);
      if (later.length === 0) recent.delete(prefix);
      else recent.set(prefix, later);
    }
    this.#moving = undefined;
  }

  #remember(uploadId: Uint8Array, logIndex: number): void {
    const prefix = prefixOf(uploadId);
    const known = this.#recent!.get(prefix);
    this.#recent!.set(prefix, known === undefined ? logIndex : [...asList(known), logIndex]);
    this.#length = logIndex + 1;
  }

  #readRecent(): Map<number, number | readonly number[]> {
    this.#recent = new Map();
    for (const { uploadId, logIndex } of this.#entries.ids(this.#tableEnd())) this.#remember(uploadId, logIndex);
    return this.#recent;
  }

  #tableEnd(): number {
    return this.#end.get()?.length ?? 0;
  }
}

/** One in nearly all cases, and then not worth a list. */
function asList(logIndexes: number | readonly number[] | undefined): readonly number[] {
  if (logIndexes === undefined) return NONE;
  return typeof logIndexes === "number" ? [logIndexes] : logIndexes;
}

/** The first 48 bits of an id: exact in a number. */
function prefixOf(id: Uint8Array): number {
  const high = (id[0]! << 16) | (id[1]! << 8) | id[2]!;
  const low = (id[3]! << 16) | (id[4]! << 8) | id[5]!;
  return high * 0x100_0000 + low;
}
