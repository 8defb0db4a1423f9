/**
 * From raw uploads to the report tables of an epoch: beacons.arrow, witnesses.arrow, packets.arrow, and what the next epoch needs.
 *
 * The log holds what was received from the start of the epoch to the end of its grace time; the grace time is in the next epoch's
 * log too. Of the reports received in it the epoch judges those of its own challenges (judged-reports.ts). Packets are billed in the
 * epoch in which the later of receipt and confirmation arrived (bill-packets.ts), grace time or not. Rows are in log order and
 * log_index numbers them 0 … n − 1 over the three tables together: first receipts of earlier epochs that are billed now, then by
 * (receive ms, upload id, index in upload). A beacon's row names its challenge and says whether its signature verifies.
 */
import { createHash } from "node:crypto";
import { allocateColumns, beaconsTable, type EpochInput, type EpochLog, NO_ROW, witnessesTable } from "@earshot/poc";
import { decodeUpload, ReportColumns, verifyBeaconSignature } from "@earshot/poc/protocol";
import type { LogRecord } from "../log/segment-reader.ts";
import { type AcceptedUpload, acceptUploads, type Senders } from "./accept-uploads.ts";
import { billPackets } from "./bill-packets.ts";
import type { Intake } from "./intake.ts";
import { JudgedReports, judgedColumns, type ReportPlace } from "./judged-reports.ts";

/** What uploads are read against. */
export interface LoadContext
  extends Pick<EpochInput, "parameters" | "hotspots" | "challenges">,
    Pick<EpochLog, "payers" | "chainsIn" | "pendingIn" | "judgedIn"> {
  readonly header: Pick<EpochInput["header"], "epoch">;
  /** Network number that uploads must name (poc/protocol). */
  readonly network: number;
  readonly onProgress?: ((uploads: number) => void) | undefined;
}

export interface LoadedReports
  extends Pick<EpochInput, "beacons" | "witnesses" | "packets">,
    Pick<EpochLog, "chainsOut" | "pendingOut" | "judgedOut"> {
  readonly intake: Intake;
}

/** Reports of one kind that the epoch takes, by their row in ReportColumns, in log order. */
interface TakenReports {
  readonly rows: Uint32Array;
  readonly judgedBefore: number;
  /** Those of the rows that were received in the grace time. */
  readonly inGrace: readonly ReportPlace[];
}

/** A table while its rows are given their places: the next row, and the places of those before. */
interface PlacedTable {
  readonly rank: Uint32Array;
  readonly index: Uint16Array;
  readonly rows: Uint32Array;
  readonly places: Uint32Array;
  next: number;
}

type ReportTable = ReportColumns["beacons"] | ReportColumns["witnesses"] | ReportColumns["receipts"];

/** Loads a log, in whatever order its records come. Never throws for what an upload says: refusals are counted in `intake`. */
export function loadUploads(records: Iterable<LogRecord>, context: LoadContext): LoadedReports {
  const { time, rewards } = context.parameters;
  const { epoch } = context.header;
  const { accepted, gaps, uploads, refused, senders, chainsOut } = acceptUploads(records, {
    hotspots: context.hotspots,
    payers: context.payers,
    chainsIn: context.chainsIn,
    network: context.network,
    epochStartMs: epoch * time.epochMs,
    epochMs: time.epochMs,
    openMs: time.epochMs + time.graceMs,
    onProgress: context.onProgress,
  });
  const reports = decodeAll(accepted);
  const idsDigest = digestOfIds(accepted);
  const judged = new JudgedReports(context.judgedIn, accepted, time.graceMs);
  const challengeOf = challengeRows(reports.beacons, context.challenges);
  const beacons = take(reports.beacons, judged, time.epochMs, (row) => challengeOf[row] !== NO_ROW);
  const payloads = new OwnPayloads(reports.beacons, beacons.rows, challengeOf, context.challenges);
  const witnesses = take(reports.witnesses, judged, time.epochMs, (row) => payloads.isHeard(reports.witnesses, row));
  const receiptRows = rowsBefore(reports.receipts, time.epochMs);
  const confirmationRows = rowsBefore(reports.confirmations, time.epochMs);
  const { packets, carried, billed, pendingOut } = billPackets({
    epoch,
    pendingIn: context.pendingIn,
    payers: context.payers,
    hotspotKeys: context.hotspots.key,
    hotspotRow: (keys, offset) => senders.hotspotRow(keys, offset),
    receipts: reports.receipts,
    receiptRows,
    confirmations: reports.confirmations,
    confirmationRows,
    bytesPerDataCredit: rewards.bytesPerDataCredit,
    billWithinEpochs: rewards.billWithinEpochs,
    mixingKey: Buffer.from(idsDigest, "hex").subarray(0, 8),
  });
  const places = placesInLog(carried, [
    [reports.beacons, beacons.rows],
    [reports.witnesses, witnesses.rows],
    [reports.receipts, Uint32Array.from({ length: receiptRows }, (_, row) => row)],
  ]);
  for (let row = 0; row < carried; row++) packets.log_index[row] = row;
  packets.log_index.set(places[2], carried);
  const all =
    reports.beacons.length + reports.witnesses.length + reports.receipts.length + reports.confirmations.length;
  const judgedInEpochBefore = beacons.judgedBefore + witnesses.judgedBefore;
  const taken = beacons.rows.length + witnesses.rows.length + receiptRows + confirmationRows;
  return {
    beacons: beaconRows(reports, beacons.rows, places[0], challengeOf, context, senders),
    witnesses: witnessRows(reports, witnesses.rows, places[1]),
    packets,
    chainsOut,
    pendingOut,
    judgedOut: judgedColumns([...beacons.inGrace, ...witnesses.inGrace], accepted),
    intake: {
      uploads,
      accepted: accepted.length,
      sha256: idsDigest,
      refused: refused.toObject(),
      gaps,
      beacons: beacons.rows.length,
      witnesses: witnesses.rows.length,
      receipts: receiptRows,
      confirmations: confirmationRows,
      billed,
      leftToNextEpoch: all - taken - judgedInEpochBefore,
      judgedInEpochBefore,
    },
  };
}

/** The reports that the epoch before has not judged and that are not left to the next one. */
function take(
  table: ReportColumns["beacons"] | ReportColumns["witnesses"],
  judged: JudgedReports,
  epochMs: number,
  isOfEpoch: (row: number) => boolean,
): TakenReports {
  const rows = new Uint32Array(table.length);
  const inGrace: ReportPlace[] = [];
  let count = 0;
  let judgedBefore = 0;
  for (let row = 0; row < table.length; row++) {
    const uploadRank = table.uploadRank[row];
    const indexInUpload = table.indexInUpload[row];
    if (!judged.isEmpty && judged.has(uploadRank, indexInUpload)) {
      judgedBefore++;
      continue;
    }
    if (table.receiveOffsetMs[row] >= epochMs) {
      if (!isOfEpoch(row)) continue;
      inGrace.push({ uploadRank, indexInUpload });
    }
    rows[count++] = row;
  }
  return { rows: rows.slice(0, count), judgedBefore, inGrace };
}

/** What the challenged of the epoch say they put on the air, by the join key of the payload. */
class OwnPayloads {
  readonly #keys = new Map<number, number[]>();

  constructor(
    beacons: ReportColumns["beacons"],
    rows: Uint32Array,
    challengeOf: Uint32Array,
    { hotspot }: EpochInput["challenges"],
  ) {
    for (const row of rows) {
      const challenge = challengeOf[row];
      if (challenge === NO_ROW || hotspot[challenge] !== beacons.hotspot[row]) continue;
      const { [row]: lo } = beacons.payloadKeyLo;
      const known = this.#keys.get(lo);
      if (known === undefined) this.#keys.set(lo, [beacons.payloadKeyHi[row]]);
      else known.push(beacons.payloadKeyHi[row]);
    }
  }

  isHeard(witnesses: ReportColumns["witnesses"], row: number): boolean {
    return this.#keys.get(witnesses.payloadKeyLo[row])?.includes(witnesses.payloadKeyHi[row]) ?? false;
  }
}

/** How many rows were received before `epochMs`; receive times ascend. */
function rowsBefore(
  table: { readonly length: number; readonly receiveOffsetMs: Uint32Array },
  epochMs: number,
): number {
  let rows = table.length;
  while (rows > 0 && table.receiveOffsetMs[rows - 1] >= epochMs) rows--;
  return rows;
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

/** Merges rows, each list in log order, by (upload rank, index in upload): the place of each, counted from `first`. */
function placesInLog(first: number, lists: readonly (readonly [ReportTable, Uint32Array])[]): readonly Uint32Array[] {
  const tables = lists.map(([table, rows]): PlacedTable => {
    const { uploadRank: rank, indexInUpload: index } = table;
    return { rank, index, rows, next: 0, places: new Uint32Array(rows.length) };
  });
  const total = tables.reduce((sum, { rows }) => sum + rows.length, 0);
  for (let place = first; place < first + total; place++) {
    let earliest: PlacedTable | undefined;
    let rank = 0;
    let index = 0;
    for (const table of tables) {
      if (table.next === table.rows.length) continue;
      const row = table.rows[table.next];
      const own = table.rank[row];
      if (earliest !== undefined && (own > rank || (own === rank && table.index[row] > index))) continue;
      earliest = table;
      rank = own;
      index = table.index[row];
    }
    const taken = earliest as PlacedTable;
    taken.places[taken.next++] = place;
  }
  return tables.map(({ places }) => places);
}

/** Row in challenges.arrow by beacon, NO_ROW where it names none of the epoch. */
function challengeRows(
  beacons: ReportColumns["beacons"],
  { challenge_id: ids }: EpochInput["challenges"],
): Uint32Array {
  const byId = new Map<string, number>();
  for (let row = 0; row * 32 < ids.length; row++) byId.set(idText(ids, row * 32), row);
  return Uint32Array.from({ length: beacons.length }, (_, row) => {
    return byId.get(idText(beacons.challengeId, row * 32)) ?? NO_ROW;
  });
}

function beaconRows(
  { beacons }: ReportColumns,
  rows: Uint32Array,
  places: Uint32Array,
  challengeOf: Uint32Array,
  { hotspots }: LoadContext,
  senders: Senders,
): LoadedReports["beacons"] {
  const columns = allocateColumns(beaconsTable, rows.length);
  columns.log_index.set(places);
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place];
    const challenge = challengeOf[row];
    columns.hotspot[place] = beacons.hotspot[row];
    columns.receive_offset_ms[place] = beacons.receiveOffsetMs[row];
    columns.payload_key_hi[place] = beacons.payloadKeyHi[row];
    columns.payload_key_lo[place] = beacons.payloadKeyLo[row];
    columns.frequency_hz[place] = beacons.frequencyHz[row];
    columns.data_rate[place] = beacons.dataRate[row];
    columns.tx_power_ddbm[place] = beacons.txPowerDdbm[row];
    columns.challenge[place] = challenge;
    if (challenge === NO_ROW) {
      columns.proof_status[place] = 2;
      continue;
    }
    const key = senders.find(hotspots.key, beacons.hotspot[row] * 33)?.key;
    const challengeId = beacons.challengeId.subarray(row * 32, (row + 1) * 32);
    const signature = beacons.signature.subarray(row * 64, (row + 1) * 64);
    const verifies = key !== undefined && key !== null && verifyBeaconSignature(key, challengeId, signature);
    columns.proof_status[place] = verifies ? 0 : 1;
  }
  return columns;
}

function witnessRows({ witnesses }: ReportColumns, rows: Uint32Array, places: Uint32Array): LoadedReports["witnesses"] {
  const columns = allocateColumns(witnessesTable, rows.length);
  columns.log_index.set(places);
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place];
    columns.hotspot[place] = witnesses.hotspot[row];
    columns.receive_offset_ms[place] = witnesses.receiveOffsetMs[row];
    columns.payload_key_hi[place] = witnesses.payloadKeyHi[row];
    columns.payload_key_lo[place] = witnesses.payloadKeyLo[row];
    columns.frequency_hz[place] = witnesses.frequencyHz[row];
    columns.rssi_ddbm[place] = witnesses.rssiDdbm[row];
    columns.snr_ddb[place] = witnesses.snrDdb[row];
    columns.data_rate[place] = witnesses.dataRate[row];
  }
  return columns;
}

function idText(bytes: Uint8Array, offset: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, 32).toString("latin1");
}
