import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { unprovenBefore } from "../../src/audit/audit-appeals.ts";
import { manifestOf } from "../../src/audit/manifest-file.ts";
import { sha256Hex } from "../../src/epoch-folder/durable-file.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("manifest-file");
const bytes = (text: string) => new TextEncoder().encode(text);

test.each(["", "{", "null", "7", "[]", "{}", '{"tables":[]}', '{"tables":{"cells":7}}', '{"tables":{},"uploads":7}'])(
  "%j is no manifest",
  (text) => {
    expect(manifestOf(bytes(text))).toBeUndefined();
  },
);

test("a manifest has hashes of tables, whatever else it has", () => {
  const manifest = { tables: { cells: { columns: { hi: "00" } } }, uploads: { refused: { notice: 1 } }, epoch: 5 };
  expect(manifestOf(bytes(JSON.stringify(manifest)))).toEqual(manifest);
  fc.assert(
    fc.property(fc.json(), fc.uint8Array({ maxLength: 40 }), (text, noise) => {
      for (const one of [bytes(text), noise]) {
        const read = manifestOf(one);
        expect(read === undefined || typeof read.tables === "object").toBe(true);
      }
    }),
  );
});

test("an epoch before whose manifest is none is a finding, though its hash is the one that is named", () => {
  const folder = folders.next();
  mkdirSync(folder);
  const manifest = bytes("not a manifest");
  writeFileSync(join(folder, "manifest.json"), manifest);
  const input = { header: { previousManifestHash: sha256Hex(manifest) } };
  expect(unprovenBefore(folder, { input } as unknown as Parameters<typeof unprovenBefore>[1])).toEqual({
    file: join(folder, "manifest.json"),
    what: "no manifest",
  });
});
