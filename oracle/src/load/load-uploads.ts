/**
 * From raw uploads to the report tables of an epoch: beacons.arrow, witnesses.arrow, packets.arrow, and what the next epoch needs.
 *
 * The log holds what was received from the start of the epoch to the end of its grace time; the grace time is in the next epoch's
 * log too. Two halves: every record is verified by itself and becomes columns (verify-uploads.ts), which any number of processes may
 * do while the epoch lasts; then chains, places and bills are settled over all of them at once. Packets are billed in the epoch in
 * which the later of receipt and confirmation arrived (bill-packets.ts), grace time or not. Rows are in log order and log_index
 * numbers them 0 … n − 1 over the three tables together: first receipts of earlier epochs that are billed now, then by (receive ms,
 * upload id, index in upload). A beacon's row names its challenge and says whether its signature verifies.
 */
import { createHash } from "node:crypto";
import type { EpochInput, EpochLog } from "@earshot/poc";
import type { LogRecord } from "../log/segment-reader.ts";
import { acceptUploads } from "./accept-uploads.ts";
import { billPackets } from "./bill-packets.ts";
import { conductColumns } from "./conduct.ts";
import type { Intake } from "./intake.ts";
import { JudgedReports, judgedColumns } from "./judged-reports.ts";
import { recordChunks } from "./record-chunks.ts";
import type { RefutationRows } from "./refutations.ts";
import { Senders } from "./senders.ts";
import { TakenReports } from "./take-reports.ts";
import type { UploadChunk } from "./upload-chunk.ts";
import { UploadSet } from "./upload-set.ts";
import { UploadVerifier } from "./verify-uploads.ts";

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
  /** Only under parameters with detectors. */
  readonly conduct?: NonNullable<EpochInput["conduct"]>;
  readonly intake: Intake;
}

/** Bytes of ids given to the hash at once. */
const DIGEST_BATCH_IDS = 4096;

/** Loads a log, in whatever order its records come. Never throws for what an upload says: refusals are counted in `intake`. */
export function loadUploads(records: Iterable<LogRecord>, context: LoadContext): LoadedReports {
  const verifier = verifierOf(context);
  const chunks: UploadChunk[] = [];
  let uploads = 0;
  for (const batch of recordChunks(records)) {
    chunks.push(verifier.chunk(batch));
    uploads += batch.length;
    context.onProgress?.(uploads);
  }
  return loadChunks(chunks, context);
}

/** A verifier of the epoch's records. */
export function verifierOf(
  context: Pick<LoadContext, "header" | "parameters" | "hotspots" | "payers" | "network">,
): UploadVerifier {
  const { time } = context.parameters;
  return new UploadVerifier({
    hotspots: context.hotspots,
    payers: context.payers,
    network: context.network,
    epochStartMs: context.header.epoch * time.epochMs,
    openMs: time.epochMs + time.graceMs,
  });
}

/** The second half: the same tables for any chunks that hold the same records. */
export function loadChunks(chunks: readonly UploadChunk[], context: LoadContext): LoadedReports {
  const { time, rewards } = context.parameters;
  const { epoch } = context.header;
  const uploads = new UploadSet(chunks);
  const { accepted, gaps, refused, chainsOut, forks } = acceptUploads(uploads, { ...context, epochMs: time.epochMs });
  for (const chunk of chunks) refused.addAll(chunk.refused);
  const idsDigest = digestOfIds(uploads, accepted);
  const taken = new TakenReports({
    uploads,
    accepted,
    judged: new JudgedReports(context.judgedIn, uploads, accepted, time.graceMs),
    challenges: context.challenges,
    epochMs: time.epochMs,
  });
  const senders = new Senders(context.hotspots.key, context.payers.key);
  const { packets, carried, billed, refuted, pendingOut } = billPackets({
    epoch,
    pendingIn: context.pendingIn,
    payers: context.payers,
    hotspotKeys: context.hotspots.key,
    hotspotRow: (keys, offset) => senders.hotspotRow(keys, offset),
    receipts: taken.receiptRows(),
    confirmations: taken.confirmationRows(),
    bytesPerDataCredit: rewards.bytesPerDataCredit,
    billWithinEpochs: rewards.billWithinEpochs,
    refutations: refutationsInEpoch(chunks, time.epochMs),
    mixingKey: Buffer.from(idsDigest, "hex").subarray(0, 8),
  });
  const { beacons, witnesses, receiptIndex } = taken.rows(carried);
  for (let row = 0; row < carried; row++) packets.log_index[row] = row;
  packets.log_index.set(receiptIndex, carried);
  const judgedInEpochBefore = taken.beacons.judgedBefore + taken.witnesses.judgedBefore;
  const rows = taken.beacons.count + taken.witnesses.count + taken.receipts + taken.confirmations;
  return {
    beacons,
    witnesses,
    packets,
    chainsOut,
    pendingOut,
    judgedOut: judgedColumns(taken.inGrace, uploads),
    ...(context.parameters.anomaly === undefined
      ? {}
      : { conduct: conductColumns(context.hotspots, forks, refuted, packets) }),
    intake: {
      uploads: chunks.reduce((sum, { records }) => sum + records, 0),
      accepted: accepted.length,
      sha256: idsDigest,
      refused: refused.toObject(),
      gaps,
      beacons: taken.beacons.count,
      witnesses: taken.witnesses.count,
      receipts: taken.receipts,
      confirmations: taken.confirmations,
      billed,
      leftToNextEpoch: taken.reports - rows - judgedInEpochBefore,
      judgedInEpochBefore,
    },
  };
}

/** Refutations of the epoch proper: those of its grace time are in the next epoch's log. */
function refutationsInEpoch(chunks: readonly UploadChunk[], epochMs: number): RefutationRows {
  const columnOf = (name: "disputed" | "before" | "after") =>
    Buffer.concat(
      chunks.flatMap(({ refutations }) =>
        Array.from(refutations.receive_offset_ms, (offsetMs, row) =>
          offsetMs < epochMs ? refutations[name].subarray(row * 32, (row + 1) * 32) : new Uint8Array(0),
        ),
      ),
    );
  return { disputed: columnOf("disputed"), before: columnOf("before"), after: columnOf("after") };
}

function digestOfIds(uploads: UploadSet, accepted: Uint32Array): string {
  const hash = createHash("sha256");
  const batch = new Uint8Array(DIGEST_BATCH_IDS * 32);
  for (let from = 0; from < accepted.length; from += DIGEST_BATCH_IDS) {
    const to = Math.min(from + DIGEST_BATCH_IDS, accepted.length);
    for (let rank = from; rank < to; rank++) batch.set(uploads.id(accepted[rank]), (rank - from) * 32);
    hash.update(batch.subarray(0, (to - from) * 32));
  }
  return hash.digest("hex");
}
