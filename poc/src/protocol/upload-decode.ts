/**
 * Decodes the records of verified uploads straight into typed columns.
 *
 * Takes only what `verifyUpload` returned, so lengths and canonical rules hold and nothing is checked twice. One DataView per
 * upload, no object per record. The payload of a beacon is hashed here, because its join key is what witnesses are found by.
 */
import { BEACON_PAYLOAD_BYTES, beaconPayloadInto, payloadKeyHi, payloadKeyLo } from "./beacon.ts";
import { checkInteger } from "./byte-codec.ts";
import { BEACON_OFFSETS, CONFIRMATION_OFFSETS, RECEIPT_OFFSETS, RECORD_BYTES, WITNESS_OFFSETS } from "./report.ts";
import type { BeaconTable, ConfirmationTable, ReceiptTable, ReportColumns, WitnessTable } from "./report-columns.ts";
import { UPLOAD_HEADER_BYTES } from "./upload.ts";
import type { VerifiedUpload } from "./upload-verify.ts";

/** Where an upload stands: what the ingest knows and the bytes do not say. */
export interface UploadPlace {
  /** Dense id of the signer, u32. */
  readonly hotspot: number;
  /** Ingest time, ms since the start of the epoch, u32. */
  readonly receiveOffsetMs: number;
  /** Rank of the upload in log order, u32. */
  readonly uploadRank: number;
}

const TWO_TO_32 = 4_294_967_296;
const payload = new Uint8Array(BEACON_PAYLOAD_BYTES);

/**
 * Appends all records of an upload to `columns`.
 * @throws POC_BAD_ENCODING if a number of `place` is not a u32.
 */
export function decodeUpload(upload: VerifiedUpload, place: UploadPlace, columns: ReportColumns): void {
  checkInteger(place.hotspot, 0, 0xffff_ffff, "hotspot");
  checkInteger(place.receiveOffsetMs, 0, 0xffff_ffff, "receiveOffsetMs");
  checkInteger(place.uploadRank, 0, 0xffff_ffff, "uploadRank");
  const { bytes, header } = upload;
  const { beacons, witnesses, receipts, confirmations } = header.counts;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = UPLOAD_HEADER_BYTES;
  let index = 0;
  if (beacons > 0) decodeBeacons(bytes, view, at, beacons, place, columns.beacons);
  at += beacons * RECORD_BYTES.beacon;
  index += beacons;
  if (witnesses > 0) decodeWitnesses(view, at, index, witnesses, place, columns.witnesses);
  at += witnesses * RECORD_BYTES.witness;
  index += witnesses;
  if (receipts > 0) decodeReceipts(bytes, view, at, index, receipts, place, columns.receipts);
  at += receipts * RECORD_BYTES.receipt;
  index += receipts;
  if (confirmations > 0) decodeConfirmations(bytes, at, index, confirmations, place, columns.confirmations);
}

/** Makes room, fills the columns every table has, and gives the row of the first new report. */
function appendRows(
  table: BeaconTable | WitnessTable | ReceiptTable | ConfirmationTable,
  place: UploadPlace,
  first: number,
  rows: number,
): number {
  table.reserve(rows);
  const row = table.length;
  const end = row + rows;
  table.hotspot.fill(place.hotspot, row, end);
  table.receiveOffsetMs.fill(place.receiveOffsetMs, row, end);
  table.uploadRank.fill(place.uploadRank, row, end);
  const { indexInUpload } = table;
  for (let i = 0; i < rows; i++) indexInUpload[row + i] = first + i;
  table.length = end;
  return row;
}

function decodeBeacons(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  rows: number,
  place: UploadPlace,
  table: BeaconTable,
): void {
  let row = appendRows(table, place, 0, rows);
  for (let at = start; at < start + rows * RECORD_BYTES.beacon; at += RECORD_BYTES.beacon, row++) {
    table.challengeId.set(bytes.subarray(at, at + BEACON_OFFSETS.signature), row * 32);
    table.signature.set(bytes.subarray(at + BEACON_OFFSETS.signature, at + BEACON_OFFSETS.transmitMs), row * 64);
    beaconPayloadInto(bytes, at, payload);
    table.payloadKeyHi[row] = payloadKeyHi(payload, 0);
    table.payloadKeyLo[row] = payloadKeyLo(payload, 0);
    table.transmitMs[row] = safeU64(view, at + BEACON_OFFSETS.transmitMs);
    table.frequencyHz[row] = view.getUint32(at + BEACON_OFFSETS.frequencyHz, true);
    table.dataRate[row] = view.getUint8(at + BEACON_OFFSETS.dataRate);
    table.txPowerDdbm[row] = view.getInt16(at + BEACON_OFFSETS.txPowerDdbm, true);
    table.tmst[row] = view.getUint32(at + BEACON_OFFSETS.tmst, true);
  }
}

function decodeWitnesses(
  view: DataView,
  start: number,
  first: number,
  rows: number,
  place: UploadPlace,
  table: WitnessTable,
): void {
  let row = appendRows(table, place, first, rows);
  const { payloadKeyHi: keyHi, payloadKeyLo: keyLo, receivedMs, tmst } = table;
  const { rssiDdbm, snrDdb, frequencyHz, dataRate } = table;
  for (let at = start; at < start + rows * RECORD_BYTES.witness; at += RECORD_BYTES.witness, row++) {
    keyLo[row] = view.getInt32(at, true) ^ view.getInt32(at + 8, true) ^ view.getInt32(at + 16, true);
    keyHi[row] = view.getInt32(at + 4, true) ^ view.getInt32(at + 12, true) ^ view.getInt32(at + 20, true);
    receivedMs[row] = safeU64(view, at + WITNESS_OFFSETS.receivedMs);
    tmst[row] = view.getUint32(at + WITNESS_OFFSETS.tmst, true);
    rssiDdbm[row] = view.getInt16(at + WITNESS_OFFSETS.rssiDdbm, true);
    snrDdb[row] = view.getInt16(at + WITNESS_OFFSETS.snrDdb, true);
    frequencyHz[row] = view.getUint32(at + WITNESS_OFFSETS.frequencyHz, true);
    dataRate[row] = view.getUint8(at + WITNESS_OFFSETS.dataRate);
  }
}

function decodeReceipts(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  first: number,
  rows: number,
  place: UploadPlace,
  table: ReceiptTable,
): void {
  let row = appendRows(table, place, first, rows);
  for (let at = start; at < start + rows * RECORD_BYTES.receipt; at += RECORD_BYTES.receipt, row++) {
    table.packetHash.set(bytes.subarray(at, at + 32), row * 32);
    table.phyBytes[row] = view.getUint8(at + RECEIPT_OFFSETS.phyBytes);
    table.devAddr[row] = view.getUint32(at + RECEIPT_OFFSETS.devAddr, true);
    table.fCnt[row] = view.getUint16(at + RECEIPT_OFFSETS.fCnt, true);
    table.receivedMs[row] = safeU64(view, at + RECEIPT_OFFSETS.receivedMs);
    table.routeId[row] = safeU64(view, at + RECEIPT_OFFSETS.routeId);
  }
}

function decodeConfirmations(
  bytes: Uint8Array,
  start: number,
  first: number,
  rows: number,
  place: UploadPlace,
  table: ConfirmationTable,
): void {
  let row = appendRows(table, place, first, rows);
  for (let at = start; at < start + rows * RECORD_BYTES.confirmation; at += RECORD_BYTES.confirmation, row++) {
    const keyAt = at + CONFIRMATION_OFFSETS.hotspotKey;
    table.packetHash.set(bytes.subarray(at, keyAt), row * 32);
    table.hotspotKey.set(bytes.subarray(keyAt, at + CONFIRMATION_OFFSETS.phyBytes), row * 33);
    table.phyBytes[row] = bytes[at + CONFIRMATION_OFFSETS.phyBytes]!;
  }
}

/** A u64 that is known to be below 2^53. */
function safeU64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * TWO_TO_32 + view.getUint32(at, true);
}
