/**
 * Epoch folders in an artefact store: `epoch/NUMBER/FILE` names each file of epoch-folder/layout.ts, and the manifest is named last.
 *
 * Segments are stored once, however many epochs they are part of. Archiving an epoch again changes nothing, so a process that died in
 * between just begins anew. What is fetched is the folder, file by file, that `oracle score` and `oracle audit` read.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Columns, type EpochManifest, manifestBytes, type TableDefinition } from "@earshot/poc";
import { decodeTable } from "../epoch-folder/arrow.ts";
import { checksumsFile } from "../epoch-folder/checksums.ts";
import { makeFolder, readWhole, sha256Hex, writeDurably } from "../epoch-folder/durable-file.ts";
import { type EpochFile, type FolderInput, inputFiles, outputFiles } from "../epoch-folder/folder.ts";
import { FILES, type OutputTables, tableFile } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import { emptySegment, segmentName } from "../log/segment.ts";
import type { ArtefactStore, OpenBlob } from "../ports/artefact-store.ts";

/** A file of an epoch as it is read, with its SHA-256, hex. */
export type OpenFile = OpenBlob & { readonly sha256: string };

/** Beside the folder's own files: which segments of which logs the epoch was made from, signed (segment-list.ts). */
export const SEGMENT_LIST = "segments.json";

export class EpochArchive {
  readonly #store: ArtefactStore;

  constructor(store: ArtefactStore) {
    this.#store = store;
  }

  /** Stores bytes under their hash, as segments and chunks are before their epoch is closed. Throws ORC_STORE_UNAVAILABLE, as all do. */
  put(bytes: Uint8Array): Promise<string> {
    return this.#store.put(bytes);
  }

  /** Bytes by their hash. Throws ORC_MISSING_FILE, ORC_DAMAGED_FILE. */
  async get(sha256: string): Promise<Uint8Array> {
    const bytes = await this.#store.get(sha256);
    if (bytes === undefined) throw oracleError("ORC_MISSING_FILE", `${sha256}: not in the artefact store`);
    return bytes;
  }

  /** Archives the input half; `segments`: names below `uploads/` and hashes of what is stored already. Gives the hash of its list. */
  async writeInput(
    input: FolderInput,
    segments: ReadonlyMap<string, string>,
    segmentList: Uint8Array,
  ): Promise<string> {
    const { epoch } = input.header;
    const checksums = new Map<string, string>();
    for await (const file of inputFiles(input)) checksums.set(file.name, await this.#write(epoch, file));
    // A folder has a log, be it one without uploads.
    const named = segments.size > 0 ? segments : new Map([[segmentName(0), await this.#store.put(emptySegment())]]);
    for (const [segment, sha256] of named) {
      const name = `${FILES.uploads}/${segment}`;
      await this.#store.link(nameOf(epoch, name), sha256);
      checksums.set(name, sha256);
    }
    await this.#write(epoch, { name: SEGMENT_LIST, chunks: [segmentList] });
    return this.#write(epoch, { name: FILES.inputList, chunks: [checksumsFile(checksums)] });
  }

  /** Archives the output half; the manifest last. Gives the manifest's hash. */
  async writeOutput(output: OutputTables, manifest: EpochManifest, inputListSha256: string): Promise<string> {
    const { epoch } = manifest;
    const bytes = manifestBytes(manifest);
    const checksums = new Map<string, string>();
    for await (const file of outputFiles(output)) checksums.set(file.name, await this.#write(epoch, file));
    checksums.set(FILES.inputList, inputListSha256);
    checksums.set(FILES.manifest, sha256Hex(bytes));
    await this.#write(epoch, { name: FILES.outputList, chunks: [checksumsFile(checksums)] });
    return this.#write(epoch, { name: FILES.manifest, chunks: [bytes] });
  }

  /** A file of an archived epoch, or undefined. */
  async file(epoch: number, name: string): Promise<Uint8Array | undefined> {
    const sha256 = await this.#store.resolve(nameOf(epoch, name));
    return sha256 === undefined ? undefined : this.get(sha256);
  }

  /** The same as it is read, with its hash: for files of any size that are passed on. */
  async open(epoch: number, name: string): Promise<OpenFile | undefined> {
    const sha256 = await this.#store.resolve(nameOf(epoch, name));
    const blob = sha256 === undefined ? undefined : await this.#store.open(sha256);
    return blob === undefined ? undefined : { ...blob, sha256: sha256! };
  }

  /** A table of an archived epoch, or undefined. */
  async table<T extends TableDefinition>(epoch: number, table: T): Promise<Columns<T> | undefined> {
    const name = tableFile(table);
    const bytes = await this.file(epoch, name);
    return bytes === undefined ? undefined : decodeTable(table, bytes, nameOf(epoch, name));
  }

  /** Files of an archived epoch with their hashes. */
  async files(epoch: number): Promise<ReadonlyMap<string, string>> {
    const prefix = nameOf(epoch, "");
    const files = new Map<string, string>();
    for (const name of await this.#store.names(prefix)) {
      const sha256 = await this.#store.resolve(name);
      if (sha256 !== undefined) files.set(name.slice(prefix.length), sha256);
    }
    return files;
  }

  /** Writes an archived epoch as a folder. Throws ORC_MISSING_FILE where the epoch is not archived, ORC_WRITE_FAILED. */
  async fetch(epoch: number, folder: string): Promise<void> {
    const files = await this.files(epoch);
    if (!files.has(FILES.manifest))
      throw oracleError("ORC_MISSING_FILE", `${nameOf(epoch, FILES.manifest)}: not archived`);
    for (const [name, sha256] of files) {
      const path = join(folder, name);
      makeFolder(join(path, ".."));
      writeDurably(path, [await this.get(sha256)]);
    }
  }

  /** Archives a folder that is a closed epoch already, file by file; the manifest last. Throws ORC_READ_FAILED. */
  async adopt(epoch: number, folder: string): Promise<void> {
    const names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .filter((name) => name !== FILES.manifest);
    for (const name of [...names, FILES.manifest]) {
      await this.#write(epoch, { name, chunks: [readWhole(join(folder, name))] });
    }
  }

  async #write(epoch: number, { name, chunks }: EpochFile): Promise<string> {
    const sha256 = await this.#store.put(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    await this.#store.link(nameOf(epoch, name), sha256);
    return sha256;
  }
}

function nameOf(epoch: number, file: string): string {
  return `epoch/${epoch}/${file}`;
}
