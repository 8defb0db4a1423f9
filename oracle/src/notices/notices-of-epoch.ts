/**
 * What the notices in an epoch's log say: packets that are refuted, by the rule that conduct is counted by, and appeals with their outcomes.
 *
 * From the archive alone, so every oracle reads the same. Appeals change nothing that is closed: outcomes logged by an epoch lift detectors
 * in later ones (`appealsAfter`).
 */
import {
  type AppealRecord,
  appealColumns,
  appealId,
  appealsTable,
  type Columns,
  hotspotsTable,
  openAppealRecord,
  packetsTable,
  payersTable,
  pendingInTable,
} from "@earshot/poc";
import { importKey, isNotice, parseNotice, uploadId, type VerifyKey, verifyNotice } from "@earshot/poc/protocol";
import { type BillingArchive, parametersOfEpoch, rawRecords, receiptCountOf } from "../billing/contest-epoch.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import type { Intake } from "../load/intake.ts";
import { verifierOf } from "../load/load-uploads.ts";
import { refutedPackets } from "../load/refutations.ts";
import type { LogRecord } from "../log/segment-reader.ts";
import type { Db } from "../ports/store.ts";
import { readInteger, readText } from "../store/values.ts";

export interface EpochNotices {
  /** Hashes of packets, 32 bytes each. */
  readonly refuted: readonly Uint8Array[];
  readonly appeals: readonly AppealRecord[];
}

export interface NoticeKeys {
  readonly network: number;
  /** Keys of the ingests whose appeals are taken. */
  readonly ingestKeys: readonly Uint8Array[];
  readonly governanceKey: VerifyKey | undefined;
}

/** Reads the notices of a closed epoch. Throws ORC_MISSING_FILE, ORC_BAD_LOG, and what the archive throws. */
export async function noticesOfEpoch(archive: BillingArchive, epoch: number, keys: NoticeKeys): Promise<EpochNotices> {
  const own = await noticeRecords(archive, epoch);
  if (own.length === 0) return { refuted: [], appeals: [] };
  const parameters = await parametersOfEpoch(archive, epoch);
  const [hotspots, payers, packets, pendingIn] = await Promise.all([
    archive.table(epoch, hotspotsTable),
    archive.table(epoch, payersTable),
    archive.table(epoch, packetsTable),
    archive.table(epoch, pendingInTable),
  ]);
  if (hotspots === undefined || payers === undefined || packets === undefined || pendingIn === undefined) {
    throw notArchived(epoch);
  }
  const verifier = verifierOf({ header: { epoch }, parameters, hotspots, payers, network: keys.network });
  const { refutations } = verifier.chunk(own);
  const carried = packets.hotspot.length - (await receiptCountOf(archive, epoch));
  const refuted = refutedPackets({
    refutations,
    pendingIn,
    receipts: { packetHash: packets.packet_hash.subarray(carried * 32) },
    isBilled: (receipt) => packets.data_credits[carried + receipt]! > 0,
  });
  return {
    refuted: [...refuted].map((name) => Uint8Array.fromHex(name)),
    appeals: own.flatMap((record) => appealIn(record, keys)),
  };
}

/**
 * appeals.arrow of the epoch after a closed one: what that one had, and the outcomes logged in it. So an oracle that took the epoch over
 * knows the outcomes of all before. Throws as `noticesOfEpoch`.
 */
export async function appealsAfter(
  archive: BillingArchive,
  closed: number,
  keys: NoticeKeys,
): Promise<Columns<typeof appealsTable>> {
  const appeals = (await noticeRecords(archive, closed)).flatMap((record) => appealIn(record, keys));
  const outcomes = appeals.flatMap((outcome) => (outcome.kind === "outcome" ? [{ outcome, loggedEpoch: closed }] : []));
  return appealColumns(outcomes, await archive.table(closed, appealsTable));
}

/** Whether an epoch's log holds records that are appeals or outcomes by what they say, signed well or not. Throws as `noticesOfEpoch`. */
export async function holdsAppeals(archive: BillingArchive, epoch: number): Promise<boolean> {
  return (await noticeRecords(archive, epoch)).some(({ bytes }) => {
    const parsed = parseNotice(bytes);
    return parsed.status !== "refused" && parsed.header.kind === "appeal";
  });
}

/** Notices received in an epoch, in log order. */
async function noticeRecords(archive: BillingArchive, epoch: number): Promise<readonly LogRecord[]> {
  if (!(await hasNotices(archive, epoch))) return [];
  const { epochMs } = (await parametersOfEpoch(archive, epoch)).time;
  return (await rawRecords(archive, epoch, isNotice))
    .filter(({ receiveMs }) => Math.floor(receiveMs / epochMs) === epoch)
    .sort((a, b) => a.receiveMs - b.receiveMs || Buffer.compare(uploadId(a.bytes), uploadId(b.bytes)));
}

/** Whether the loader found any: most epochs have none, and their raw uploads need not be read again. */
async function hasNotices(archive: BillingArchive, epoch: number): Promise<boolean> {
  const bytes = await archive.file(epoch, FILES.intake);
  if (bytes === undefined) throw notArchived(epoch);
  const { refused } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Intake>;
  return (refused?.notice ?? 0) > 0;
}

function notArchived(epoch: number): Error {
  return oracleError("ORC_MISSING_FILE", `epoch ${epoch}: not archived`);
}

/** The appeal that a record holds, if it is one of an ingest of ours and signed as it has to be. */
function appealIn({ bytes }: LogRecord, { network, ingestKeys, governanceKey }: NoticeKeys): readonly AppealRecord[] {
  const parsed = parseNotice(bytes);
  if (parsed.status === "refused" || parsed.header.kind !== "appeal") return [];
  const { signer, document } = parsed.header;
  if (!ingestKeys.some((key) => Buffer.compare(key, signer) === 0)) return [];
  if (verifyNotice(bytes, importKey(signer), network).status === "refused") return [];
  const record = openAppealRecord(document, network, (unproven) =>
    unproven.kind === "outcome" ? governanceKey : importedKey(unproven.hotspot),
  );
  return typeof record === "string" ? [] : [record];
}

/** Keeps what an epoch's notices say; again changes nothing. */
export async function keepAppeals(db: Db, epoch: number, appeals: readonly AppealRecord[]): Promise<void> {
  for (const [place, record] of appeals.entries()) {
    const row = {
      record_id: Buffer.from(appealId(record), "hex"),
      epoch,
      place,
      kind: record.kind,
      hotspot: record.hotspot,
      document: JSON.stringify(record),
    };
    await db.sql`INSERT INTO appeal_record ${db.sql.rows([row])} ON CONFLICT (record_id) DO NOTHING`;
  }
}

/** Appeals and outcomes of a hotspot (33-byte key, hex), oldest first. */
export async function appealsOf(db: Db, hotspot: string): Promise<readonly (AppealRecord & { loggedEpoch: number })[]> {
  const rows = await db.sql`
    SELECT epoch, document FROM appeal_record WHERE hotspot = ${hotspot} ORDER BY epoch, place`;
  return rows.map((row) => ({
    ...(JSON.parse(readText(row.document)) as AppealRecord),
    loggedEpoch: readInteger(row.epoch),
  }));
}

function importedKey(hex: string): VerifyKey | undefined {
  try {
    return importKey(Uint8Array.fromHex(hex));
  } catch {
    return undefined;
  }
}
