/** Artefacts in a folder: `blobs/ab/abcd…` and `names/epoch/20000/manifest.json~`, each written whole or not at all. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { CodedError } from "@earshot/geo";
import { makeFolder, readWhole, sha256Hex, writeDurably } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import type { ArtefactStore, OpenBlob } from "../ports/artefact-store.ts";
import { checkBlob, checkName, checkPrefix, checkSha256, POINTER_END, readPointer } from "./artefact-names.ts";

export class FolderArtefacts implements ArtefactStore {
  readonly #folder: string;
  readonly #publicUrl: string | undefined;

  /** `publicUrl`: where the folder is served, if anybody serves it. Makes the folder. Throws ORC_WRITE_FAILED. */
  constructor(folder: string, publicUrl?: string) {
    makeFolder(join(folder, "blobs"));
    makeFolder(join(folder, "names"));
    this.#folder = folder;
    this.#publicUrl = publicUrl;
  }

  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = sha256Hex(bytes);
    const path = this.#blob(sha256);
    if (existsSync(path)) return sha256;
    return refusedAsUnavailable(() => {
      makeFolder(dirname(path));
      return writeDurably(path, [bytes]);
    });
  }

  async get(sha256: string): Promise<Uint8Array | undefined> {
    const path = this.#blob(checkSha256(sha256));
    return existsSync(path)
      ? checkBlob(
          sha256,
          refusedAsUnavailable(() => readWhole(path)),
          path,
        )
      : undefined;
  }

  async open(sha256: string): Promise<OpenBlob | undefined> {
    const path = this.#blob(checkSha256(sha256));
    if (!existsSync(path)) return undefined;
    const file = Bun.file(path);
    return { bytes: file.size, stream: file.stream() };
  }

  async has(sha256: string): Promise<boolean> {
    return existsSync(this.#blob(checkSha256(sha256)));
  }

  async link(name: string, sha256: string): Promise<void> {
    const path = this.#pointer(checkName(name));
    if (!(await this.has(sha256))) throw oracleError("ORC_BAD_OPTION", `${name}: ${sha256} is not stored`);
    refusedAsUnavailable(() => {
      makeFolder(dirname(path));
      writeDurably(path, [new TextEncoder().encode(`${sha256}\n`)]);
    });
  }

  async resolve(name: string): Promise<string | undefined> {
    const path = this.#pointer(checkName(name));
    return existsSync(path)
      ? readPointer(
          refusedAsUnavailable(() => readWhole(path)),
          path,
        )
      : undefined;
  }

  async names(prefix: string): Promise<readonly string[]> {
    const folder = join(this.#folder, "names", checkPrefix(prefix));
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    // Temporary files begin with a dot and do not end like a pointer.
    return files
      .filter((file) => file.endsWith(POINTER_END))
      .map((file) => prefix + file.slice(0, -POINTER_END.length))
      .sort((a, b) => (a < b ? -1 : 1));
  }

  publicUrl(sha256: string): string | undefined {
    const name = checkSha256(sha256);
    return this.#publicUrl === undefined ? undefined : `${this.#publicUrl}/blobs/${name.slice(0, 2)}/${name}`;
  }

  #blob(sha256: string): string {
    return join(this.#folder, "blobs", sha256.slice(0, 2), sha256);
  }

  #pointer(name: string): string {
    return join(this.#folder, "names", name + POINTER_END);
  }
}

/** A disk that is full or away is for callers what an unreachable server is. */
function refusedAsUnavailable<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof CodedError) || !/^ORC_(WRITE|READ)_FAILED$/.test(cause.code)) throw cause;
    throw oracleError("ORC_STORE_UNAVAILABLE", cause.message, { cause, retryable: true });
  }
}
