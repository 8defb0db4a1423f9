/**
 * Verified uploads of one epoch as columns: what the loader keeps of a raw log, in memory and on disk, until the epoch is closed.
 *
 * A chunk holds some records of the log in the order they were read, whatever that was. Rows of reports lie upload after upload, so
 * that sender, receive time and place of a report are those of its upload and stand there once. What the engine does not read of a
 * report (its own clock) is left in the raw log. Nothing here depends on which records share a chunk.
 */
import {
  type AnyColumn,
  allocateColumn,
  type Columns,
  type ColumnType,
  columnStride,
  type TableDefinition,
} from "@earshot/poc";
import { type Intake, RefusalCounts } from "./intake.ts";

const col = <const N extends string, const T extends ColumnType>(name: N, type: T, meaning: string) =>
  ({ name, type, meaning }) as const;

export const chunkUploadsTable = {
  name: "chunk-uploads",
  role: "log",
  order: "as read",
  columns: [
    col("receive_offset_ms", "u32", "ingest time, ms since the start of the epoch"),
    col("sender_kind", "u8", "0 hotspot, 1 payer"),
    col("sender", "u32", "row of the sender in hotspots.arrow or payers.arrow"),
    col("sequence", "u64", "number in the sender's chain"),
    col("id", "bytes32", "id of the upload"),
    col("previous_id", "bytes32", "id it says it follows"),
    col("beacons", "u16", "reports of each kind"),
    col("witnesses", "u16", "the same"),
    col("receipts", "u16", "the same"),
    col("confirmations", "u16", "the same"),
  ],
} as const satisfies TableDefinition;

export const chunkBeaconsTable = {
  name: "chunk-beacons",
  role: "log",
  order: "by upload, then as in the upload",
  columns: [
    col("challenge_id", "bytes32", "challenge it says it answers"),
    col("is_signed", "u8", "1 when the signature over that id is the sender's"),
    col("payload_key_hi", "u32", "XOR fold of the payload, upper word"),
    col("payload_key_lo", "u32", "XOR fold of the payload, lower word"),
    col("frequency_hz", "u32", "carrier, Hz"),
    col("data_rate", "u8", "data rate byte"),
    col("tx_power_ddbm", "i16", "conducted power, 0.1 dBm"),
  ],
} as const satisfies TableDefinition;

export const chunkWitnessesTable = {
  name: "chunk-witnesses",
  role: "log",
  order: "by upload, then as in the upload",
  columns: [
    col("payload_key_hi", "u32", "XOR fold of the payload heard, upper word"),
    col("payload_key_lo", "u32", "XOR fold of the payload heard, lower word"),
    col("frequency_hz", "u32", "carrier, Hz"),
    col("rssi_ddbm", "i16", "RSSI, 0.1 dBm"),
    col("snr_ddb", "i16", "signal-to-noise ratio, 0.1 dB"),
    col("data_rate", "u8", "data rate byte"),
  ],
} as const satisfies TableDefinition;

export const chunkReceiptsTable = {
  name: "chunk-receipts",
  role: "log",
  order: "by upload, then as in the upload",
  columns: [
    col("packet_hash", "bytes32", "SHA-256 of the PHYPayload"),
    col("phy_bytes", "u8", "its length"),
    col("dev_addr", "u32", "DevAddr"),
  ],
} as const satisfies TableDefinition;

export const chunkConfirmationsTable = {
  name: "chunk-confirmations",
  role: "log",
  order: "by upload, then as in the upload",
  columns: [
    col("packet_hash", "bytes32", "SHA-256 of the PHYPayload"),
    col("hotspot_key", "bytes33", "hotspot that carried the copy"),
    col("phy_bytes", "u8", "length of the PHYPayload"),
  ],
} as const satisfies TableDefinition;

export const chunkRefutationsTable = {
  name: "chunk-refutations",
  role: "log",
  order: "by notice, then as in the notice",
  columns: [
    col("receive_offset_ms", "u32", "ingest time of the notice, ms since the start of the epoch"),
    col("disputed", "bytes32", "SHA-256 of the PHYPayload that no device sent"),
    col("before", "bytes32", "of the frame that proves the session before it"),
    col("after", "bytes32", "of the frame that proves the session after it"),
  ],
} as const satisfies TableDefinition;

/** Tables of a chunk by their field in UploadChunk. */
export const CHUNK_TABLES = {
  uploads: chunkUploadsTable,
  beacons: chunkBeaconsTable,
  witnesses: chunkWitnessesTable,
  receipts: chunkReceiptsTable,
  confirmations: chunkConfirmationsTable,
  refutations: chunkRefutationsTable,
} as const;

export type ChunkTables = { readonly [K in keyof typeof CHUNK_TABLES]: Columns<(typeof CHUNK_TABLES)[K]> };

export interface UploadChunk extends ChunkTables {
  /** Records read, refused ones included. */
  readonly records: number;
  /** Records that hold no upload that can count, by code. */
  readonly refused: Intake["refused"];
}

/** The kinds of reports in the order they have in an upload. */
export const REPORT_KINDS = ["beacons", "witnesses", "receipts", "confirmations"] as const;

export type ReportKind = (typeof REPORT_KINDS)[number];

export const SENDER_KIND = { hotspot: 0, payer: 1 } as const;

/** One chunk with the records of several, in their order. */
export function mergeChunks(chunks: readonly UploadChunk[]): UploadChunk {
  const tables = Object.entries(CHUNK_TABLES).map(([field, table]) => {
    const columns = table.columns.map((definition) => {
      const parts = chunks.map(
        (chunk) => (chunk[field as keyof ChunkTables] as Readonly<Record<string, AnyColumn>>)[definition.name],
      );
      const rows = parts.reduce((sum, part) => sum + part.length, 0) / columnStride(definition.type);
      const merged = allocateColumn(definition, rows);
      let at = 0;
      for (const part of parts) {
        merged.set(part as never, at);
        at += part.length;
      }
      return [definition.name, merged];
    });
    return [field, Object.fromEntries(columns)];
  });
  const refused = new RefusalCounts();
  for (const chunk of chunks) refused.addAll(chunk.refused);
  return {
    records: chunks.reduce((sum, { records }) => sum + records, 0),
    refused: refused.toObject(),
    ...(Object.fromEntries(tables) as ChunkTables),
  };
}
