/**
 * From raw uploads to the report tables of an epoch: beacons.arrow, witnesses.arrow, packets.arrow.
 *
 * Rows are in log order and log_index numbers them 0 … n − 1 over the three tables together, by (receive ms, upload id, index in
 * upload). A beacon's row names its challenge and says whether its signature verifies; a receipt's row names the payer that
 * confirmed it. Receipts received in the grace time belong to the next epoch and give no row here.
 */
import { createHash } from "node:crypto";
import { allocateColumns, beaconsTable, type EpochInput, NO_ROW, packetsTable, witnessesTable } from "@earshot/poc";
import { decodeUpload, ReportColumns, verifyBeaconSignature } from "@earshot/poc/protocol";
import type { PayerColumns } from "../epoch-folder/payers-table.ts";
import type { LogRecord } from "../log/segment-reader.ts";
import { type AcceptedUpload, acceptUploads, type Senders } from "./accept-uploads.ts";
import type { Intake } from "./intake.ts";
import { matchConfirmations } from "./match-confirmations.ts";

/** What uploads are read against. */
export interface LoadContext extends Pick<EpochInput, "parameters" | "hotspots" | "challenges"> {
  readonly header: Pick<EpochInput["header"], "epoch">;
  /** Network number that uploads must name (poc/protocol). */
  readonly network: number;
  readonly payers: PayerColumns;
  readonly onProgress?: ((uploads: number) => void) | undefined;
}

export interface LoadedReports extends Pick<EpochInput, "beacons" | "witnesses" | "packets"> {
  readonly intake: Intake;
}

/** Places of rows in the log, over the three tables. */
interface LogIndices {
  readonly beacons: Uint32Array;
  readonly witnesses: Uint32Array;
  readonly receipts: Uint32Array;
}

/** A table while its rows are given their places: the next row, and the places of those before. */
interface PlacedTable {
  readonly rank: Uint32Array;
  readonly index: Uint16Array;
  readonly places: Uint32Array;
  next: number;
}

/** Loads a log, in whatever order its records come. Never throws for what an upload says: refusals are counted in `intake`. */
export function loadUploads(records: Iterable<LogRecord>, context: LoadContext): LoadedReports {
  const { time } = context.parameters;
  const { accepted, uploads, refused, senders } = acceptUploads(records, {
    hotspots: context.hotspots,
    payers: context.payers,
    network: context.network,
    epochStartMs: context.header.epoch * time.epochMs,
    openMs: time.epochMs + time.graceMs,
    onProgress: context.onProgress,
  });
  const reports = decodeAll(accepted);
  const { beacons, witnesses, receipts, confirmations } = reports;
  let ownReceipts = 0;
  // Receive times ascend, so the receipts of the next epoch are the last ones.
  while (ownReceipts < receipts.length && receipts.receiveOffsetMs[ownReceipts] < time.epochMs) ownReceipts++;
  const indices = logIndices(reports, ownReceipts);
  const packets = packetRows(reports, ownReceipts, indices.receipts);
  const billed = matchConfirmations(packets, confirmations, {
    payers: context.payers,
    hotspotRow: (keys, offset) => senders.hotspotRow(keys, offset),
    bytesPerDataCredit: context.parameters.rewards.bytesPerDataCredit,
  });
  return {
    beacons: beaconRows(reports, indices.beacons, context, senders),
    witnesses: witnessRows(reports, indices.witnesses),
    packets,
    intake: {
      uploads,
      accepted: accepted.length,
      sha256: digestOfIds(accepted),
      refused: refused.toObject(),
      beacons: beacons.length,
      witnesses: witnesses.length,
      receipts: receipts.length,
      confirmations: confirmations.length,
      billed,
      receiptsOfNextEpoch: receipts.length - ownReceipts,
    },
  };
}

function digestOfIds(accepted: readonly AcceptedUpload[]): string {
  const hash = createHash("sha256");
  for (const { upload } of accepted) hash.update(upload.id);
  return hash.digest("hex");
}

function decodeAll(accepted: readonly AcceptedUpload[]): ReportColumns {
  const reports = new ReportColumns();
  for (const [uploadRank, { upload, sender, receiveOffsetMs }] of accepted.entries()) {
    decodeUpload(upload, { hotspot: sender.row, receiveOffsetMs, uploadRank }, reports);
  }
  return reports;
}

/** Merges the tables, each of which is in log order, by (upload rank, index in upload). */
function logIndices({ beacons, witnesses, receipts }: ReportColumns, ownReceipts: number): LogIndices {
  const tables: PlacedTable[] = [
    { rank: beacons.uploadRank, index: beacons.indexInUpload, next: 0, places: new Uint32Array(beacons.length) },
    { rank: witnesses.uploadRank, index: witnesses.indexInUpload, next: 0, places: new Uint32Array(witnesses.length) },
    { rank: receipts.uploadRank, index: receipts.indexInUpload, next: 0, places: new Uint32Array(ownReceipts) },
  ];
  const total = beacons.length + witnesses.length + ownReceipts;
  for (let place = 0; place < total; place++) {
    let first: PlacedTable | undefined;
    for (const table of tables) {
      if (table.next === table.places.length) continue;
      const earlier =
        first === undefined ||
        table.rank[table.next] < first.rank[first.next] ||
        (table.rank[table.next] === first.rank[first.next] && table.index[table.next] < first.index[first.next]);
      if (earlier) first = table;
    }
    const taken = first as PlacedTable;
    taken.places[taken.next++] = place;
  }
  return { beacons: tables[0].places, witnesses: tables[1].places, receipts: tables[2].places };
}

function beaconRows(
  { beacons }: ReportColumns,
  places: Uint32Array,
  { challenges, hotspots }: LoadContext,
  senders: Senders,
): LoadedReports["beacons"] {
  const rows = beacons.length;
  const challengeRows = new Map<string, number>();
  const ids = challenges.challenge_id;
  for (let row = 0; row * 32 < ids.length; row++) challengeRows.set(idText(ids, row * 32), row);
  const columns = allocateColumns(beaconsTable, rows);
  columns.log_index.set(places);
  columns.hotspot.set(beacons.hotspot.subarray(0, rows));
  columns.receive_offset_ms.set(beacons.receiveOffsetMs.subarray(0, rows));
  columns.payload_key_hi.set(beacons.payloadKeyHi.subarray(0, rows));
  columns.payload_key_lo.set(beacons.payloadKeyLo.subarray(0, rows));
  columns.frequency_hz.set(beacons.frequencyHz.subarray(0, rows));
  columns.data_rate.set(beacons.dataRate.subarray(0, rows));
  columns.tx_power_ddbm.set(beacons.txPowerDdbm.subarray(0, rows));
  for (let row = 0; row < rows; row++) {
    const challenge = challengeRows.get(idText(beacons.challengeId, row * 32)) ?? NO_ROW;
    columns.challenge[row] = challenge;
    if (challenge === NO_ROW) {
      columns.proof_status[row] = 2;
      continue;
    }
    const key = senders.find(hotspots.key, beacons.hotspot[row] * 33)?.key;
    const challengeId = beacons.challengeId.subarray(row * 32, (row + 1) * 32);
    const signature = beacons.signature.subarray(row * 64, (row + 1) * 64);
    const verifies = key !== undefined && key !== null && verifyBeaconSignature(key, challengeId, signature);
    columns.proof_status[row] = verifies ? 0 : 1;
  }
  return columns;
}

function witnessRows({ witnesses }: ReportColumns, places: Uint32Array): LoadedReports["witnesses"] {
  const rows = witnesses.length;
  const columns = allocateColumns(witnessesTable, rows);
  columns.log_index.set(places);
  columns.hotspot.set(witnesses.hotspot.subarray(0, rows));
  columns.receive_offset_ms.set(witnesses.receiveOffsetMs.subarray(0, rows));
  columns.payload_key_hi.set(witnesses.payloadKeyHi.subarray(0, rows));
  columns.payload_key_lo.set(witnesses.payloadKeyLo.subarray(0, rows));
  columns.frequency_hz.set(witnesses.frequencyHz.subarray(0, rows));
  columns.rssi_ddbm.set(witnesses.rssiDdbm.subarray(0, rows));
  columns.snr_ddb.set(witnesses.snrDdb.subarray(0, rows));
  columns.data_rate.set(witnesses.dataRate.subarray(0, rows));
  return columns;
}

function packetRows({ receipts }: ReportColumns, rows: number, places: Uint32Array): LoadedReports["packets"] {
  const columns = allocateColumns(packetsTable, rows);
  columns.log_index.set(places);
  columns.hotspot.set(receipts.hotspot.subarray(0, rows));
  columns.receive_offset_ms.set(receipts.receiveOffsetMs.subarray(0, rows));
  columns.packet_hash.set(receipts.packetHash.subarray(0, rows * 32));
  columns.phy_bytes.set(receipts.phyBytes.subarray(0, rows));
  columns.dev_addr.set(receipts.devAddr.subarray(0, rows));
  return columns;
}

function idText(bytes: Uint8Array, offset: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, 32).toString("latin1");
}
