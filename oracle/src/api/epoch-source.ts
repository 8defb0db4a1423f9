/**
 * Where the API finds closed epochs: folders on disk, or an archive in an artefact store. Both give the files that `oracle audit` reads,
 * checked against their lists; a damaged epoch is refused with its file's name and never half served.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Columns, EpochManifest, TableDefinition } from "@earshot/poc";
import { isArtefactName } from "../artefacts/artefact-names.ts";
import { decodeTable } from "../epoch-folder/arrow.ts";
import { readWhole, sha256Hex } from "../epoch-folder/durable-file.ts";
import { isScored, readEpochInput, readEpochOutput } from "../epoch-folder/folder.ts";
import { FILES, tableFile } from "../epoch-folder/layout.ts";
import { parseHeader } from "../epoch-folder/parameters-file.ts";
import { epochFolders } from "../epoch-folder/run-folder.ts";
import { oracleError } from "../errors.ts";
import type { EpochArchive, OpenFile } from "../pipeline/epoch-archive.ts";
import type { LoadedEpoch } from "./epoch-view.ts";

export interface EpochSource {
  /** Numbers of the closed epochs, ascending. */
  epochs(): Promise<readonly number[]>;
  /** A closed epoch. Throws what reading an epoch folder throws, ORC_MISSING_FILE where there is none. */
  load(epoch: number): Promise<LoadedEpoch>;
  /** One table of a closed epoch, or undefined. Throws ORC_DAMAGED_FILE, ORC_FOREIGN_FILE. */
  table<T extends TableDefinition>(epoch: number, table: T): Promise<Columns<T> | undefined>;
  /** Names of an epoch's files with their SHA-256 as hex; empty for an epoch that is not closed. */
  files(epoch: number): Promise<ReadonlyMap<string, string>>;
  /** The bytes of one of them, or undefined. */
  file(epoch: number, name: string): Promise<Uint8Array | undefined>;
  /** One of them as it is read, with its hash, or undefined. Nobody has checked these bytes: whoever gets them does. */
  open(epoch: number, name: string): Promise<OpenFile | undefined>;
}

/** The epoch folders of a run on disk (epoch-folder/run-folder.ts). */
export class EpochFolders implements EpochSource {
  readonly #root: string;
  readonly #folders = new Map<number, string>();
  /** Hashes of an epoch's files: a closed epoch does not change, and hashing it reads all of it. */
  readonly #files = new Map<number, ReadonlyMap<string, string>>();

  constructor(root: string) {
    this.#root = root;
  }

  async epochs(): Promise<readonly number[]> {
    for (const folder of epochFolders(this.#root)) {
      const known = [...this.#folders.values()].includes(folder);
      if (!known && isScored(folder)) this.#folders.set(headerOf(folder).epoch, folder);
    }
    return [...this.#folders.keys()].sort((a, b) => a - b);
  }

  async load(epoch: number): Promise<LoadedEpoch> {
    return loadFolder(await this.#folderOf(epoch));
  }

  async table<T extends TableDefinition>(epoch: number, table: T): Promise<Columns<T> | undefined> {
    const path = join(await this.#folderOf(epoch), tableFile(table));
    return existsSync(path) ? decodeTable(table, readWhole(path), path) : undefined;
  }

  async files(epoch: number): Promise<ReadonlyMap<string, string>> {
    const known = this.#files.get(epoch);
    if (known !== undefined) return known;
    const folder = await this.#folderOf(epoch).catch(() => undefined);
    if (folder === undefined) return new Map();
    const names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    const files = new Map(names.sort().map((name) => [name, sha256Hex(readWhole(join(folder, name)))]));
    this.#files.set(epoch, files);
    return files;
  }

  async file(epoch: number, name: string): Promise<Uint8Array | undefined> {
    const files = await this.files(epoch);
    return files.has(name) ? readWhole(join(await this.#folderOf(epoch), name)) : undefined;
  }

  async open(epoch: number, name: string): Promise<OpenFile | undefined> {
    const sha256 = (await this.files(epoch)).get(name);
    if (sha256 === undefined) return undefined;
    const file = Bun.file(join(await this.#folderOf(epoch), name));
    return { bytes: file.size, stream: file.stream(), sha256 };
  }

  async #folderOf(epoch: number): Promise<string> {
    if (!this.#folders.has(epoch)) await this.epochs();
    const folder = this.#folders.get(epoch);
    if (folder === undefined) throw oracleError("ORC_MISSING_FILE", `${this.#root}: epoch ${epoch} is not closed`);
    return folder;
  }
}

/** Epochs of an archive; each is fetched into a temporary folder while it is read. */
export class ArchivedEpochs implements EpochSource {
  readonly #archive: EpochArchive;
  readonly #numbers: () => Promise<readonly number[]>;

  constructor(archive: EpochArchive, numbers: () => Promise<readonly number[]>) {
    this.#archive = archive;
    this.#numbers = numbers;
  }

  epochs(): Promise<readonly number[]> {
    return this.#numbers();
  }

  async load(epoch: number): Promise<LoadedEpoch> {
    const folder = mkdtempSync(join(tmpdir(), "earshot-epoch-"));
    try {
      await this.#archive.fetch(epoch, folder);
      return loadFolder(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  table<T extends TableDefinition>(epoch: number, table: T): Promise<Columns<T> | undefined> {
    return this.#archive.table(epoch, table);
  }

  files(epoch: number): Promise<ReadonlyMap<string, string>> {
    return this.#archive.files(epoch);
  }

  file(epoch: number, name: string): Promise<Uint8Array | undefined> {
    return this.#archive.file(epoch, name);
  }

  async open(epoch: number, name: string): Promise<OpenFile | undefined> {
    return isArtefactName(name) ? this.#archive.open(epoch, name) : undefined;
  }
}

function headerOf(folder: string): { readonly epoch: number } {
  const path = join(folder, FILES.header);
  return parseHeader(readWhole(path), path);
}

function loadFolder(folder: string): LoadedEpoch {
  const path = join(folder, FILES.manifest);
  if (!existsSync(path)) throw oracleError("ORC_MISSING_FILE", `${path}: the epoch is not closed`);
  const input = readEpochInput(folder);
  const { tables: output, manifest: bytes } = readEpochOutput(folder, input);
  const manifest = JSON.parse(Buffer.from(bytes).toString("utf8")) as EpochManifest;
  return { input, output, manifest, manifestHash: sha256Hex(bytes) };
}
