/**
 * The contest of a closed epoch from the archive: its receipts, what was billed of them until the time for it ran out, and who owns the
 * hotspots that claim them.
 */
import { hotspotsTable, type NetworkParameters, packetsTable } from "@earshot/poc";
import { parseUploadHeader } from "@earshot/poc/protocol";
import { FILES } from "../epoch-folder/layout.ts";
import { parseParameters } from "../epoch-folder/parameters-file.ts";
import { oracleError } from "../errors.ts";
import { type LogRecord, numberOf, readSegment } from "../log/segment-reader.ts";
import type { EpochArchive } from "../pipeline/epoch-archive.ts";
import { type ClaimedReceipts, claimedReceipts } from "./claimed-receipts.ts";
import { type Contest, contestReceipts } from "./contest.ts";
import { PacketSet } from "./packet-set.ts";

const HASH_BYTES = 32;

export type BillingArchive = Pick<EpochArchive, "table" | "file" | "files">;

/** Parameters an epoch was judged under. Throws ORC_MISSING_FILE where it is not archived. */
export async function parametersOfEpoch(archive: BillingArchive, epoch: number): Promise<NetworkParameters> {
  return parseParameters(await fileOf(archive, epoch, FILES.parameters), `epoch ${epoch}: ${FILES.parameters}`);
}

/** The receipts of an epoch with their routes. Throws ORC_MISSING_FILE, ORC_BAD_LOG, and what the archive throws. */
export async function receiptsOfEpoch(archive: BillingArchive, epoch: number): Promise<ClaimedReceipts> {
  const packets = await archive.table(epoch, packetsTable);
  const hotspots = await archive.table(epoch, hotspotsTable);
  if (packets === undefined || hotspots === undefined) throw notArchived(epoch);
  const { time } = await parametersOfEpoch(archive, epoch);
  const receipts = await receiptCountOf(archive, epoch);
  const records = await rawRecords(archive, epoch, hasReceipts);
  const context = { packets, hotspots, receipts, epochStartMs: epoch * time.epochMs, epochMs: time.epochMs };
  return claimedReceipts(records, context);
}

/** Receipts of the epoch proper, as its loader counted them. Throws ORC_BAD_HEADER. */
export async function receiptCountOf(archive: BillingArchive, epoch: number): Promise<number> {
  const intake = JSON.parse(new TextDecoder().decode(await fileOf(archive, epoch, FILES.intake))) as unknown;
  const receipts = (intake as { readonly receipts?: unknown }).receipts;
  if (typeof receipts !== "number") throw oracleError("ORC_BAD_HEADER", `epoch ${epoch}: ${FILES.intake}: receipts`);
  return receipts;
}

/** Records of an epoch's raw log that `isWanted`. Throws ORC_BAD_LOG, and what the archive throws. */
export async function rawRecords(
  archive: BillingArchive,
  epoch: number,
  isWanted: (bytes: Uint8Array) => boolean,
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (const name of (await archive.files(epoch)).keys()) {
    if (!name.startsWith(`${FILES.uploads}/`)) continue;
    for (const { receiveMs, bytes } of readSegment(await fileOf(archive, epoch, name), numberOf(name), name)) {
      // A view would keep the whole segment.
      if (isWanted(bytes)) records.push({ receiveMs, bytes: bytes.slice() });
    }
  }
  return records;
}

/**
 * Judges an epoch's receipts by the bills of the epochs up to `last`, or up to the end of the time for bills.
 * Throws as `receiptsOfEpoch`.
 */
export async function contestOfEpoch(
  archive: BillingArchive,
  epoch: number,
  last: number,
  isRefuted: (packetHash: Uint8Array) => boolean,
): Promise<Contest> {
  const hotspots = await archive.table(epoch, hotspotsTable);
  if (hotspots === undefined) throw notArchived(epoch);
  const { rewards } = await parametersOfEpoch(archive, epoch);
  const receipts = await receiptsOfEpoch(archive, epoch);
  const paid = new PacketSet(seedOf(hotspots.owner));
  const within = rewards.billWithinEpochs;
  for (let billed = Math.max(0, epoch - within + 1); billed <= Math.min(last, epoch + within - 1); billed++) {
    const packets = await archive.table(billed, packetsTable);
    // Before the first epoch there is none.
    if (packets === undefined && billed < epoch) continue;
    if (packets === undefined) throw notArchived(billed);
    for (let row = 0; row < packets.hotspot.length; row++) {
      if (packets.data_credits[row]! > 0) paid.add(packets.packet_hash, row);
    }
  }
  return contestReceipts({
    receipts,
    receiptRows: receipts.hotspot.length,
    hotspotOwners: hotspots.owner,
    isPaid: (packetHash) => paid.has(packetHash),
    isRefuted,
  });
}

function hasReceipts(bytes: Uint8Array): boolean {
  const parsed = parseUploadHeader(bytes);
  return parsed.status === "ok" && parsed.header.counts.receipts > 0;
}

async function fileOf(archive: BillingArchive, epoch: number, name: string): Promise<Uint8Array> {
  const bytes = await archive.file(epoch, name);
  if (bytes === undefined) throw notArchived(epoch);
  return bytes;
}

function notArchived(epoch: number): Error {
  return oracleError("ORC_MISSING_FILE", `epoch ${epoch}: not archived`);
}

/** Word of the set's own: it mixes all owners, whom reporters of packets do not choose. */
function seedOf(owners: Uint8Array): number {
  let seed = owners.length;
  for (let at = 0; at < owners.length; at += HASH_BYTES) seed = Math.imul(seed ^ owners[at]!, 0x0100_0193);
  return seed;
}
