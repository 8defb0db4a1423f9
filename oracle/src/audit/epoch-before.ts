/**
 * The epoch before an audited one, for what follows from its log: beside the folder, or downloaded from an oracle. Of a download only what
 * appeals follow from is fetched, raw uploads only where notices are among them.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { appealsTable } from "@earshot/poc";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { FILES, tableFile } from "../epoch-folder/layout.ts";
import { parseIntake } from "../epoch-folder/parameters-file.ts";
import { epochFolderName } from "../epoch-folder/run-folder.ts";
import { SEGMENT_LIST } from "../pipeline/epoch-archive.ts";
import { downloadEpoch, epochFileNames } from "./download-epoch.ts";

const SMALL_FILES: readonly string[] = [
  FILES.manifest,
  FILES.intake,
  FILES.parameters,
  tableFile(appealsTable),
  SEGMENT_LIST,
];

export class EpochBefore {
  readonly #url: string | undefined;
  readonly #folders: string[] = [];

  /** `url`: an oracle that has it where no folder does. */
  constructor(url: string | undefined) {
    this.#url = url;
  }

  /** Folder of an epoch, which lies beside `folder` or is fetched; undefined where it is in neither place. Throws ORC_DOWNLOAD_FAILED. */
  async of(folder: string, epoch: number): Promise<string | undefined> {
    const beside = join(dirname(resolve(folder)), epochFolderName(epoch));
    if (existsSync(join(beside, FILES.manifest))) return beside;
    const url = this.#url;
    if (url === undefined || !(await epochFileNames(url, epoch)).includes(FILES.manifest)) return undefined;
    const place = mkdtempSync(join(tmpdir(), "earshot-before-"));
    this.#folders.push(place);
    await downloadEpoch(url, epoch, place, { only: (name) => SMALL_FILES.includes(name) });
    const path = join(place, FILES.intake);
    if ((parseIntake(readWhole(path), path).refused.notice ?? 0) > 0) {
      await downloadEpoch(url, epoch, place, { only: (name) => name.startsWith(`${FILES.uploads}/`) });
    }
    return place;
  }

  /** Removes what was fetched. */
  [Symbol.dispose](): void {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}
