/**
 * What the spool asks of a disk, and the real one.
 *
 * The port exists so that tests can refuse, stall and tear writes where a real disk would. Every call is off the main thread: a disk
 * that hangs must not keep a datagram from its ack.
 */
import { close, constants, fdatasync, fstat, open as openFd, read, write } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agentError } from "../errors.ts";
import { lockFolder } from "./folder-lock.ts";

export interface DiskFile {
  /** Bytes in the file when it was opened. */
  readonly sizeAtOpen: number;
  /** Writes all of `bytes` at a position, or rejects; a part may then stand in the file. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Bytes at a position; fewer at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Puts what was written onto the medium. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly bytes: number;
  /** By the system clock, ms since the Unix epoch. */
  readonly modifiedMs: number;
}

export interface Disk {
  /** Names of the files in the folder. */
  list(): Promise<readonly string[]>;
  describe(name: string): Promise<FileFacts>;
  readAll(name: string): Promise<Uint8Array>;
  /** Opens for reading and writing; creates the file when it is missing. */
  open(name: string): Promise<DiskFile>;
  /** Replaces a whole small file at once. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  /** Puts new names and removals onto the medium. */
  syncFolder(): Promise<void>;
  /** Lets another process use the folder. */
  unlock(): Promise<void>;
}

type Callback = (error: Error | null) => void;

/** Plain descriptors and callbacks: a third of the cost of fs/promises for small writes. */
function settled(start: (done: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error === null ? resolve() : reject(error))));
}

function writeAll(fd: number, bytes: Uint8Array, position: number, done: Callback): void {
  write(fd, bytes, 0, bytes.length, position, (error, written) => {
    if (error !== null || written === bytes.length) done(error);
    else if (written === 0) done(new Error("the disk took no bytes"));
    else writeAll(fd, bytes.subarray(written), position + written, done);
  });
}

async function fileAt(path: string): Promise<DiskFile> {
  const fd = await new Promise<number>((resolve, reject) =>
    // Not O_APPEND, under which Linux ignores the position of a write.
    openFd(path, constants.O_RDWR | constants.O_CREAT, 0o640, (error, opened) =>
      error === null ? resolve(opened) : reject(error),
    ),
  );
  const sizeAtOpen = await new Promise<number>((resolve, reject) =>
    fstat(fd, (error, stats) => (error === null ? resolve(stats.size) : reject(error))),
  );
  return {
    sizeAtOpen,
    write: (bytes, position) => settled((done) => writeAll(fd, bytes, position, done)),
    read: (position, length) =>
      new Promise((resolve, reject) => {
        const bytes = new Uint8Array(length);
        read(fd, bytes, 0, length, position, (error, count) =>
          error === null ? resolve(bytes.subarray(0, count)) : reject(error),
        );
      }),
    sync: () => settled((done) => fdatasync(fd, done)),
    close: () => settled((done) => close(fd, (error) => done(error ?? null))),
  };
}

/**
 * A folder of the file system, created when missing and locked for this process. Throws AGT_SPOOL_UNUSABLE when it cannot be, and
 * AGT_SPOOL_LOCKED when another process has it.
 */
export async function openDisk(folder: string): Promise<Disk> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw agentError("AGT_SPOOL_UNUSABLE", `${folder}: ${String(error)}`, { cause: error });
  }
  const unlock = await lockFolder(folder);
  const at = (name: string) => join(folder, name);
  return {
    list: () => readdir(folder),
    async describe(name) {
      const { size, mtimeMs } = await stat(at(name));
      return { bytes: size, modifiedMs: mtimeMs };
    },
    readAll: (name) => readFile(at(name)),
    open: (name) => fileAt(at(name)),
    async replace(name, bytes) {
      await writeFile(at(`${name}.new`), bytes, { flush: true });
      await rename(at(`${name}.new`), at(name));
    },
    remove: (name) => rm(at(name), { force: true }),
    async syncFolder() {
      const handle = await open(folder, "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    unlock,
  };
}
