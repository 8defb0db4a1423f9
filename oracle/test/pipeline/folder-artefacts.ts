import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ArtefactStore } from "../../src/ports/artefact-store.ts";

export function openFolderArtefacts(folder: string): ArtefactStore {
  const write = (path: string, bytes: string | Uint8Array) => {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.${Math.random()}`;
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
  };
  const blob = (sha256: string) => join(folder, "blobs", sha256);
  const name = (text: string) => join(folder, "names", text);
  return {
    async put(bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      if (!existsSync(blob(sha256))) write(blob(sha256), bytes);
      return sha256;
    },
    get: async (sha256) => (existsSync(blob(sha256)) ? new Uint8Array(readFileSync(blob(sha256))) : undefined),
    has: async (sha256) => existsSync(blob(sha256)),
    link: async (text, sha256) => write(name(text), sha256),
    resolve: async (text) => (existsSync(name(text)) ? readFileSync(name(text), "utf8") : undefined),
    names: async (prefix) =>
      existsSync(name(prefix))
        ? readdirSync(name(prefix), { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name).slice(name("").length + 1))
            .sort()
        : [],
    publicUrl: () => undefined,
  };
}
