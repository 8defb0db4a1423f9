/** Deliveries and uptimes of a closed epoch from the archive; read once and kept by whoever serves them, since raw uploads are read. */
import {
  beaconsTable,
  type Columns,
  challengesTable,
  hotspotsTable,
  payersTable,
  type TableDefinition,
  witnessesTable,
} from "@earshot/poc";
import { parseUploadHeader } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import type { ClaimedReceipts } from "./claimed-receipts.ts";
import { type BillingArchive, parametersOfEpoch, rawRecords, receiptsOfEpoch } from "./contest-epoch.ts";
import { confirmationTimes, type Delivery, type DeliveryGroup, deliveries } from "./delivery.ts";
import { type Uptime, uptimes } from "./uptime.ts";

/** Spans an epoch is looked at in: hours of a day. */
export const UPTIME_SPANS = 24;

/** Receipts of an epoch, and when the copy of each was first confirmed, Unix ms, NaN for never. */
export interface ConfirmedReceipts {
  readonly receipts: ClaimedReceipts;
  readonly confirmedMs: Float64Array;
}

/**
 * Receipts of an epoch, with the confirmations of the epochs up to `last` in which its packets may be billed. Throws ORC_MISSING_FILE for
 * an epoch that is not archived, ORC_BAD_LOG, and what the archive throws.
 */
export async function confirmedReceipts(
  archive: BillingArchive,
  epoch: number,
  last: number,
): Promise<ConfirmedReceipts> {
  const { rewards } = await parametersOfEpoch(archive, epoch);
  const receipts = await receiptsOfEpoch(archive, epoch);
  const hotspots = await tableOf(archive, epoch, hotspotsTable);
  const confirmedMs = new Float64Array(receipts.hotspot.length).fill(Number.NaN);
  for (let at = epoch; at <= Math.min(last, epoch + rewards.billWithinEpochs - 1); at++) {
    const payers = await tableOf(archive, at, payersTable);
    const times = confirmationTimes(await rawRecords(archive, at, hasConfirmations), receipts, { hotspots, payers });
    for (const [row, timeMs] of times.entries()) {
      // Epochs come in their order: the first confirmation is the earliest.
      if (Number.isNaN(confirmedMs[row]!)) confirmedMs[row] = timeMs;
    }
  }
  return { receipts, confirmedMs };
}

/** Deliveries of an epoch in groups of one kind. Throws as `confirmedReceipts`. */
export async function deliveriesOfEpoch(
  archive: BillingArchive,
  epoch: number,
  last: number,
  by: DeliveryGroup,
): Promise<readonly Delivery[]> {
  const { receipts, confirmedMs } = await confirmedReceipts(archive, epoch, last);
  return deliveries(receipts, confirmedMs, by);
}

/** Uptimes of an epoch by row of hotspots.arrow. Throws as `confirmedReceipts`. */
export async function uptimesOfEpoch(archive: BillingArchive, epoch: number): Promise<readonly Uptime[]> {
  const { time } = await parametersOfEpoch(archive, epoch);
  const { hotspot, receiveOffsetMs } = await receiptsOfEpoch(archive, epoch);
  const hotspots = await tableOf(archive, epoch, hotspotsTable);
  return uptimes({
    challenges: await tableOf(archive, epoch, challengesTable),
    beacons: await tableOf(archive, epoch, beaconsTable),
    witnesses: await tableOf(archive, epoch, witnessesTable),
    receipts: { hotspot, receive_offset_ms: receiveOffsetMs },
    hotspotCount: hotspots.region.length,
    epochMs: time.epochMs,
    spans: UPTIME_SPANS,
  });
}

async function tableOf<T extends TableDefinition>(
  archive: BillingArchive,
  epoch: number,
  table: T,
): Promise<Columns<T>> {
  const columns = await archive.table(epoch, table);
  if (columns === undefined) throw oracleError("ORC_MISSING_FILE", `epoch ${epoch}: ${table.name} is not archived`);
  return columns;
}

function hasConfirmations(bytes: Uint8Array): boolean {
  const parsed = parseUploadHeader(bytes);
  return parsed.status === "ok" && parsed.header.counts.confirmations > 0;
}
