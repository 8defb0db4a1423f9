/**
 * Whether an upload and its reports are in an epoch's log and in its manifest, from the epoch's folder alone.
 *
 * In the log: a record of a segment that the folder's list names, with that hash. In the manifest: a row of a report table whose
 * columns hash to what the manifest says. An upload that is in no segment is proven absent by the same hashes. Signatures are not
 * checked anew; `oracle audit` does that for the whole epoch.
 */
import { join } from "node:path";
import type { CodedError } from "@earshot/geo";
import {
  type AnyColumn,
  beaconsTable,
  type Columns,
  type EpochManifest,
  hashTable,
  packetsTable,
  reasonByNumber,
  type TableDefinition,
  verdictsTable,
  witnessesTable,
} from "@earshot/poc";
import { decodeUpload, parseUploadHeader, ReportColumns, uploadId } from "@earshot/poc/protocol";
import { readWhole, sha256Hex } from "../epoch-folder/durable-file.ts";
import { type FolderInput, readEpochInput, readEpochOutput, verifyUploadFiles } from "../epoch-folder/folder.ts";
import { FILES, type OutputTables, tableFile } from "../epoch-folder/layout.ts";
import { Senders } from "../load/senders.ts";
import { numberOf, readSegment, segmentNames } from "../log/segment-reader.ts";
import type { Finding } from "./finding.ts";
import { manifestOf } from "./manifest-file.ts";

/** A record of the log that holds the upload. */
export interface FoundRecord {
  /** Name below `uploads/`. */
  readonly segment: string;
  /** Place in the segment, from 0. */
  readonly record: number;
  /** Unix ms. */
  readonly receiveMs: number;
}

export interface FoundReport {
  /** Place in the upload. */
  readonly index: number;
  readonly kind: "beacon" | "witness" | "receipt";
  /** Place in the epoch's log, and what came of it; undefined where the epoch does not judge the report. */
  readonly logIndex: number | undefined;
  readonly verdict:
    | { readonly reason: string; readonly measured: number; readonly limit: number; readonly isPaid: boolean }
    | undefined;
}

export interface ReportSearch {
  readonly epoch: number;
  readonly manifestHash: string;
  readonly records: readonly FoundRecord[];
  readonly reports: readonly FoundReport[];
  /** What keeps the folder from proving anything. */
  readonly findings: readonly Finding[];
}

interface LocatedRecord extends FoundRecord {
  readonly bytes: Uint8Array;
}

/** Looks an upload up by its 32-byte id. Throws what reading an epoch folder throws. */
export function findReports(folder: string, id: Uint8Array): ReportSearch {
  const findings: Finding[] = [];
  const onChanged = (error: CodedError) => void findings.push({ file: folder, what: error.message });
  const input = readEpochInput(folder, onChanged);
  verifyUploadFiles(folder, onChanged);
  const { tables, manifest: bytes } = readEpochOutput(folder, input, onChanged);
  const manifest = manifestOf(bytes);
  if (manifest === undefined) findings.push({ file: join(folder, FILES.manifest), what: "no manifest" });
  const stored = { ...input, ...tables };
  for (const [table, columns] of [
    [beaconsTable, stored.beacons],
    [witnessesTable, stored.witnesses],
    [packetsTable, stored.packets],
    [verdictsTable, stored.verdicts],
  ] as const) {
    findings.push(...hashFindings(folder, table, columns as Columns<TableDefinition>, manifest?.tables ?? {}));
  }
  const found = findRecords(folder, id);
  return {
    epoch: input.header.epoch,
    manifestHash: sha256Hex(bytes),
    records: found.map(({ segment, record, receiveMs }) => ({ segment, record, receiveMs })),
    reports: reportsOf(input, tables, found),
    findings,
  };
}

/** Columns of a stored table that are not those of the manifest. */
function hashFindings(
  folder: string,
  table: TableDefinition,
  columns: Columns<TableDefinition>,
  tables: EpochManifest["tables"],
): Finding[] {
  const rows = (columns as unknown as { readonly log_index: Uint32Array }).log_index.length;
  const hashes = hashTable(table, columns, rows).columns;
  return Object.entries(hashes).flatMap(([column, found]) => {
    const expected = tables[table.name]?.columns[column];
    const file = join(folder, tableFile(table));
    return expected === found
      ? []
      : [{ file, column, expected: expected ?? "nothing", found, what: "not what the manifest says" }];
  });
}

function findRecords(folder: string, id: Uint8Array): LocatedRecord[] {
  const uploads = join(folder, FILES.uploads);
  return segmentNames(uploads).flatMap((segment) => {
    const path = join(uploads, segment);
    return readSegment(readWhole(path), numberOf(segment), path).flatMap(({ receiveMs, bytes }, record) => {
      const isUpload = parseUploadHeader(bytes).status === "ok";
      return isUpload && Buffer.compare(uploadId(bytes), id) === 0 ? [{ segment, record, receiveMs, bytes }] : [];
    });
  });
}

/** Each report of the upload with its row, found by what it says: rows of equal reports are told in their order. */
function reportsOf(input: FolderInput, tables: OutputTables, found: readonly LocatedRecord[]): FoundReport[] {
  const [first] = found;
  if (first === undefined) return [];
  const parsed = parseUploadHeader(first.bytes);
  if (parsed.status === "refused") return [];
  const { header } = parsed;
  const hotspot = new Senders(input.hotspots.key, input.payers.key).hotspotRow(header.signer, 0);
  const reports = new ReportColumns();
  decodeUpload({ status: "ok", bytes: first.bytes, header, id: uploadId(first.bytes) }, PLACE, reports);
  const offsets = new Set(found.map(({ receiveMs }) => receiveMs - input.header.epoch * input.parameters.time.epochMs));
  const taken = new Set<number>();
  const search = (columns: RowColumns, wanted: Readonly<Record<string, number>>) => {
    for (let row = 0; row < columns.log_index.length; row++) {
      const logIndex = columns.log_index[row];
      if (columns.hotspot[row] !== hotspot || !offsets.has(columns.receive_offset_ms[row]) || taken.has(logIndex))
        continue;
      if (!Object.entries(wanted).every(([name, value]) => Number(columns[name][row]) === value)) continue;
      taken.add(logIndex);
      return logIndex;
    }
    return undefined;
  };
  const { beacons, witnesses, receipts } = reports;
  const all: FoundReport[] = [];
  const add = (kind: FoundReport["kind"], logIndex: number | undefined) =>
    all.push({ index: all.length, kind, logIndex, verdict: verdictOf(tables, logIndex) });
  for (let row = 0; row < beacons.length; row++) {
    const wanted = { payload_key_hi: beacons.payloadKeyHi[row], payload_key_lo: beacons.payloadKeyLo[row] };
    add("beacon", search(input.beacons, { ...wanted, frequency_hz: beacons.frequencyHz[row] }));
  }
  for (let row = 0; row < witnesses.length; row++) {
    const wanted = { payload_key_hi: witnesses.payloadKeyHi[row], payload_key_lo: witnesses.payloadKeyLo[row] };
    add(
      "witness",
      search(input.witnesses, { ...wanted, rssi_ddbm: witnesses.rssiDdbm[row], snr_ddb: witnesses.snrDdb[row] }),
    );
  }
  for (let row = 0; row < receipts.length; row++) {
    add("receipt", search(input.packets, { phy_bytes: receipts.phyBytes[row], dev_addr: receipts.devAddr[row] }));
  }
  return all;
}

type RowColumns = Readonly<Record<string, AnyColumn>> & {
  readonly log_index: Uint32Array;
  readonly hotspot: Uint32Array;
  readonly receive_offset_ms: Uint32Array;
};

const PLACE = { hotspot: 0, receiveOffsetMs: 0, uploadRank: 0 } as const;

function verdictOf({ verdicts }: OutputTables, logIndex: number | undefined): FoundReport["verdict"] {
  const row = logIndex === undefined ? -1 : verdicts.log_index.indexOf(logIndex);
  if (row < 0) return undefined;
  const reason = reasonByNumber(verdicts.reason[row])?.name ?? String(verdicts.reason[row]);
  const isPaid = verdicts.selected[row] === 1;
  return { reason, measured: verdicts.measured[row], limit: verdicts.limit[row], isPaid };
}
