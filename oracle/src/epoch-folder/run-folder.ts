/** A run on disk: a folder whose subfolders `epoch-<number>` are epoch folders, one after the other. */
import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { oracleError } from "../errors.ts";
import { readFailed } from "./durable-file.ts";

const EPOCH_FOLDER = /^epoch-([0-9]{1,10})$/;

/** Name of the folder of an epoch in a run. */
export function epochFolderName(epoch: number): string {
  return `epoch-${epoch}`;
}

/** The epoch that a folder's name says it is; undefined for a folder of another name. */
export function epochOfName(folder: string): number | undefined {
  const match = EPOCH_FOLDER.exec(basename(resolve(folder)));
  return match === null ? undefined : Number(match[1]);
}

/** The epoch folders of a run in the order of their numbers; a folder without such subfolders is taken as an epoch folder itself. */
export function epochFolders(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    const expected = "expected an epoch folder, or a folder of them";
    if ((cause as NodeJS.ErrnoException).code === "ENOTDIR") {
      throw oracleError("ORC_MISSING_FILE", `${folder}: not a folder; ${expected}`);
    }
    throw readFailed(folder, cause, expected);
  }
  const epochs = names.flatMap((name) => {
    const match = EPOCH_FOLDER.exec(name);
    return match === null ? [] : [{ name, epoch: Number(match[1]) }];
  });
  if (epochs.length === 0) return [folder];
  return epochs.sort((a, b) => a.epoch - b.epoch).map(({ name }) => join(folder, name));
}
