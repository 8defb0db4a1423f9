/** Snapshots on disk: `<name>.snapshot`, written beside and renamed, so that a crash leaves the old one or the new one. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ClientError } from "../errors.ts";
import type { LocalChain } from "./local-chain.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";

/** Saves a chain; gives the file. */
export function saveSnapshot(folder: string, name: string, chain: LocalChain): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = snapshotPath(folder, name);
  const bytes = encodeSnapshot(chain);
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  return path;
}

/** The saved chain, or null where none was saved under the name. Throws PRG_BAD_SNAPSHOT. */
export function loadSnapshot(folder: string, name: string): LocalChain | null {
  const path = snapshotPath(folder, name);
  if (!existsSync(path)) return null;
  try {
    return decodeSnapshot(readFileSync(path));
  } catch (error) {
    if (error instanceof ClientError) throw new ClientError(error.code, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

export function snapshotPath(folder: string, name: string): string {
  return join(folder, `${name}.snapshot`);
}
