/** Artefacts in a folder: `blobs/ab/abcd…` and `names/epoch/20000/manifest.json~`, each written whole or not at all. */
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { CodedError } from "@earshot/geo";
import { makeFolder, readFailed, readWhole, sha256Hex, writeDurably } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import type { ArtefactStore, OpenBlob } from "../ports/artefact-store.ts";
import { checkBlob, checkName, checkPrefix, checkSha256, namesOf, POINTER_END, readPointer } from "./artefact-names.ts";

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
    return refusedAsUnavailable(() => {
      if (bytesOf(path) === bytes.length) return sha256;
      makeFolder(dirname(path));
      return writeDurably(path, [bytes]);
    });
  }

  async get(sha256: string): Promise<Uint8Array | undefined> {
    const path = this.#blob(checkSha256(sha256));
    const bytes = readIfThere(path);
    return bytes === undefined ? undefined : checkBlob(sha256, bytes, path);
  }

  async open(sha256: string): Promise<OpenBlob | undefined> {
    const path = this.#blob(checkSha256(sha256));
    const bytes = refusedAsUnavailable(() => bytesOf(path));
    return bytes === undefined ? undefined : { bytes, stream: Bun.file(path).stream() };
  }

  async has(sha256: string): Promise<boolean> {
    const path = this.#blob(checkSha256(sha256));
    return refusedAsUnavailable(() => bytesOf(path)) !== undefined;
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
    const bytes = readIfThere(path);
    return bytes === undefined ? undefined : readPointer(bytes, path);
  }

  async names(prefix: string): Promise<readonly string[]> {
    const folder = join(this.#folder, "names", checkPrefix(prefix));
    return namesOf(filesIn(folder).map((file) => prefix + file));
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

/** Size of a file, or undefined where there is none. Throws ORC_READ_FAILED where nobody can say: that is not the same. */
function bytesOf(path: string): number | undefined {
  try {
    return statSync(path).size;
  } catch (cause) {
    return undefinedIfMissing(path, cause);
  }
}

function readIfThere(path: string): Uint8Array | undefined {
  return refusedAsUnavailable(() => (bytesOf(path) === undefined ? undefined : readWhole(path)));
}

/** Paths of all files in a folder, relative to it; none where it is not there. */
function filesIn(folder: string): readonly string[] {
  return refusedAsUnavailable(() => {
    try {
      return readdirSync(folder, { recursive: true, encoding: "utf8" });
    } catch (cause) {
      return undefinedIfMissing(folder, cause) ?? [];
    }
  });
}

function undefinedIfMissing(path: string, cause: unknown): undefined {
  const error = readFailed(path, cause);
  if (error instanceof CodedError && error.code === "ORC_MISSING_FILE") return undefined;
  throw error;
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
