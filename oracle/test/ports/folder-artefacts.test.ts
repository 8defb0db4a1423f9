import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { FolderArtefacts } from "../../src/artefacts/folder-store.ts";
import { messageOf, TemporaryFolders } from "../temporary-folder.ts";
import { testArtefactStore } from "./artefact-store.contract.ts";
import type { PutBlobs } from "./put-blobs.ts";

const folders = new TemporaryFolders("artefacts");

testArtefactStore({
  name: "a folder",
  manyNames: 100,
  make: async () => {
    const folder = folders.next();
    return {
      store: new FolderArtefacts(folder),
      overwrite: async (key, text) => writeFileSync(join(folder, key), text),
      write: async (key, text) => writeFileSync(join(folder, key), text),
    };
  },
});

test("a folder that can no longer be written to is a retryable code", async () => {
  const folder = folders.next();
  const store = new FolderArtefacts(folder, "https://example.org/data");
  const sha256 = await store.put(Uint8Array.of(9));
  expect(store.publicUrl(sha256)).toBe(`https://example.org/data/blobs/${sha256.slice(0, 2)}/${sha256}`);
  writeFileSync(join(folder, "names", "epoch"), "in the way");
  expect(await messageOf(() => store.link("epoch/1", sha256))).toMatch(/^ORC_STORE_UNAVAILABLE: ORC_WRITE_FAILED/);
});

test("writers that have one process id, as in containers, do not write into each other's files", async () => {
  const folder = folders.next();
  new FolderArtefacts(folder);
  const workerData: PutBlobs = { folder, blobs: 8, bytes: 2_000_000 };
  const threads = [1, 2, 3].map(() => new Worker(new URL("put-blobs.ts", import.meta.url), { workerData }));
  const faults = await Promise.all(
    threads.map((thread) => new Promise((resolve, reject) => thread.on("message", resolve).on("error", reject))),
  );
  expect(faults.flat()).toEqual([]);
});

test("a folder that cannot be looked into is no folder without blobs: it may be there again", async () => {
  const folder = folders.next();
  const store = new FolderArtefacts(folder);
  const nothing = "0".repeat(64);
  for (const place of ["blobs/00", "names/epoch"]) symlinkSync(join(folder, place), join(folder, place));
  for (const ask of [
    () => store.get(nothing),
    () => store.open(nothing),
    () => store.has(nothing),
    () => store.link("a", nothing),
    () => store.resolve("epoch/1"),
    () => store.names("epoch/"),
  ]) {
    await expect(ask()).rejects.toMatchObject({ code: "ORC_STORE_UNAVAILABLE", retryable: true });
  }
});
