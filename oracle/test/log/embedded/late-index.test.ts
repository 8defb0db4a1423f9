import { describe, expect, test } from "vitest";
import { EmbeddedLogReader } from "../../../src/log/embedded/embedded-log-reader.ts";
import { EmbeddedReportLog } from "../../../src/log/embedded/embedded-report-log.ts";
import { LateIndex } from "../../../src/log/embedded/late-index.ts";
import { LogIndex } from "../../../src/log/embedded/log-index.ts";
import { IDENTITY } from "../../ports/log-identity.ts";
import { collect, facts, rawUpload, START_MS } from "../../ports/raw-uploads.ts";
import { messageOf, TemporaryFolders } from "../../temporary-folder.ts";
import { checkLog } from "../check-log.ts";

const folders = new TemporaryFolders("late-index");
const NEVER_MS = 3_600_000;

/** A log whose index takes the first upload at once and would take the others in an hour. */
async function lateLog(uploads: number) {
  const folder = folders.next();
  const log = await EmbeddedReportLog.open({ ...IDENTITY, folder, showWithinMs: NEVER_MS });
  const places = [];
  for (let at = 0; at < uploads; at++) places.push(await log.append(rawUpload(at % 5, 1 + at, START_MS + at)));
  return { folder, log, places };
}

describe("uploads that are acknowledged and not in the index yet", () => {
  test("are known to the process that wrote them in every way there is", async () => {
    const { log, places } = await lateLog(40);
    expect(await checkLog(log, IDENTITY, places)).toBe(40);
    for (const place of places) {
      expect(facts((await log.find(place.uploadId))!)).toEqual(facts(place));
      expect(facts((await log.get(place.logIndex))!)).toEqual(facts(place));
    }
    expect((await log.append({ ...rawUpload(3, 9, START_MS + 8), receiveMs: START_MS + 90 })).isDuplicate).toBe(true);
    const partition = log.partitionOf(rawUpload(3, 4, START_MS).deviceKey);
    const all = await collect(log.readUploads(undefined, -1, { follow: false }));
    const own = all.filter((upload) => upload.partition === partition);
    expect((await collect(log.readUploads(partition, -1, { follow: false, batch: 3 }))).map(facts)).toEqual(
      own.map(facts),
    );
    await log.close();
  });

  test("are seen by other processes when they are shown, and a follower is told", async () => {
    const { folder, log, places } = await lateLog(12);
    const reader = EmbeddedLogReader.open(folder, IDENTITY);
    expect((await reader.tip()).length).toBe(1);
    const end = new AbortController();
    const followed: number[] = [];
    const following = (async () => {
      for await (const uploads of reader.readUploads(undefined, -1, { follow: true, signal: end.signal })) {
        followed.push(...uploads.map(({ logIndex }) => logIndex));
        if (followed.length === 12) end.abort();
      }
    })();
    await log.showAll();
    expect(await reader.tip()).toEqual(await log.tip());
    await following;
    expect(followed).toEqual(places.map(({ logIndex }) => logIndex));
    await reader.close();
    await log.close();
  });

  test("are in the log that is opened after the process died, and in the index that was shown to others", async () => {
    const { folder, log, places } = await lateLog(12);
    // What a killed process leaves: its files as they are.
    const left = folders.copy(folder);
    await log.close();
    const again = await EmbeddedReportLog.open({ ...IDENTITY, folder: left });
    expect(await checkLog(again, IDENTITY, places)).toBe(12);
    const reader = EmbeddedLogReader.open(left, IDENTITY);
    expect((await reader.tip()).length).toBe(12);
    await reader.close();
    await again.close();
  });

  test("are in the index before the segment that holds them is listed as sealed", async () => {
    const { folder, log } = await lateLog(12);
    const reader = EmbeddedLogReader.open(folder, IDENTITY);
    await log.sealSegments(START_MS + IDENTITY.segmentMs);
    expect((await reader.segments()).map(({ uploads }) => uploads)).toEqual([12]);
    expect((await reader.tip()).length).toBe(12);
    await reader.close();
    await log.close();
  });

  test("stay known while SQLite refuses them, and nothing more is taken until it does not", async () => {
    const index = new LogIndex(":memory:");
    let isFull = false;
    const disk: Pick<LogIndex, "add"> = {
      add(entries, tip) {
        if (isFull) throw new Error("database or disk is full");
        index.add(entries, tip);
      },
    };
    const view = new Proxy(index, {
      get: (target, name) => {
        if (name === "add") return disk.add;
        const member = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const shown: number[] = [];
    const late = new LateIndex(view, 0, (length) => shown.push(length));
    const entryOf = (logIndex: number) => ({
      uploadId: new Uint8Array(32).fill(logIndex + 1),
      logIndex,
      receiveMs: START_MS,
      previousHead: new Uint8Array(32),
      partition: 0,
      segment: 0,
      offset: 32,
      bytes: 1,
    });
    isFull = true;
    late.add([entryOf(0)], { length: 1, head: new Uint8Array(32) });
    late.storeSome();
    expect(shown).toEqual([]);
    expect(late.find(entryOf(0).uploadId)).toEqual(entryOf(0));
    expect(await messageOf(async () => late.makeRoom())).toContain("disk is full");
    isFull = false;
    late.makeRoom();
    expect(shown).toEqual([1]);
    expect(late.find(entryOf(0).uploadId)).toEqual(entryOf(0));
    late.close();
  });
});
