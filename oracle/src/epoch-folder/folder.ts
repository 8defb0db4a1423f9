/**
 * Reads and writes whole epoch folders (layout.ts).
 *
 * Every file is written whole or not at all, and the list or manifest that completes a half last, so a crash at any point leaves a
 * folder that is refused by name or one that is complete. Reading checks bytes (input.sha256, output.sha256), schema, and the rules
 * between tables (check-tables.ts) before anything is given out.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  type AnyColumn,
  allocateColumns,
  type Columns,
  type EpochInput,
  type EpochLog,
  type TableDefinition,
} from "@earshot/poc";
import { oracleError } from "../errors.ts";
import type { Intake } from "../load/intake.ts";
import { segmentNames } from "../log/segment-reader.ts";
import { decodeTable, encodeTable } from "./arrow.ts";
import { checkLogTables } from "./check-log-tables.ts";
import { checkInputTables, checkOutputTable, refuseRowsOf } from "./check-tables.ts";
import { type OnChanged, openSealed, readSealed, type SealedFolder, writeChecksums } from "./checksums.ts";
import { makeFolder, readWhole, removeDurably, removeLeftovers, sha256Hex, writeDurably } from "./durable-file.ts";
import {
  ANOMALY_INPUT_TABLES,
  ANOMALY_OUTPUT_TABLES,
  FILES,
  INPUT_TABLES,
  type InputTables,
  inputTablesOf,
  OUTPUT_TABLES,
  type OutputTables,
  outputTablesOf,
  tableFile,
} from "./layout.ts";
import { type FolderHeader, jsonFile, parseHeader, parseIntake, parseParameters } from "./parameters-file.ts";
import { epochOfName } from "./run-folder.ts";

/** The input half in memory: what the engine takes, and what the loading of uploads needs besides. */
export interface FolderInput extends EpochInput, EpochLog {
  readonly header: FolderHeader;
  /** What became of the uploads the report tables were made from. */
  readonly intake: Intake;
}

/** A file of an epoch folder: its name in it, and its bytes end to end. */
export interface EpochFile {
  readonly name: string;
  readonly chunks: readonly Uint8Array[];
}

/** The files of the input half but the upload log and the list that seals it, each encoded when it is asked for. */
export async function* inputFiles(input: FolderInput): AsyncGenerator<EpochFile> {
  yield { name: FILES.header, chunks: [jsonFile(input.header)] };
  yield { name: FILES.parameters, chunks: [jsonFile(input.parameters)] };
  yield { name: FILES.intake, chunks: [jsonFile(input.intake)] };
  yield* tableFiles(inputTablesOf(input.parameters), input);
}

/** The tables of the output half, each encoded when it is asked for. */
export async function* outputFiles(output: OutputTables): AsyncGenerator<EpochFile> {
  yield* tableFiles(
    output.evidence === undefined ? OUTPUT_TABLES : { ...OUTPUT_TABLES, ...ANOMALY_OUTPUT_TABLES },
    output,
  );
}

/**
 * Writes the input half. The upload log must lie in `uploads/` already (log/segment-writer.ts): it is sealed with the rest.
 * An output half that is there is no longer that of this input, so its manifest goes first. Throws ORC_WRITE_FAILED.
 */
export async function writeEpochInput(folder: string, input: FolderInput): Promise<void> {
  makeFolder(folder);
  removeLeftovers(folder);
  for (const name of [FILES.manifest, FILES.outputList, FILES.inputList]) removeDurably(join(folder, name));
  const checksums = new Map<string, string>();
  for await (const { name, chunks } of inputFiles(input)) checksums.set(name, writeDurably(join(folder, name), chunks));
  for (const segment of segmentNames(join(folder, FILES.uploads))) {
    const name = `${FILES.uploads}/${segment}`;
    checksums.set(name, sha256Hex(readWhole(join(folder, name))));
  }
  writeChecksums(join(folder, FILES.inputList), checksums);
}

/**
 * Reads and checks the input half, the upload log excepted (`verifyUploadFiles`).
 * Throws ORC_MISSING_FILE, ORC_DAMAGED_FILE, ORC_FOREIGN_FILE, ORC_BAD_ROW, ORC_BAD_HEADER; the message begins with the file's path.
 * A folder named `epoch-N` holds epoch N. With `onChanged`, files that differ from input.sha256 are reported and read on: an audit wants to know which row changed.
 */
export function readEpochInput(folder: string, onChanged?: OnChanged): FolderInput {
  const files = Object.values(INPUT_TABLES).map(tableFile);
  assertPresent(folder, [FILES.header, FILES.parameters, FILES.intake, ...files, FILES.uploads, FILES.inputList]);
  const sealed = openSealed(folder, FILES.inputList, onChanged);
  const header = parseHeader(readSealed(sealed, FILES.header), join(folder, FILES.header));
  const named = epochOfName(folder) ?? header.epoch;
  if (named !== header.epoch) {
    const path = join(folder, FILES.header);
    throw oracleError(
      "ORC_BAD_HEADER",
      `${path}: epoch: expected ${named} as the folder's name says, got ${header.epoch}`,
    );
  }
  const parameters = parseParameters(readSealed(sealed, FILES.parameters), join(folder, FILES.parameters));
  const intake = parseIntake(readSealed(sealed, FILES.intake), join(folder, FILES.intake));
  if (parameters.anomaly !== undefined) assertPresent(folder, Object.values(ANOMALY_INPUT_TABLES).map(tableFile));
  const input = { header, parameters, intake, ...readTables(sealed, inputTablesOf(parameters)) } as FolderInput;
  checkInputTables(input, refuseRowsOf(folder));
  checkLogTables(input, refuseRowsOf(folder));
  return input;
}

/** Checks that `uploads/` holds exactly the segments of input.sha256, unchanged. Throws ORC_MISSING_FILE, ORC_DAMAGED_FILE, ORC_BAD_LOG. */
export function verifyUploadFiles(folder: string, onChanged?: OnChanged): void {
  const sealed = openSealed(folder, FILES.inputList, onChanged);
  const found = segmentNames(join(folder, FILES.uploads)).map((name) => `${FILES.uploads}/${name}`);
  const missing = [...sealed.checksums.keys()].find(
    (name) => name.startsWith(`${FILES.uploads}/`) && !found.includes(name),
  );
  if (missing !== undefined)
    throw oracleError("ORC_MISSING_FILE", `${join(folder, missing)}: named by ${FILES.inputList}`);
  for (const name of found) readSealed(sealed, name);
}

/** Writes the output half; `manifest` are the bytes of manifest.json, written last. Throws ORC_WRITE_FAILED. */
export async function writeEpochOutput(folder: string, output: OutputTables, manifest: Uint8Array): Promise<void> {
  removeLeftovers(folder);
  for (const name of [FILES.manifest, FILES.outputList]) removeDurably(join(folder, name));
  const checksums = new Map<string, string>();
  for await (const { name, chunks } of outputFiles(output))
    checksums.set(name, writeDurably(join(folder, name), chunks));
  // Binds the results to the input they were made from.
  checksums.set(FILES.inputList, sha256Hex(readWhole(join(folder, FILES.inputList))));
  checksums.set(FILES.manifest, sha256Hex(manifest));
  writeChecksums(join(folder, FILES.outputList), checksums);
  writeDurably(join(folder, FILES.manifest), [manifest]);
}

/** The output half as it lies there: its tables and the bytes of its manifest. */
export interface StoredOutput {
  readonly tables: OutputTables;
  readonly manifest: Uint8Array;
}

/** Reads and checks the output half against the rows of its input. Throws as `readEpochInput`. */
export function readEpochOutput(
  folder: string,
  input: Pick<EpochInput, "hotspots" | "challenges" | "parameters">,
  onChanged?: OnChanged,
): StoredOutput {
  const definitions = outputTablesOf(input.parameters);
  const files = Object.values(definitions).map(tableFile);
  assertPresent(folder, [...files, FILES.outputList, FILES.manifest]);
  const sealed = openSealed(folder, FILES.outputList, onChanged);
  readSealed(sealed, FILES.inputList);
  const manifest = readSealed(sealed, FILES.manifest);
  const tables = readTables(sealed, definitions) as unknown as OutputTables;
  const rows = { hotspots: input.hotspots.region.length, challenges: input.challenges.minute.length };
  for (const [field, table] of Object.entries(definitions)) {
    const columns = tables[field as keyof OutputTables] as Readonly<Record<string, AnyColumn>>;
    checkOutputTable(table, columns, rows, refuseRowsOf(folder));
  }
  return { tables, manifest };
}

/** True when the folder has a complete output half, going by names alone. */
export function isScored(folder: string): boolean {
  return existsSync(join(folder, FILES.manifest));
}

async function* tableFiles(
  tables: Readonly<Record<string, TableDefinition>>,
  columns: InputTables | OutputTables,
): AsyncGenerator<EpochFile> {
  const byField = columns as unknown as Readonly<Record<string, Columns<TableDefinition> | undefined>>;
  for (const [field, table] of Object.entries(tables)) {
    yield { name: tableFile(table), chunks: await encodeTable(table, byField[field] ?? allocateColumns(table, 0)) };
  }
}

function readTables(sealed: SealedFolder, tables: Readonly<Record<string, TableDefinition>>) {
  return Object.fromEntries(
    Object.entries(tables).map(([field, table]) => {
      const name = tableFile(table);
      return [field, decodeTable(table, readSealed(sealed, name), join(sealed.folder, name))];
    }),
  );
}

function assertPresent(folder: string, names: readonly string[]): void {
  if (!(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw oracleError("ORC_MISSING_FILE", `${folder}: no such folder`);
  }
  const missing = names.find((name) => !existsSync(join(folder, name)));
  if (missing !== undefined) {
    throw oracleError(
      "ORC_MISSING_FILE",
      `${join(folder, missing)}: no such file; the folder is partly written or not an epoch folder`,
    );
  }
}
