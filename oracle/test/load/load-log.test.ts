import { describe, expect, test } from "vitest";
import { loadLog } from "../../src/load/load-log.ts";
import { loadUploads } from "../../src/load/load-uploads.ts";
import { SegmentWriter } from "../../src/log/segment-writer.ts";
import { smallEpoch } from "../small-epoch.ts";
import { messageOf, TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("load-log");
const { input, records } = smallEpoch();
const context = { ...input, network: input.header.network };

function writeLog(): string {
  const folder = folders.next();
  const log = new SegmentWriter(folder, 4000);
  for (const { receiveMs, bytes } of records) log.append(receiveMs, bytes);
  log.close();
  return folder;
}

describe("loadLog", () => {
  test("gives the same tables on one, two and three threads", async () => {
    const folder = writeLog();
    const expected = loadUploads(records, context);
    for (const workers of [1, 2, 3])
      expect(await loadLog(folder, context, workers)).toEqual({ challenges: input.challenges, loaded: expected });
  });

  test("calls for other work once and waits for it where there are threads to spare", async () => {
    const folder = writeLog();
    for (const [workers, calls] of [
      [1, 0],
      [2, 1],
      [3, 1],
    ] as const) {
      let called = 0;
      let isSettled = false;
      await loadLog(folder, context, workers, async () => {
        called++;
        await new Promise(setImmediate);
        isSettled = true;
      });
      expect([called, isSettled]).toEqual([calls, calls > 0]);
    }
  });

  test("carries a damaged segment's code and path out of a thread", async () => {
    const folder = writeLog();
    const path = `${folder}/000001.seg`;
    const bytes = new Uint8Array(await Bun.file(path).arrayBuffer());
    await Bun.write(path, bytes.with(100, bytes[100] ^ 1));
    for (const workers of [1, 2]) {
      expect(await messageOf(() => loadLog(folder, context, workers))).toMatch(
        /^ORC_BAD_LOG: .*000001\.seg: offset 16: /,
      );
    }
  });
});
