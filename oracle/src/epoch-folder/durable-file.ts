/**
 * Files that are there whole or not at all: written under a temporary name, fsynced, renamed, and the folder fsynced.
 *
 * Reading turns what the operating system says into coded errors that begin with the path, and never returns a part of a file.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { oracleError } from "../errors.ts";

/** Bytes a single read, write or hash call is given: below the 2 GiB that some systems stop at. */
const PIECE_BYTES = 1 << 30;

/**
 * Writes the chunks as one file and returns its SHA-256 as hex; an existing file is replaced in one step. `mode` is the file's, before the
 * umask. Throws ORC_WRITE_FAILED.
 */
export function writeDurably(path: string, chunks: readonly Uint8Array[], mode = 0o666): string {
  const folder = dirname(path);
  const temporary = join(folder, temporaryName(basename(path), process.pid));
  const hash = createHash("sha256");
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      for (const chunk of chunks) {
        for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
          const piece = chunk.subarray(from, from + PIECE_BYTES);
          hash.update(piece);
          writeWhole(file, piece);
        }
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw writeFailed(path, cause);
  }
  return hash.digest("hex");
}

/**
 * A name per writing: two that write one folder must not write into each other's temporary file, and may have one process id, as in
 * containers.
 */
function temporaryName(file: string, pid: number): string {
  return `.${file}.${randomBytes(6).toString("hex")}.${pid}.tmp`;
}

const TEMPORARY_NAME = /^\..+\.([0-9]{1,10})\.tmp$/;

/** Removes temporary files that processes of this machine left when they were killed. Throws ORC_WRITE_FAILED. */
export function removeLeftovers(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const pid = TEMPORARY_NAME.exec(name)?.[1];
      if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(folder, name), { force: true });
    }
  } catch (cause) {
    throw writeFailed(folder, cause);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // Not ours to signal, but there.
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Removes a file if it is there, durably. Throws ORC_WRITE_FAILED. */
export function removeDurably(path: string): void {
  try {
    rmSync(path, { force: true });
    syncFolder(dirname(path));
  } catch (cause) {
    throw writeFailed(path, cause);
  }
}

/** Makes a folder and its parents. Throws ORC_WRITE_FAILED. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw writeFailed(path, cause);
  }
}

/** What the lack of a file says of an epoch folder. */
const PARTLY_WRITTEN = "the folder is partly written or not an epoch folder";

/**
 * The bytes of a file. Throws ORC_MISSING_FILE, with `missing` as what to think of it; ORC_DAMAGED_FILE for what is no file;
 * ORC_READ_FAILED with the system's reason.
 */
export function readWhole(path: string, missing: string = PARTLY_WRITTEN): Uint8Array {
  let file: number;
  try {
    // Without O_NONBLOCK the opening of a pipe would wait for a writer, for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw readFailed(path, cause, missing);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw oracleError("ORC_DAMAGED_FILE", `${path}: expected a file, got ${kindOf(stat)}`);
    const bytes = new Uint8Array(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const count = readSync(file, bytes, at, Math.min(PIECE_BYTES, bytes.length - at), at);
      if (count === 0) throw oracleError("ORC_DAMAGED_FILE", `${path}: became shorter while it was read`);
      at += count;
    }
    return bytes;
  } catch (cause) {
    throw readFailed(path, cause);
  } finally {
    closeSync(file);
  }
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return "a folder";
  return stat.isFIFO() ? "a pipe" : "a device";
}

/** SHA-256 of bytes as hex. */
export function sha256Hex(bytes: Uint8Array): string {
  const hash = createHash("sha256");
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) hash.update(bytes.subarray(from, from + PIECE_BYTES));
  return hash.digest("hex");
}

/** The coded form of what went wrong while a file was read; a coded error stays what it is. */
export function readFailed(path: string, cause: unknown, missing: string = PARTLY_WRITTEN) {
  if (isCoded(cause)) return cause;
  const reason = systemReason(cause);
  if (reason === "ENOENT" || reason === "ENOTDIR") {
    return oracleError("ORC_MISSING_FILE", `${path}: no such file; ${missing}`);
  }
  return oracleError("ORC_READ_FAILED", `${path}: ${reason}`, { cause, retryable: true });
}

/** The coded form of what went wrong while a file was written; a coded error, such as of the file's folder, stays what it is. */
export function writeFailed(path: string, cause: unknown) {
  if (isCoded(cause)) return cause;
  return oracleError("ORC_WRITE_FAILED", `${path}: ${systemReason(cause)}`, { cause, retryable: true });
}

function isCoded(cause: unknown): cause is Error {
  return cause instanceof Error && "code" in cause && String(cause.code).startsWith("ORC_");
}

/** The operating system's short name of an error (ENOSPC), or its message. */
function systemReason(cause: unknown): string {
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return cause instanceof Error ? cause.message : String(cause);
}

function writeWhole(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(file, bytes, at, bytes.length - at);
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
