/**
 * Judges an upload from outside: the header first, then the signer, the records and the signature. Layout: upload.ts.
 *
 * Nothing here throws on bytes: what is wrong with them is a `Refusal` whose code the HTTP interface hands on (oracle-api.ts).
 * Whether the upload continues its chain is upload-chain.ts; whether its reports are true is a verdict of poc/verify.
 */
import { bytesEqual, isAllZero, readSafeU64, readU16 } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES, deviceKeyKind } from "./device-key.ts";
import { type Refusal, refuse } from "./refusal.ts";
import {
  BEACON_OFFSETS,
  CONFIRMATION_OFFSETS,
  isCanonicalDataRate,
  isCanonicalU64,
  RECEIPT_OFFSETS,
  RECORD_BYTES,
  WITNESS_OFFSETS,
} from "./report.ts";
import { SIGNATURE_BYTES, type VerifyKey, verifySignature } from "./signature.ts";
import {
  MAX_UPLOAD_BEACONS,
  MAX_UPLOAD_BYTES,
  MAX_UPLOAD_REPORTS,
  MIN_UPLOAD_BYTES,
  RESUMED_FLAG,
  UPLOAD_HEADER_BYTES,
  UPLOAD_MAGIC,
  UPLOAD_OFFSETS,
  UPLOAD_VERSION,
  type UploadCounts,
  type UploadHeader,
  uploadId,
  uploadMessage,
  uploadSize,
} from "./upload.ts";

export type UploadRefusalCode =
  | "truncated"
  | "oversized"
  | "trailing_bytes"
  | "bad_magic"
  | "bad_version"
  | "bad_flags"
  | "bad_counts"
  | "bad_sequence"
  | "bad_key"
  | "wrong_network"
  | "unknown_key"
  | "non_canonical"
  | "bad_signature";

export type UploadRefusal = Refusal<UploadRefusalCode>;

/** An upload that `verifyUpload` accepted; the only thing the decoder takes. */
export interface VerifiedUpload {
  readonly status: "ok";
  readonly bytes: Uint8Array;
  readonly header: UploadHeader;
  /** 32 bytes. */
  readonly id: Uint8Array;
}

/** An upload with which nothing is wrong so far but that nobody looked at its signature. */
export interface UncheckedUpload {
  readonly status: "unchecked";
  readonly bytes: Uint8Array;
  readonly header: UploadHeader;
  /** 32 bytes. */
  readonly id: Uint8Array;
}

/**
 * Reads and checks the header and the length: enough to look up the signer and its chain before any cryptography.
 * The first check that fails gives the code.
 */
export function parseUploadHeader(
  bytes: Uint8Array,
): { readonly status: "ok"; readonly header: UploadHeader } | UploadRefusal {
  if (bytes.length > MAX_UPLOAD_BYTES) return refuse("oversized", MAX_UPLOAD_BYTES, bytes.length);
  for (let i = 0; i < UPLOAD_MAGIC.length && i < bytes.length; i++) {
    if (bytes[i] !== UPLOAD_MAGIC[i]) return refuse("bad_magic", "EUPL", `byte ${bytes[i]} at ${i}`);
  }
  if (bytes.length < MIN_UPLOAD_BYTES) return refuse("truncated", MIN_UPLOAD_BYTES, bytes.length);
  if (bytes[UPLOAD_OFFSETS.version] !== UPLOAD_VERSION)
    return refuse("bad_version", UPLOAD_VERSION, bytes[UPLOAD_OFFSETS.version]!);
  const flags = bytes[UPLOAD_OFFSETS.flags]!;
  if ((flags & ~RESUMED_FLAG) !== 0) return refuse("bad_flags", "bits 1 to 7 zero", flags);

  const counts = {
    beacons: readU16(bytes, UPLOAD_OFFSETS.counts),
    witnesses: readU16(bytes, UPLOAD_OFFSETS.counts + 2),
    receipts: readU16(bytes, UPLOAD_OFFSETS.counts + 4),
    confirmations: readU16(bytes, UPLOAD_OFFSETS.counts + 6),
  };
  const reports = counts.beacons + counts.witnesses + counts.receipts + counts.confirmations;
  if (reports === 0 || reports > MAX_UPLOAD_REPORTS) return refuse("bad_counts", `1 to ${MAX_UPLOAD_REPORTS}`, reports);
  if (counts.beacons > MAX_UPLOAD_BEACONS)
    return refuse("bad_counts", `at most ${MAX_UPLOAD_BEACONS} beacons`, counts.beacons);
  const size = uploadSize(counts.beacons, counts.witnesses, counts.receipts, counts.confirmations);
  if (size > MAX_UPLOAD_BYTES) return refuse("oversized", MAX_UPLOAD_BYTES, size);
  if (bytes.length < size) return refuse("truncated", size, bytes.length);
  if (bytes.length > size) return refuse("trailing_bytes", size, bytes.length);

  const sequence = readSafeU64(bytes, UPLOAD_OFFSETS.sequence);
  if (sequence === undefined || sequence === 0) return refuse("bad_sequence", "1 to 2^53 - 1", sequence ?? "more");
  const previousId = bytes.subarray(UPLOAD_OFFSETS.previousId, UPLOAD_OFFSETS.previousId + 32);
  if (isAllZero(previousId) !== (sequence === 1)) {
    return refuse("bad_sequence", "a zero previous id exactly for sequence 1", sequence);
  }
  const signer = bytes.subarray(UPLOAD_OFFSETS.signer, UPLOAD_OFFSETS.signer + DEVICE_KEY_BYTES);
  if (deviceKeyKind(signer[0]!) === undefined) return refuse("bad_key", "tag 0xed, 0x02 or 0x03", signer[0]!);
  const network = readU16(bytes, UPLOAD_OFFSETS.network);
  return {
    status: "ok",
    header: { resumed: (flags & RESUMED_FLAG) !== 0, counts, reports, network, sequence, previousId, signer },
  };
}

/**
 * Verifies an upload from outside, cheapest checks first: header and length, network, signer, canonical records, signature.
 * `key` is the registered key of `header.signer` (undefined if there is none). The upload keeps referring to `bytes`.
 */
export function verifyUpload(
  bytes: Uint8Array,
  key: VerifyKey | undefined,
  network: number,
): VerifiedUpload | UploadRefusal {
  const parsed = parseUploadHeader(bytes);
  return parsed.status === "refused" ? parsed : verifyParsedUpload(bytes, parsed.header, key, network);
}

/** The same for an upload whose header was read before, by `parseUploadHeader` from these bytes. */
export function verifyParsedUpload(
  bytes: Uint8Array,
  header: UploadHeader,
  key: VerifyKey | undefined,
  network: number,
): VerifiedUpload | UploadRefusal {
  const upload = checkParsedUpload(bytes, header, key, network);
  if (upload.status === "refused") return upload;
  // Without a key it was refused.
  return settleUpload(upload, verifySignature(key!, uploadMessage(upload.id), uploadSignature(upload)));
}

/** All of `verifyParsedUpload` but the signature: for who checks many at once. `settleUpload` says what came of it. */
export function checkParsedUpload(
  bytes: Uint8Array,
  header: UploadHeader,
  key: VerifyKey | undefined,
  network: number,
): UncheckedUpload | UploadRefusal {
  if (header.network !== network) return refuse("wrong_network", network, header.network);
  if (key === undefined) return refuse("unknown_key", "a registered key", "none");
  if (!bytesEqual(header.signer, key.key)) return refuse("unknown_key", "the key of the signer", "another key");
  return recordFlaw(bytes, header.counts) ?? { status: "unchecked", bytes, header, id: uploadId(bytes) };
}

/** An upload after its signature over `uploadMessage(id)` was checked. */
export function settleUpload(upload: UncheckedUpload, isSigned: boolean): VerifiedUpload | UploadRefusal {
  return isSigned
    ? { ...upload, status: "ok" }
    : refuse("bad_signature", "a signature of the signer over the id", "another");
}

/** The 64 bytes at an upload's end. */
export function uploadSignature({ bytes }: Pick<UncheckedUpload, "bytes">): Uint8Array {
  return bytes.subarray(bytes.length - SIGNATURE_BYTES);
}

/** The first record that is not canonical, as a refusal, or undefined. */
function recordFlaw(bytes: Uint8Array, counts: UploadCounts): UploadRefusal | undefined {
  let at = UPLOAD_HEADER_BYTES;
  for (let i = 0; i < counts.beacons; i++, at += RECORD_BYTES.beacon) {
    if (!isCanonicalDataRate(bytes[at + BEACON_OFFSETS.dataRate]!)) return flawAt(bytes, at + BEACON_OFFSETS.dataRate);
    if (!isCanonicalU64(bytes, at + BEACON_OFFSETS.transmitMs))
      return flawAt(bytes, at + BEACON_OFFSETS.transmitMs + 7);
  }
  for (let i = 0; i < counts.witnesses; i++, at += RECORD_BYTES.witness) {
    if (!isCanonicalDataRate(bytes[at + WITNESS_OFFSETS.dataRate]!))
      return flawAt(bytes, at + WITNESS_OFFSETS.dataRate);
    if (!isCanonicalU64(bytes, at + WITNESS_OFFSETS.receivedMs))
      return flawAt(bytes, at + WITNESS_OFFSETS.receivedMs + 7);
  }
  for (let i = 0; i < counts.receipts; i++, at += RECORD_BYTES.receipt) {
    if (!isCanonicalU64(bytes, at + RECEIPT_OFFSETS.receivedMs))
      return flawAt(bytes, at + RECEIPT_OFFSETS.receivedMs + 7);
    if (!isCanonicalU64(bytes, at + RECEIPT_OFFSETS.routeId)) return flawAt(bytes, at + RECEIPT_OFFSETS.routeId + 7);
  }
  for (let i = 0; i < counts.confirmations; i++, at += RECORD_BYTES.confirmation) {
    const tagAt = at + CONFIRMATION_OFFSETS.hotspotKey;
    if (deviceKeyKind(bytes[tagAt]!) === undefined) return flawAt(bytes, tagAt);
  }
  return undefined;
}

function flawAt(bytes: Uint8Array, offset: number): UploadRefusal {
  return refuse("non_canonical", "a canonical record", `byte ${bytes[offset]} at ${offset}`);
}
