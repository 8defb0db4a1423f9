import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FolderArtefacts } from "../../src/artefacts/folder-store.ts";
import { messageOf, TemporaryFolders } from "../temporary-folder.ts";
import { testArtefactStore } from "./artefact-store.contract.ts";

const folders = new TemporaryFolders("artefacts");

testArtefactStore({
  name: "a folder",
  manyNames: 100,
  make: async () => {
    const folder = folders.next();
    return {
      store: new FolderArtefacts(folder),
      overwrite: async (key, text) => writeFileSync(join(folder, key), text),
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
