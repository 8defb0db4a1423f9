/**
 * The receipt an ingest gives for an upload: proof for the device that its reports are in the log, and where.
 *
 * A statement (signed-statement.ts) of 180 bytes: upload id at 36, log index u64 at 68, log head before the upload at 76,
 * receive ms u64 at 108, signature at 116. The device keeps it. An upload with a receipt that is missing from the published
 * log, and two receipts that contradict each other, are proofs against the ingest that anybody can check.
 */
import { bytesEqual, checkBytes, checkSafeU64, readSafeU64, writeSafeU64 } from "./byte-codec.ts";
import { type LogEntry, nextLogHead } from "./log-head.ts";
import { refuse } from "./refusal.ts";
import type { DeviceSigner, VerifyKey } from "./signature.ts";
import { openStatement, type StatementRefusal, signStatement, statementBytes } from "./signed-statement.ts";

export interface UploadReceipt extends LogEntry {
  /** Head of the log before this upload, 32 bytes. */
  readonly previousHead: Uint8Array;
}

const FIELD_BYTES = 80;
/** Bytes of a receipt. */
export const RECEIPT_BYTES: number = statementBytes(FIELD_BYTES);

/** The signed receipt. Throws POC_BAD_ENCODING, POC_BAD_LENGTH. */
export function signReceipt(network: number, receipt: UploadReceipt, signer: DeviceSigner): Uint8Array {
  const fields = new Uint8Array(FIELD_BYTES);
  fields.set(checkBytes(receipt.uploadId, 32, "upload id"), 0);
  writeSafeU64(fields, 32, checkSafeU64(receipt.logIndex, "logIndex"));
  fields.set(checkBytes(receipt.previousHead, 32, "previous head"), 40);
  writeSafeU64(fields, 72, checkSafeU64(receipt.receiveMs, "receiveMs"));
  return signStatement("earshot-receipt", network, fields, signer);
}

/** Verifies a receipt from outside; `key` is the ingest's. */
export function verifyReceipt(
  bytes: Uint8Array,
  key: VerifyKey | undefined,
  network: number,
): { readonly status: "ok"; readonly receipt: UploadReceipt } | StatementRefusal {
  const opened = openStatement("earshot-receipt", network, bytes, FIELD_BYTES, key);
  if (opened.status === "refused") return opened;
  const { fields } = opened;
  const logIndex = readSafeU64(fields, 32);
  const receiveMs = readSafeU64(fields, 72);
  if (logIndex === undefined || receiveMs === undefined) {
    return refuse("non_canonical", "integers below 2^53", "a larger one");
  }
  const receipt = { uploadId: fields.slice(0, 32), logIndex, previousHead: fields.slice(40, 72), receiveMs };
  return { status: "ok", receipt };
}

/** The head of the log after the upload of a receipt. */
export function logHeadAfter(receipt: UploadReceipt): Uint8Array {
  return nextLogHead(receipt.previousHead, receipt);
}

/**
 * True if two verified receipts of one ingest cannot both be of one log: two entries for one index, or an entry that does not
 * follow from the one before it.
 */
export function receiptsContradict(left: UploadReceipt, right: UploadReceipt): boolean {
  if (left.logIndex === right.logIndex) {
    return (
      left.receiveMs !== right.receiveMs ||
      !bytesEqual(left.uploadId, right.uploadId) ||
      !bytesEqual(left.previousHead, right.previousHead)
    );
  }
  const [earlier, later] = left.logIndex < right.logIndex ? [left, right] : [right, left];
  return later.logIndex === earlier.logIndex + 1 && !bytesEqual(logHeadAfter(earlier), later.previousHead);
}
