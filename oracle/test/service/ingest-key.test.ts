/** The key of an ingest where two processes make it at once. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("ingest-key");
const KEY_FILE = join(import.meta.dirname, "../../src/service/ingest-key.ts");
/** So many folders, one after the other: who is behind finds a key there and reads it, which is faster, and so catches up. */
const FOLDERS = 100;

/** A process that asks for the key of each folder; what it got. */
async function asks(root: string): Promise<{ readonly keys: readonly string[]; readonly complaint: string }> {
  const source = `
    const { ingestSigner } = await import(${JSON.stringify(KEY_FILE)});
    for (let folder = 0; folder < ${FOLDERS}; folder++) {
      const { publicKey } = ingestSigner(${JSON.stringify(root)} + "/" + folder + "/ingest.key", true);
      console.log(publicKey.toHex());
    }`;
  const child = spawn(process.execPath, ["-e", source], { stdio: ["ignore", "pipe", "pipe"] });
  const { promise, resolve } = Promise.withResolvers<void>();
  let out = "";
  let complaint = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    complaint += data;
  });
  child.on("close", () => resolve());
  await promise;
  return { keys: out.trim().split("\n"), complaint };
}

test("whoever comes second takes the key of who was first, and both have the same", async () => {
  const root = folders.next();
  const all = await Promise.all(Array.from({ length: 3 }, () => asks(root)));
  expect(all.map(({ complaint }) => complaint)).toEqual(["", "", ""]);
  expect(new Set(all[0]!.keys).size).toBe(FOLDERS);
  for (const { keys } of all) expect(keys).toEqual(all[0]!.keys);
  expect(existsSync(join(root, "0", "ingest.key"))).toBe(true);
  expect(readdirSync(join(root, "0"))).toEqual(["ingest.key"]);
});
