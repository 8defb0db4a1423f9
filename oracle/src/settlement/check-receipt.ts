/**
 * Whether an ingest kept its word: the upload of a receipt stands in its log where and as the receipt says.
 *
 * Kept and broken are proofs that anybody can check with the receipt and the segment named. A receipt beyond what is published is open;
 * it is broken when the ingest signed a later head of a log that is too short to hold it.
 */
import { earshot } from "@earshot/poc";
import { importKey, type LogHead, type UploadReceipt, verifyLogHead, verifyReceipt } from "@earshot/poc/protocol";
import { headLagMs } from "../log/published-segments.ts";
import type { LogCopy } from "./log-copy.ts";

export type BrokenWord = "another_upload" | "another_time" | "another_history" | "shorter_head";

export type ReceiptFinding =
  | { readonly state: "kept"; readonly receipt: UploadReceipt; readonly segment: number }
  | { readonly state: "broken"; readonly why: BrokenWord; readonly receipt: UploadReceipt; readonly segment?: number }
  | { readonly state: "open"; readonly receipt: UploadReceipt }
  | { readonly state: "invalid"; readonly code: string };

/**
 * Checks a receipt against a copy of its ingest's log. `heads`: heads the ingest signed, if any are known; one that is signed `lagMs`
 * after an upload has to hold it (log/published-segments.ts `headLagMs`), earlier ones leave out what may not be told yet.
 */
export async function checkReceipt(
  bytes: Uint8Array,
  copy: LogCopy,
  network: number,
  heads: readonly LogHead[] = [],
  lagMs = headLagMs(earshot),
): Promise<ReceiptFinding> {
  const opened = verifyReceipt(bytes, importKey(copy.ingestKey), network);
  if (opened.status === "refused") return { state: "invalid", code: opened.code };
  const { receipt } = opened;
  const entry = await copy.entryAt(receipt.logIndex);
  if (entry === undefined) {
    const isShorter = heads.some(
      ({ length, issuedMs }) => length <= receipt.logIndex && issuedMs >= receipt.receiveMs + lagMs,
    );
    return isShorter ? { state: "broken", why: "shorter_head", receipt } : { state: "open", receipt };
  }
  const segment = (await copy.segmentOf(receipt.logIndex))!.number;
  if (!isEqual(entry.uploadId, receipt.uploadId)) return { state: "broken", why: "another_upload", receipt, segment };
  if (entry.receiveMs !== receipt.receiveMs) return { state: "broken", why: "another_time", receipt, segment };
  if (!isEqual(entry.previousHead, receipt.previousHead)) {
    return { state: "broken", why: "another_history", receipt, segment };
  }
  return { state: "kept", receipt, segment };
}

export type HeadFinding =
  | { readonly state: "agrees" | "open"; readonly head: LogHead }
  | { readonly state: "contradicts"; readonly head: LogHead; readonly ours: Uint8Array }
  | { readonly state: "invalid"; readonly code: string };

/** Checks a head that an ingest signed against a copy of its log: two heads for one length are a proof against it. */
export async function checkHead(bytes: Uint8Array, copy: LogCopy, network: number): Promise<HeadFinding> {
  const opened = verifyLogHead(bytes, importKey(copy.ingestKey), network);
  if (opened.status === "refused") return { state: "invalid", code: opened.code };
  const { head } = opened;
  const ours = await copy.headAt(head.length);
  if (ours === undefined) return { state: "open", head };
  return isEqual(ours, head.head) ? { state: "agrees", head } : { state: "contradicts", head, ours };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
