import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TailFile, TailWatch } from "../../../src/log/embedded/tail-watch.ts";
import { TemporaryFolders } from "../../temporary-folder.ts";

const folders = new TemporaryFolders("tail-watch");

test("a reader hears of what is announced", async () => {
  const folder = folders.next();
  mkdirSync(folder);
  const tail = new TailFile(join(folder, "tail"));
  const watch = new TailWatch(join(folder, "tail"));
  watch.arm();
  tail.announce(1);
  expect(await watch.news(undefined)).toBeUndefined();
  watch.close();
  tail.close();
});

test("a reader whose file cannot be watched, as where a user has no watches left, looks by itself", async () => {
  const watch = new TailWatch(join(folders.root, "nothing", "tail"));
  watch.arm();
  expect(await watch.news(undefined)).toBeUndefined();
  watch.close();
});
