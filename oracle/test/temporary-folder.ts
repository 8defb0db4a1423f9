/** Folders of a test file, all below one that is removed when the file is done. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { afterAll } from "vitest";
import { type FolderInput, writeEpochInput } from "../src/epoch-folder/folder.ts";
import type { LogRecord } from "../src/log/segment-reader.ts";
import { SegmentWriter } from "../src/log/segment-writer.ts";

export class TemporaryFolders {
  readonly root: string;
  #count = 0;

  constructor(name: string) {
    this.root = mkdtempSync(join(tmpdir(), `earshot-${name}-`));
    afterAll(() => rmSync(this.root, { recursive: true, force: true }));
  }

  /** A path below the root that is not there yet. */
  next(): string {
    return join(this.root, String(this.#count++));
  }

  /** A copy of a folder, to be damaged. */
  copy(folder: string): string {
    const copy = this.next();
    cpSync(folder, copy, { recursive: true });
    return copy;
  }
}

/** Writes an epoch folder with its log. */
export async function writeFolder(folder: string, input: FolderInput, records: readonly LogRecord[]): Promise<void> {
  const log = new SegmentWriter(`${folder}/uploads`, 20_000);
  for (const { receiveMs, bytes } of records) log.append(receiveMs, bytes);
  log.close();
  await writeEpochInput(folder, input);
}

/** The message of the coded error that a call throws; fails the test's expectation with what came instead. */
export async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof CodedError ? error.message : `uncoded: ${error instanceof Error ? error.stack : error}`;
  }
  return "no error";
}
