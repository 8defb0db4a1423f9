/**
 * The files of a log as the log uses them, so that a test can fill the disk or break a write at any byte.
 *
 * Writing goes to the page cache in the calling thread (a copy of memory); `sync` is what takes time, and runs beside it.
 */
import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

export interface LogFile {
  /** Writes all bytes at a position, or throws; part of them may then be written. */
  write(bytes: Uint8Array, position: number): void;
  /** Resolves when what was written is on the medium. */
  sync(): Promise<void>;
  truncate(bytes: number): void;
  close(): void;
}

export interface LogDisk {
  /** Opens a file for writing, made if it is not there; its name is durable when it returns. */
  open(path: string): LogFile;
  /** Makes a folder's entries durable. */
  syncFolder(path: string): void;
}

export const realDisk: LogDisk = {
  open(path) {
    const file = openSync(path, "a");
    closeSync(file);
    return new RealFile(openSync(path, "r+"));
  },
  syncFolder(path) {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
};

class RealFile implements LogFile {
  readonly #file: number;

  constructor(file: number) {
    this.#file = file;
  }

  write(bytes: Uint8Array, position: number): void {
    let at = 0;
    while (at < bytes.length) at += writeSync(this.#file, bytes, at, bytes.length - at, position + at);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#file, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
  }

  truncate(bytes: number): void {
    ftruncateSync(this.#file, bytes);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Reads exactly `bytes.length` bytes at a position; false if the file is shorter. */
export function readFully(file: number, bytes: Uint8Array, position: number): boolean {
  let at = 0;
  while (at < bytes.length) {
    const count = readSync(file, bytes, at, bytes.length - at, position + at);
    if (count === 0) return false;
    at += count;
  }
  return true;
}
