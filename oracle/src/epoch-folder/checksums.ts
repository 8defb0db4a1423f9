/**
 * The list that seals one half of an epoch folder: `input.sha256` or `output.sha256`, in the form `sha256sum --check` reads.
 *
 * It is written after every file it names and says, for each, the SHA-256 of its bytes. A folder without its list is partly
 * written. The list is about this copy of the files only: what an epoch means is hashed in manifest.json, over column values.
 */
import { join } from "node:path";
import type { CodedError } from "@earshot/geo";
import { oracleError } from "../errors.ts";
import { readWhole, sha256Hex, writeDurably } from "./durable-file.ts";

/** Names relative to the folder, with `/`, to SHA-256 as hex. */
export type Checksums = ReadonlyMap<string, string>;

const LINE = /^([0-9a-f]{64}) {2}([A-Za-z0-9][A-Za-z0-9._/-]{0,120})$/;

/** Writes the list, sorted by name. Throws ORC_WRITE_FAILED. */
export function writeChecksums(path: string, checksums: Checksums): void {
  writeDurably(path, [checksumsFile(checksums)]);
}

/** The bytes of the list, sorted by name. */
export function checksumsFile(checksums: Checksums): Uint8Array {
  const lines = Array.from(checksums, ([name, sha256]) => `${sha256}  ${name}\n`);
  lines.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1));
  return new TextEncoder().encode(lines.join(""));
}

/** Reads the list. Throws ORC_MISSING_FILE when the folder was never finished, ORC_DAMAGED_FILE when a line is no line of such a list. */
export function readChecksums(path: string): Checksums {
  const text = new TextDecoder().decode(readWhole(path));
  if (!text.endsWith("\n")) throw oracleError("ORC_DAMAGED_FILE", `${path}: the end is missing`);
  const checksums = new Map<string, string>();
  for (const [index, line] of text.slice(0, -1).split("\n").entries()) {
    const match = LINE.exec(line);
    if (match === null || match[2].split("/").includes("..") || checksums.has(match[2])) {
      throw oracleError("ORC_DAMAGED_FILE", `${path}: line ${index + 1} is not a SHA-256 and a new name`);
    }
    checksums.set(match[2], match[1]);
  }
  return checksums;
}

/** Told of a file that is not the one the list names, instead of the error being thrown. */
export type OnChanged = (error: CodedError) => void;

/** What one read of a sealed folder needs: where it is and what its list says. */
export interface SealedFolder {
  readonly folder: string;
  /** Name of the list file, for messages. */
  readonly list: string;
  readonly checksums: Checksums;
  readonly onChanged: OnChanged | undefined;
}

/** Opens a half of a folder by its list. */
export function openSealed(folder: string, list: string, onChanged?: OnChanged): SealedFolder {
  return { folder, list, checksums: readChecksums(join(folder, list)), onChanged };
}

/** The bytes of a file of the folder, checked against the list. Throws ORC_MISSING_FILE, and ORC_DAMAGED_FILE unless the folder was opened to hear of that. */
export function readSealed({ folder, list, checksums, onChanged }: SealedFolder, name: string): Uint8Array {
  const path = join(folder, name);
  const bytes = readWhole(path);
  const expected = checksums.get(name);
  const got = sha256Hex(bytes);
  if (got === expected) return bytes;
  const what =
    expected === undefined
      ? `${list} does not name it`
      : `cut off or changed: SHA-256 of its ${bytes.length} bytes is ${got.slice(0, 16)}…, ${list} says ${expected.slice(0, 16)}…`;
  const error = oracleError("ORC_DAMAGED_FILE", `${path}: ${what}`);
  if (onChanged === undefined) throw error;
  onChanged(error);
  return bytes;
}
