/**
 * Recomputes an epoch from its raw uploads and entropy, and compares everything that is stored with it.
 *
 * Taken as given are the registry (hotspots, payers), the entropy, the parameters, the price and what the epoch before left;
 * a run of epochs checks the last by their chain (audit-run.ts). Everything else follows: challenges from entropy, reports from
 * uploads, results from both, the manifest from all. Whatever is wrong becomes a finding; nothing is thrown for it.
 */
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { type Columns, type EpochOutput, manifestBytes, type TableDefinition } from "@earshot/poc";
import { sha256Hex } from "../epoch-folder/durable-file.ts";
import { type FolderInput, readEpochInput, readEpochOutput, verifyUploadFiles } from "../epoch-folder/folder.ts";
import {
  ANOMALY_INPUT_TABLES,
  FILES,
  INPUT_TABLES,
  type OutputTables,
  outputTablesOf,
  tableFile,
} from "../epoch-folder/layout.ts";
import { loadLog } from "../load/load-log.ts";
import { folderManifest } from "../score/folder-manifest.ts";
import { scoreAside } from "../score/score-aside.ts";
import { type ScoreOptions, scoreInput } from "../score/score-input.ts";
import { compareJson } from "./compare-json.ts";
import { compareTables } from "./compare-tables.ts";
import type { Finding } from "./finding.ts";
import { listedSegmentsFindings } from "./listed-segments.ts";

export interface AuditOptions extends ScoreOptions {
  readonly onProgress?: ((done: number, total: number, what: string) => void) | undefined;
}

export interface EpochAudit {
  readonly folder: string;
  /** Undefined where not even the header could be read. */
  readonly epoch: number | undefined;
  readonly findings: readonly Finding[];
  /** SHA-256 of manifest.json as it is stored; undefined where it cannot be read. */
  readonly manifestHash: string | undefined;
  /** Root of the rewards as recomputed. */
  readonly root: { readonly hash: string; readonly totalAtoms: string } | undefined;
  /** Uploads that were read again, and reports that were judged again. */
  readonly uploads: number;
  readonly reports: number;
  /** What the chain of epochs is checked with. */
  readonly input: FolderInput | undefined;
  readonly stored: OutputTables | undefined;
}

/** Audits one epoch folder. Never throws for what is in it. */
export async function auditFolder(folder: string, options: AuditOptions = {}): Promise<EpochAudit> {
  const audit = new FolderAudit(folder, options);
  try {
    await audit.run();
  } catch (error) {
    audit.refuse(error);
  }
  return audit.result();
}

class FolderAudit {
  readonly #folder: string;
  readonly #options: AuditOptions;
  readonly #findings: Finding[] = [];
  #input: FolderInput | undefined;
  #stored: OutputTables | undefined;
  #manifestHash: string | undefined;
  #root: EpochAudit["root"];
  #uploads = 0;
  #reports = 0;

  constructor(folder: string, options: AuditOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  async run(): Promise<void> {
    const onChanged = (error: CodedError) => this.refuse(error);
    const stored = readEpochInput(this.#folder, onChanged);
    this.#input = stored;
    verifyUploadFiles(this.#folder, onChanged);
    this.#findings.push(...listedSegmentsFindings(this.#folder, stored.header));
    const { recomputed, scored } = await this.#recompute(stored);
    const { tables, manifest } = readEpochOutput(this.#folder, stored, onChanged);
    this.#stored = tables;
    this.#manifestHash = sha256Hex(manifest);
    const output = scored ?? (await scoreInput(recomputed, this.#options));
    for (const [field, table] of Object.entries(outputTablesOf(stored.parameters))) {
      const name = field as keyof OutputTables;
      const [expected, found] = [output[name], tables[name]];
      if (expected !== undefined && found !== undefined) this.#compare(table, expected, found);
    }
    const expected = folderManifest(recomputed, output);
    this.#root = { hash: expected.root.hash, totalAtoms: expected.root.totalAtoms };
    this.#compareManifest(manifest, manifestBytes(expected));
  }

  /** Notes an error as a finding of the file that its message begins with. */
  refuse(error: unknown): void {
    if (!(error instanceof CodedError)) {
      // Out of memory or stack: what is in the folder cannot be recomputed, which is as bad as a difference.
      this.#findings.push({ file: this.#folder, what: `cannot be recomputed: ${String(error)}` });
      return;
    }
    const [, file, what] = /^[A-Z_]+: (.*?(?:\.arrow|\.json|\.seg|\.sha256)): (.*)$/.exec(error.message) ?? [];
    this.#findings.push({ file: file ?? this.#folder, what: what ?? error.message });
  }

  result(): EpochAudit {
    return {
      folder: this.#folder,
      epoch: this.#input?.header.epoch,
      findings: this.#findings,
      manifestHash: this.#manifestHash,
      root: this.#root,
      uploads: this.#uploads,
      reports: this.#reports,
      input: this.#input,
      stored: this.#stored,
    };
  }

  /**
   * The input as it follows from the log, and its score where it is at hand: with several threads one scores what is stored while the
   * log is read, and if the log says the same, that is the score of both.
   */
  async #recompute(stored: FolderInput): Promise<{ recomputed: FolderInput; scored: EpochOutput | undefined }> {
    const findingsBefore = this.#findings.length;
    let aside: Promise<EpochOutput | Error> | undefined;
    try {
      const recomputed = await this.#recomputeInput(stored, () => {
        aside = scoreAside(stored).catch((error: Error) => error);
        return aside;
      });
      if (this.#findings.length > findingsBefore) return { recomputed, scored: undefined };
      const scored = await aside;
      if (scored instanceof Error) throw scored;
      return { recomputed, scored };
    } finally {
      // Nothing is left running, whatever became of the log.
      await aside;
    }
  }

  /** The input as it follows from uploads and entropy; differences from what is stored become findings. */
  async #recomputeInput(stored: FolderInput, aside: () => Promise<unknown>): Promise<FolderInput> {
    const total = stored.intake.uploads;
    const context = {
      ...stored,
      network: stored.header.network,
      onProgress: (done: number) => this.#options.onProgress?.(done, total, "verifying uploads"),
    };
    const uploads = join(this.#folder, FILES.uploads);
    const { challenges, loaded } = await loadLog(uploads, context, this.#options.workers ?? 1, aside);
    this.#compare(INPUT_TABLES.challenges, challenges, stored.challenges);
    const { intake, ...tables } = loaded;
    const { beacons, witnesses, packets } = tables;
    this.#uploads = intake.uploads;
    this.#reports = beacons.log_index.length + witnesses.log_index.length + packets.log_index.length;
    for (const [field, table] of Object.entries(tables)) {
      const name = field as keyof typeof tables;
      const found = stored[name];
      if (table !== undefined && found !== undefined)
        this.#compare({ ...INPUT_TABLES, ...ANOMALY_INPUT_TABLES }[name], table, found);
    }
    const difference = compareJson(intake, stored.intake);
    if (difference !== undefined) {
      const { path: column, expected, found } = difference;
      this.#findings.push({ file: join(this.#folder, FILES.intake), column, expected, found, what: "another value" });
    }
    return { ...stored, challenges, ...loaded };
  }

  #compare(table: TableDefinition, expected: object, stored: object): void {
    const file = join(this.#folder, tableFile(table));
    const columns = (value: object) => value as Columns<TableDefinition>;
    try {
      const finding = compareTables(table, columns(expected), columns(stored), file);
      if (finding !== undefined) this.#findings.push(finding);
    } catch (error) {
      // Rows that cannot be put into log order.
      if (!(error instanceof CodedError)) throw error;
      this.#findings.push({ file, what: error.message });
    }
  }

  #compareManifest(stored: Uint8Array, expected: Uint8Array): void {
    if (Buffer.compare(stored, expected) === 0) return;
    const file = join(this.#folder, FILES.manifest);
    const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
    let found: unknown;
    try {
      found = parse(stored);
    } catch {
      this.#findings.push({ file, what: "not JSON" });
      return;
    }
    const difference = compareJson(parse(expected), found);
    if (difference === undefined) {
      this.#findings.push({ file, what: "the right values, but not as canonical JSON (RFC 8785)" });
      return;
    }
    const { path: column, expected: want, found: have } = difference;
    this.#findings.push({ file, column, expected: want, found: have, what: "another value" });
  }
}
