/**
 * Verifies records of a raw log, each once, and turns what they report into columns: the first half of loading, and the costly one.
 *
 * Each record stands for itself, though the signatures of many are checked together (poc/ed25519): an upload counts further when it was
 * received between the start of the epoch and the end of its grace time, verifies under a registered key, and holds only what its sender
 * may report. Where it stands in its sender's chain is the second half's (accept-uploads.ts). A beacon's signature is checked here too, whether or not its challenge turns out to exist.
 */
import { type EpochInput, type EpochLog, SignatureVerifier, type SignedMessage } from "@earshot/poc";
import {
  beaconMessage,
  checkParsedUpload,
  decodeUpload,
  isNotice,
  parseNotice,
  parseUploadHeader,
  ReportColumns,
  settleUpload,
  type UncheckedUpload,
  type UploadRefusalCode,
  uploadMessage,
  uploadSignature,
  type VerifiedUpload,
  type VerifyKey,
  verifyNotice,
} from "@earshot/poc/protocol";
import type { LogRecord } from "../log/segment-reader.ts";
import { type Received, type ReportRows, refutationRows, reportRows, uploadRows } from "./chunk-rows.ts";
import { type IntakeRefusal, RefusalCounts } from "./intake.ts";
import { type ShownRefutation, shownRefutations } from "./refutations.ts";
import { type Sender, Senders } from "./senders.ts";
import type { UploadChunk } from "./upload-chunk.ts";

export interface VerifyOptions {
  readonly hotspots: Pick<EpochInput["hotspots"], "key">;
  readonly payers: Pick<EpochLog["payers"], "key">;
  /** Network number that uploads must name (poc/protocol). */
  readonly network: number;
  /** Unix ms. */
  readonly epochStartMs: number;
  /** Length of the epoch and its grace time, ms. */
  readonly openMs: number;
}

export class UploadVerifier {
  readonly senders: Senders;
  readonly #options: VerifyOptions;
  /** Filled and emptied for every chunk. */
  readonly #scratch = new ReportColumns();
  readonly #signatures = new SignatureVerifier((bytes) => crypto.getRandomValues(bytes));

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.senders = new Senders(options.hotspots.key, options.payers.key);
  }

  /** A chunk of the records, in their order. Never throws for what an upload says. */
  chunk(records: readonly LogRecord[]): UploadChunk {
    const refused = new RefusalCounts();
    const checked: Received<UncheckedUpload>[] = [];
    const shown: (ShownRefutation & { readonly receiveOffsetMs: number })[] = [];
    for (const record of records) {
      if (isNotice(record.bytes)) shown.push(...this.#refutations(record));
      const answer = this.#check(record);
      if (typeof answer === "string") refused.add(answer);
      else checked.push(answer);
    }
    const verified = this.#verified(checked, refused);
    return {
      records: records.length,
      refused: refused.toObject(),
      uploads: uploadRows(verified),
      ...this.#reports(verified),
      refutations: refutationRows(shown),
    };
  }

  /** What a payer's notice refutes, as far as its own frames bear it out. */
  #refutations({ receiveMs, bytes }: LogRecord) {
    const { epochStartMs, openMs, network } = this.#options;
    const receiveOffsetMs = receiveMs - epochStartMs;
    if (receiveOffsetMs < 0 || receiveOffsetMs >= openMs) return [];
    const parsed = parseNotice(bytes);
    if (parsed.status === "refused" || parsed.header.kind !== "refutation") return [];
    const sender = this.senders.find(parsed.header.signer, 0);
    if (sender?.kind !== "payer" || sender.key === null) return [];
    if (verifyNotice(bytes, sender.key, network).status === "refused") return [];
    return shownRefutations(parsed.header.document).map((refutation) => ({ ...refutation, receiveOffsetMs }));
  }

  /** All that is to be asked of an upload but for its signature and what its sender may report. */
  #check({ receiveMs, bytes }: LogRecord): Received<UncheckedUpload> | IntakeRefusal {
    const { epochStartMs, openMs, network } = this.#options;
    const receiveOffsetMs = receiveMs - epochStartMs;
    if (receiveOffsetMs < 0 || receiveOffsetMs >= openMs) return "outside_epoch";
    if (isNotice(bytes)) return "notice";
    const parsed = parseUploadHeader(bytes);
    if (parsed.status === "refused") return parsed.code;
    const sender = this.senders.find(parsed.header.signer, 0);
    if (sender?.key === null) return "bad_key";
    const upload = checkParsedUpload(bytes, parsed.header, sender?.key, network);
    if (upload.status === "refused") return this.#refusalOf(sender, upload.code);
    // Unknown senders were refused with it.
    return { upload, sender: sender as Received<unknown>["sender"], receiveOffsetMs };
  }

  /** Those of the uploads that are signed and hold what their sender may report, in their order. */
  #verified(
    checked: readonly Received<UncheckedUpload>[],
    refused: RefusalCounts,
  ): readonly Received<VerifiedUpload>[] {
    const isSigned = this.#signatures.verify(
      checked.map(
        ({ upload, sender }): SignedMessage => ({
          key: sender.key,
          message: uploadMessage(upload.id),
          signature: uploadSignature(upload),
        }),
      ),
    );
    const verified: Received<VerifiedUpload>[] = [];
    for (const [i, received] of checked.entries()) {
      const { sender } = received;
      const upload = settleUpload(received.upload, isSigned[i] === 1);
      if (upload.status === "refused") refused.add(this.#refusalOf(sender, upload.code));
      else if (!mayReport(sender, upload)) refused.add("wrong_sender");
      else verified.push({ ...received, upload });
    }
    return verified;
  }

  /** What is refused of a sender whose key is no key is refused for that. */
  #refusalOf(sender: Sender | undefined, code: UploadRefusalCode): IntakeRefusal {
    return sender === undefined || this.senders.isUsable(sender) ? code : "bad_key";
  }

  /** What they report, in their order. */
  #reports(verified: readonly Received<VerifiedUpload>[]): ReportRows {
    const { beacons, witnesses, receipts, confirmations } = this.#scratch;
    beacons.length = witnesses.length = receipts.length = confirmations.length = 0;
    const keys: VerifyKey[] = [];
    for (const { upload, sender } of verified) {
      decodeUpload(upload, { hotspot: sender.row, receiveOffsetMs: 0, uploadRank: 0 }, this.#scratch);
      while (keys.length < beacons.length) keys.push(sender.key);
    }
    const isSigned = this.#signatures.verify(
      keys.map(
        (key, row): SignedMessage => ({
          key,
          message: beaconMessage(beacons.challengeId.subarray(row * 32, (row + 1) * 32)),
          signature: beacons.signature.subarray(row * 64, (row + 1) * 64),
        }),
      ),
    );
    return reportRows(this.#scratch, isSigned);
  }
}

/** A meter confirms, a hotspot does everything else. */
function mayReport(sender: Sender, { header: { counts, reports } }: VerifiedUpload): boolean {
  return sender.kind === "payer" ? counts.confirmations === reports : counts.confirmations === 0;
}
