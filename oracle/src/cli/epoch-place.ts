/** Where a command finds an epoch: a folder on disk, or an oracle's API, from which it is downloaded into a folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadEpoch } from "../audit/download-epoch.ts";
import { epochFolderName } from "../epoch-folder/run-folder.ts";
import { oracleError } from "../errors.ts";
import { integerParser, textParser } from "./parse.ts";
import type { ProgressBar } from "./progress-bar.ts";

export interface PlaceFlags {
  readonly url?: string;
  readonly dir?: string;
  readonly epoch?: readonly number[];
}

const EPOCH_MAX = 0xffffffff;

export const placeFlags = {
  url: {
    kind: "parsed",
    parse: textParser,
    brief: "Address of an oracle to download from",
    placeholder: "URL",
    optional: true,
  },
  dir: {
    kind: "parsed",
    parse: textParser,
    brief: "Folder of epoch-N folders; with --url where downloads are kept",
    placeholder: "DIR",
    optional: true,
  },
  epoch: {
    kind: "parsed",
    parse: integerParser(0, EPOCH_MAX),
    brief: "Epoch in --dir or at --url; several in their order",
    placeholder: "N",
    variadic: true,
    optional: true,
  },
} as const;

/** Runs with the folders the flags name; what was downloaded without --dir is removed afterwards. Throws ORC_BAD_OPTION. */
export async function withEpochFolders<T>(
  { url, dir, epoch: epochs = [] }: PlaceFlags,
  progress: ProgressBar,
  run: (folders: readonly string[]) => Promise<T>,
): Promise<T> {
  if (epochs.length === 0 || (url === undefined && dir === undefined)) {
    throw oracleError("ORC_BAD_OPTION", "expected epoch folders, or --epoch with --dir or --url");
  }
  const root = dir ?? mkdtempSync(join(tmpdir(), "earshot-audit-"));
  try {
    const folders = epochs.map((epoch) => join(root, epochFolderName(epoch)));
    for (const [at, epoch] of url === undefined ? [] : epochs.entries()) {
      await downloadEpoch(url!, epoch, folders[at], {
        onProgress: (done, total, name) => progress.show(done, total, `downloading ${name} of epoch ${epoch}`),
      });
    }
    return await run(folders);
  } finally {
    if (dir === undefined) rmSync(root, { recursive: true, force: true });
  }
}
