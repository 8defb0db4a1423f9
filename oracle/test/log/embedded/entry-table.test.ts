import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EmbeddedReportLog } from "../../../src/log/embedded/embedded-report-log.ts";
import { BLOCK_ENTRIES } from "../../../src/log/embedded/entry-table.ts";
import { type IndexEntry, LogIndex } from "../../../src/log/embedded/log-index.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { rawUpload, START_MS } from "../../ports/raw-uploads.ts";
import { TemporaryFolders } from "../../temporary-folder.ts";
import { checkLog } from "../check-log.ts";

const folders = new TemporaryFolders("entry-table");
const PARTITIONS = 4;

/** Entries whose every field differs from its neighbours'; the largest values a log can hold among them. */
function entryOf(logIndex: number): IndexEntry {
  const isLarge = logIndex % 7 === 0;
  const uploadId = new Uint8Array(32);
  new DataView(uploadId.buffer).setUint32(28, logIndex);
  // Always two ids begin alike, as far as the table of prefixes looks.
  new DataView(uploadId.buffer).setUint32(2, logIndex >> 1);
  return {
    uploadId,
    logIndex,
    receiveMs: isLarge ? Number.MAX_SAFE_INTEGER - logIndex : START_MS + logIndex,
    previousHead: new Uint8Array(32).fill(logIndex),
    // Nothing is ever in the last one.
    partition: logIndex % (PARTITIONS - 1),
    segment: isLarge ? 0xffff_ffff : logIndex,
    offset: isLarge ? 0xffff_ffff : 32 + logIndex,
    bytes: 1 + logIndex,
  };
}

describe("the entries of an index", () => {
  test("are what was added, however many at once, read from any place, of all partitions or of one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 * BLOCK_ENTRIES }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -1, max: 500 }),
        fc.integer({ min: 1, max: 300 }),
        (groups, after, limit) => {
          const index = new LogIndex(":memory:");
          const all: IndexEntry[] = [];
          for (const size of groups) {
            const group = Array.from({ length: size }, (_, at) => entryOf(all.length + at));
            all.push(...group);
            index.add(group, { length: all.length, head: new Uint8Array(32) });
          }
          const later = all.filter(({ logIndex }) => logIndex > after);
          expect(index.after(undefined, after, limit)).toEqual(later.slice(0, limit));
          for (let partition = 0; partition < PARTITIONS; partition++) {
            const own = later.filter((entry) => entry.partition === partition);
            expect(index.after(partition, after, limit)).toEqual(own.slice(0, limit));
          }
          for (const at of [0, after, all.length - 1, all.length]) expect(index.get(at)).toEqual(all[at]);
          const ids = [all[0]!, all.at(-1)!, entryOf(all.length)].map(({ uploadId }) => uploadId);
          const found = [all[0], all.at(-1), undefined];
          expect(index.findAll(ids)).toEqual(found);
          expect(ids.map((id) => index.find(id))).toEqual(found);
          index.close();
        },
      ),
      { numRuns: 15 },
    );
  });

  test("are found when their ids have gone from memory into the table, by this process and by others", () => {
    const folder = folders.next();
    mkdirSync(folder);
    const path = join(folder, "index.sqlite");
    const index = new LogIndex(path);
    const count = 70_000;
    for (let from = 0; from < count; from += 2000) {
      const group = Array.from({ length: 2000 }, (_, at) => entryOf(from + at));
      index.add(group, { length: from + 2000, head: new Uint8Array(32) });
    }
    const other = new LogIndex(path);
    for (const at of [0, 31_999, 32_768, 50_001, count - 1]) {
      const entry = entryOf(at);
      expect(index.find(entry.uploadId)).toEqual(entry);
      expect(other.find(entry.uploadId)).toEqual(entry);
      expect(index.findAll([entryOf(count).uploadId, entry.uploadId])).toEqual([undefined, entry]);
    }
    other.close();
    index.close();
  });

  test("of an index that had a row for each are taken over when it is opened", async () => {
    const folder = folders.next();
    const log = await EmbeddedReportLog.open({ ...IDENTITY, folder });
    const places = [];
    for (let at = 0; at < 3 * BLOCK_ENTRIES; at++) {
      places.push(await log.append(rawUpload(at % 5, 1 + Math.floor(at / 5), START_MS + at)));
    }
    await log.close();
    const path = join(folder, "index.sqlite");
    const index = new LogIndex(path);
    const entries = index.after(undefined, -1, places.length);
    index.close();
    const old = new Database(path);
    old.run("DROP TABLE entry_blocks");
    old.run("DROP TABLE partition_ends");
    old.run(`
      CREATE TABLE entries (
        log_index INTEGER PRIMARY KEY, upload_id BLOB NOT NULL, receive_ms INTEGER NOT NULL, previous_head BLOB NOT NULL,
        partition INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT`);
    old.run("CREATE INDEX entries_by_partition ON entries (partition, log_index)");
    const insert = old.query("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const { logIndex, uploadId, receiveMs, previousHead, partition, segment, offset, bytes } of entries) {
      insert.run(logIndex, uploadId, receiveMs, previousHead, partition, segment, offset, bytes);
    }
    old.close();
    const again = await EmbeddedReportLog.open({ ...IDENTITY, folder });
    expect(await checkLog(again, IDENTITY, places)).toBe(places.length);
    await again.append(rawUpload(9, 1, START_MS + 1000));
    await again.close();
    const after = new LogIndex(path);
    expect(after.after(undefined, -1, 1000).slice(0, -1)).toEqual(entries);
    after.close();
  });
});
