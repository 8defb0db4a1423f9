/**
 * The receipts of a closed epoch as hotspots gave them: packets.arrow, and beside each row what only the raw uploads say, its route and
 * when the hotspot received the packet.
 *
 * Rows of packets.arrow after the carried ones are the receipts of the accepted uploads in log order. So uploads and rows are walked side
 * by side: an upload whose receipts stand next in the table was accepted, any other one was not and is passed over.
 */
import { type EpochInput, KeyIndex } from "@earshot/poc";
import { parseUploadHeader, RECEIPT_OFFSETS, RECORD_BYTES, UPLOAD_HEADER_BYTES, uploadId } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import type { LogRecord } from "../log/segment-reader.ts";

const HASH_BYTES = 32;
const KEY_BYTES = 33;
const TWO_TO_32 = 4_294_967_296;

/** Receipts in log order. */
export interface ClaimedReceipts {
  /** 32 bytes a row. */
  readonly packetHash: Uint8Array;
  /** Row in hotspots.arrow. */
  readonly hotspot: Uint32Array;
  readonly routeId: Float64Array;
  /** The hotspot's own clock, Unix ms: decides nothing. */
  readonly receivedMs: Float64Array;
  /** When its upload arrived, ms since the start of the epoch. */
  readonly receiveOffsetMs: Uint32Array;
  readonly phyBytes: Uint16Array;
  /** 1 where this copy was billed in this epoch. */
  readonly isBilled: Uint8Array;
}

export interface ClaimedContext {
  readonly packets: EpochInput["packets"];
  readonly hotspots: Pick<EpochInput["hotspots"], "key">;
  /** Receipts of the epoch proper (intake.json): the rest of packets.arrow are carried ones. */
  readonly receipts: number;
  readonly epochStartMs: number;
  readonly epochMs: number;
}

interface ReceiptUpload {
  readonly receiveMs: number;
  readonly id: Uint8Array;
  readonly hotspot: number;
  /** Its receipts, as they are in the upload. */
  readonly records: Uint8Array;
}

/** The receipts of the epoch whose raw log `records` is, in whatever order it comes. Throws ORC_BAD_LOG where log and table do not fit. */
export function claimedReceipts(records: Iterable<LogRecord>, context: ClaimedContext): ClaimedReceipts {
  const { packets, receipts } = context;
  const carried = packets.hotspot.length - receipts;
  const claimed: ClaimedReceipts = {
    packetHash: packets.packet_hash.subarray(carried * HASH_BYTES),
    hotspot: packets.hotspot.subarray(carried),
    routeId: new Float64Array(receipts),
    receivedMs: new Float64Array(receipts),
    receiveOffsetMs: packets.receive_offset_ms.subarray(carried),
    phyBytes: packets.phy_bytes.subarray(carried),
    isBilled: Uint8Array.from(packets.data_credits.subarray(carried), (dataCredits) => (dataCredits > 0 ? 1 : 0)),
  };
  let next = 0;
  for (const upload of inLogOrder(records, context)) {
    if (!standsAt(claimed, next, upload, context.epochStartMs)) continue;
    for (let at = 0; at < upload.records.length; at += RECORD_BYTES.receipt, next++) {
      claimed.routeId[next] = readU64(upload.records, at + RECEIPT_OFFSETS.routeId);
      claimed.receivedMs[next] = readU64(upload.records, at + RECEIPT_OFFSETS.receivedMs);
    }
  }
  if (next !== receipts) {
    throw oracleError("ORC_BAD_LOG", `packets.arrow has ${receipts} receipts, the raw uploads lead to ${next}`);
  }
  return claimed;
}

/** Uploads with receipts of registered hotspots, received in the epoch, by (receive ms, upload id). */
function inLogOrder(
  records: Iterable<LogRecord>,
  { hotspots, epochStartMs, epochMs }: ClaimedContext,
): readonly ReceiptUpload[] {
  const rows = new KeyIndex(hotspots.key, KEY_BYTES, "hotspots.key");
  const uploads: ReceiptUpload[] = [];
  for (const { receiveMs, bytes } of records) {
    if (receiveMs < epochStartMs || receiveMs >= epochStartMs + epochMs) continue;
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused" || parsed.header.counts.receipts === 0) continue;
    const { beacons, witnesses, receipts } = parsed.header.counts;
    const hotspot = rows.find(parsed.header.signer, 0);
    if (hotspot < 0) continue;
    const start = UPLOAD_HEADER_BYTES + beacons * RECORD_BYTES.beacon + witnesses * RECORD_BYTES.witness;
    const own = bytes.slice(start, start + receipts * RECORD_BYTES.receipt);
    uploads.push({ receiveMs, id: uploadId(bytes), hotspot, records: own });
  }
  return uploads.sort((a, b) => a.receiveMs - b.receiveMs || Buffer.compare(a.id, b.id));
}

/** Whether all receipts of the upload stand in the table from a row on. */
function standsAt(
  { packetHash, hotspot, receiveOffsetMs }: ClaimedReceipts,
  row: number,
  { receiveMs, hotspot: sender, records }: ReceiptUpload,
  epochStartMs: number,
): boolean {
  const count = records.length / RECORD_BYTES.receipt;
  if (row + count > hotspot.length) return false;
  for (let at = 0; at < count; at++) {
    if (hotspot[row + at] !== sender || receiveOffsetMs[row + at] !== receiveMs - epochStartMs) return false;
    const own = records.subarray(at * RECORD_BYTES.receipt, at * RECORD_BYTES.receipt + HASH_BYTES);
    const logged = packetHash.subarray((row + at) * HASH_BYTES, (row + at + 1) * HASH_BYTES);
    if (Buffer.compare(own, logged) !== 0) return false;
  }
  return true;
}

/** Below 2^53: the upload was verified. */
function readU64(bytes: Uint8Array, offset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * TWO_TO_32;
}
