/**
 * appeals.arrow of an epoch, recomputed from the epoch before: what that one had, and the outcomes that its log holds (ADR 0017).
 *
 * Whose outcomes count is no part of an epoch: the governance key is published by the network's operators, and an auditor names it. Appeals
 * are taken from the ingests whose logs the epoch before lists.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { allocateColumns, appealsTable, type Columns, hashTable, type TableDefinition } from "@earshot/poc";
import type { VerifyKey } from "@earshot/poc/protocol";
import type { BillingArchive } from "../billing/contest-epoch.ts";
import { decodeTable } from "../epoch-folder/arrow.ts";
import { readWhole, sha256Hex } from "../epoch-folder/durable-file.ts";
import { FILES, tableFile } from "../epoch-folder/layout.ts";
import { parseIntake } from "../epoch-folder/parameters-file.ts";
import { appealsAfter, holdsAppeals } from "../notices/notices-of-epoch.ts";
import { listedIngests } from "../pipeline/segment-list.ts";
import { compareTables } from "./compare-tables.ts";
import type { Finding } from "./finding.ts";
import { hasSegmentList, readSegmentList } from "./folder-logs.ts";
import { manifestOf } from "./manifest-file.ts";

/** An epoch of which this is the first: no manifest comes before it. */
const NO_MANIFEST = "0".repeat(64);

/** The epoch that is audited. */
export interface AppealsInput {
  readonly folder: string;
  readonly input: {
    readonly header: { readonly epoch: number; readonly network: number; readonly previousManifestHash: string };
    readonly appeals?: Columns<typeof appealsTable> | undefined;
  };
}

/** Whether an epoch is its network's first. */
export function isFirstEpoch({ input }: AppealsInput): boolean {
  return input.header.previousManifestHash === NO_MANIFEST;
}

/** Appeals of a network's first epoch, before which nothing was logged. */
export function firstAppealsFinding({ folder, input: { appeals } }: AppealsInput): Finding | undefined {
  if (appeals === undefined) return undefined;
  return compareTables(appealsTable, allocateColumns(appealsTable, 0), appeals, join(folder, tableFile(appealsTable)));
}

/**
 * The first difference of an epoch's appeals from those that follow from the folder of the epoch before. Without the key of governance a
 * log that holds appeals is a finding: what follows from it is not known.
 */
export async function appealsFinding(
  earlier: string,
  { folder, input }: AppealsInput,
  governanceKey: VerifyKey | undefined,
): Promise<Finding | undefined> {
  const { appeals, header } = input;
  // Rules without detectors have no appeals.
  if (appeals === undefined) return undefined;
  const file = join(folder, tableFile(appealsTable));
  const before = header.epoch - 1;
  const archive = folderArchive(earlier);
  try {
    if (governanceKey === undefined && (await holdsAppeals(archive, before))) {
      const what = `cannot be recomputed: ${earlier} holds appeals or outcomes, and no governance key was given (--governance-key)`;
      return { file, what };
    }
    const keys = { network: header.network, ingestKeys: ingestKeysOf(earlier), governanceKey };
    const expected = await appealsAfter(archive, before, keys);
    const finding = compareTables(appealsTable, expected, appeals, file);
    return finding && { ...finding, what: `${finding.what} than follows from the log of the epoch before` };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { file, what: `cannot be recomputed: ${error.message}` };
  }
}

/**
 * What keeps a folder that was not audited from being the epoch before: another manifest than the one named, other appeals than its manifest
 * fixes, or another number of notices. Its raw log is believed beyond that.
 */
export function unprovenBefore(earlier: string, { input }: AppealsInput): Finding | undefined {
  const bytes = readWhole(join(earlier, FILES.manifest));
  const file = join(earlier, FILES.manifest);
  const { previousManifestHash } = input.header;
  const found = sha256Hex(bytes);
  if (found !== previousManifestHash) {
    return { file, expected: previousManifestHash, found, what: "not the manifest that the audited epoch names" };
  }
  const manifest = manifestOf(bytes);
  if (manifest === undefined) return { file, what: "no manifest" };
  const path = join(earlier, tableFile(appealsTable));
  if (existsSync(path)) {
    const columns = decodeTable(appealsTable, readWhole(path), path);
    const hashes = hashTable(appealsTable, columns, columns.detector.length).columns;
    const column = Object.keys(hashes).find((name) => hashes[name] !== manifest.tables.appeals?.columns[name]);
    if (column !== undefined) return { file: path, column, what: "not what its manifest says" };
  }
  const intake = parseIntake(readWhole(join(earlier, FILES.intake)), join(earlier, FILES.intake));
  const [expected, have] = [manifest.uploads?.refused.notice ?? 0, intake.refused.notice ?? 0];
  return expected === have
    ? undefined
    : {
        file: join(earlier, FILES.intake),
        column: "refused.notice",
        expected: `${expected}`,
        found: `${have}`,
        what: "not what its manifest says",
      };
}

/** Keys of the ingests whose logs a folder lists; none for one that was simulated. */
function ingestKeysOf(folder: string): readonly Uint8Array[] {
  return hasSegmentList(folder) ? listedIngests(readSegmentList(folder).list) : [];
}

/** One epoch folder as an archive; its files are not hashed, the folder's own audit does that. */
function folderArchive(folder: string): BillingArchive {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "/").length));
  const has = new Set(names);
  return {
    files: async () => new Map(names.sort().map((name) => [name, ""])),
    file: async (_epoch, name) => (has.has(name) ? readWhole(join(folder, name)) : undefined),
    table: async <T extends TableDefinition>(_epoch: number, table: T) => {
      const name = tableFile(table);
      return has.has(name) ? decodeTable(table, readWhole(join(folder, name)), join(folder, name)) : undefined;
    },
  };
}
