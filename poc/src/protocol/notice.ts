/**
 * A notice: a record of the log that is no report and stands in no chain, such as a payer's refutation or an appeal.
 *
 *   offset  0  magic "EUNO" (45 55 4e 4f)
 *           4  version u8 = 1
 *           5  kind u8: 1 refutation (poc/lorawan refutation-document.ts), 2 appeal record (poc/anomaly appeal.ts)
 *           6  zero 8
 *          14  network u16
 *          16  zero 40
 *          56  signer key 33
 *          89  document, 45 to 65,383 bytes
 *        last  signature 64
 *
 * Network and signer stand where an upload has them, so a log keeps both alike; readers of uploads refuse the magic and go on. Id = SHA-256
 * of everything but the signature; the signature is over "earshot-notice" || id. The same notice again is the same record.
 */
import { bytesEqual, checkBytes, checkInteger, isAllZero, readU16, writeU16 } from "./byte-codec.ts";
import { checkKeyEncoding, DEVICE_KEY_BYTES, deviceKeyKind } from "./device-key.ts";
import { sha256 } from "./hash.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type DeviceSigner, SIGNATURE_BYTES, type VerifyKey, verifySignature } from "./signature.ts";
import { UPLOAD_HEADER_BYTES, UPLOAD_OFFSETS } from "./upload.ts";
import type { UploadRefusalCode } from "./upload-verify.ts";

/** "EUNO". */
export const NOTICE_MAGIC: Uint8Array = Uint8Array.of(0x45, 0x55, 0x4e, 0x4f);
export const NOTICE_VERSION = 1;
/** Content type of a sealed notice. */
export const NOTICE_CONTENT_TYPE = "application/vnd.earshot.notice";
export const NOTICE_KIND = { refutation: 1, appeal: 2 } as const;
export type NoticeKind = keyof typeof NOTICE_KIND;
/** Most bytes of a notice, signature included: 64 KiB. */
export const MAX_NOTICE_BYTES = 64 * 1024;
/** Fewest bytes of a document: a log takes no shorter record. */
const MIN_DOCUMENT_BYTES = 45;
export const MIN_NOTICE_BYTES = UPLOAD_HEADER_BYTES + MIN_DOCUMENT_BYTES + SIGNATURE_BYTES;
const KIND_OFFSET = 5;
const SIGNATURE_DOMAIN = new TextEncoder().encode("earshot-notice");
/** Bytes that are zero, from and to. */
const ZEROS = [
  [6, UPLOAD_OFFSETS.network],
  [UPLOAD_OFFSETS.network + 2, UPLOAD_OFFSETS.signer],
] as const;

export type NoticeCode = Extract<
  UploadRefusalCode,
  | "truncated"
  | "oversized"
  | "bad_magic"
  | "bad_version"
  | "bad_flags"
  | "bad_key"
  | "wrong_network"
  | "unknown_key"
  | "non_canonical"
  | "bad_signature"
>;

export interface NoticeHeader {
  readonly kind: NoticeKind;
  readonly network: number;
  /** 33 bytes, a view; only its tag has been checked. */
  readonly signer: Uint8Array;
  /** A view. */
  readonly document: Uint8Array;
}

export interface VerifiedNotice extends NoticeHeader {
  readonly status: "ok";
  /** 32 bytes. */
  readonly id: Uint8Array;
}

/** Whether bytes say that they are a notice; nothing else of them is checked. */
export function isNotice(bytes: Uint8Array): boolean {
  return NOTICE_MAGIC.every((byte, at) => bytes[at] === byte);
}

/** Signs a document. Throws POC_BAD_ENCODING for a length or network that the format cannot hold, POC_BAD_KEY. */
export function sealNotice(
  kind: NoticeKind,
  document: Uint8Array,
  network: number,
  signer: DeviceSigner,
): { readonly bytes: Uint8Array; readonly id: Uint8Array } {
  const size = UPLOAD_HEADER_BYTES + document.length + SIGNATURE_BYTES;
  checkInteger(size, MIN_NOTICE_BYTES, MAX_NOTICE_BYTES, "notice bytes");
  const bytes = new Uint8Array(size);
  bytes.set(NOTICE_MAGIC, 0);
  bytes[UPLOAD_OFFSETS.version] = NOTICE_VERSION;
  bytes[KIND_OFFSET] = NOTICE_KIND[kind];
  writeU16(bytes, UPLOAD_OFFSETS.network, checkInteger(network, 0, 0xffff, "network"));
  bytes.set(checkKeyEncoding(signer.publicKey), UPLOAD_OFFSETS.signer);
  bytes.set(document, UPLOAD_HEADER_BYTES);
  const id = sha256(bytes.subarray(0, size - SIGNATURE_BYTES));
  bytes.set(checkBytes(signer.sign(noticeMessage(id)), SIGNATURE_BYTES, "signature"), size - SIGNATURE_BYTES);
  return { bytes, id };
}

/** Reads and checks everything before any cryptography. The first check that fails gives the code. */
export function parseNotice(
  bytes: Uint8Array,
): { readonly status: "ok"; readonly header: NoticeHeader } | Refusal<NoticeCode> {
  if (bytes.length > MAX_NOTICE_BYTES) return refuse("oversized", MAX_NOTICE_BYTES, bytes.length);
  if (!isNotice(bytes)) return refuse("bad_magic", "EUNO", "another");
  if (bytes.length < MIN_NOTICE_BYTES) return refuse("truncated", MIN_NOTICE_BYTES, bytes.length);
  const version = bytes[UPLOAD_OFFSETS.version]!;
  if (version !== NOTICE_VERSION) return refuse("bad_version", NOTICE_VERSION, version);
  const number = bytes[KIND_OFFSET]!;
  const kind = (Object.keys(NOTICE_KIND) as NoticeKind[]).find((name) => NOTICE_KIND[name] === number);
  if (kind === undefined) return refuse("bad_flags", "a kind of notice", number);
  for (const [from, to] of ZEROS) {
    if (!isAllZero(bytes.subarray(from, to))) return refuse("non_canonical", `zeros from ${from} to ${to}`, "others");
  }
  const signer = bytes.subarray(UPLOAD_OFFSETS.signer, UPLOAD_OFFSETS.signer + DEVICE_KEY_BYTES);
  if (deviceKeyKind(signer[0]!) === undefined) return refuse("bad_key", "tag 0xed, 0x02 or 0x03", signer[0]!);
  const network = readU16(bytes, UPLOAD_OFFSETS.network);
  const document = bytes.subarray(UPLOAD_HEADER_BYTES, bytes.length - SIGNATURE_BYTES);
  return { status: "ok", header: { kind, network, signer, document } };
}

/** Verifies a notice from outside; `key` is that of its signer, undefined if nobody may sign with it. Never throws for what it says. */
export function verifyNotice(
  bytes: Uint8Array,
  key: VerifyKey | undefined,
  network: number,
): VerifiedNotice | Refusal<NoticeCode> {
  const parsed = parseNotice(bytes);
  if (parsed.status === "refused") return parsed;
  const { header } = parsed;
  if (header.network !== network) return refuse("wrong_network", network, header.network);
  if (key === undefined || !bytesEqual(key.key, header.signer)) {
    return refuse("unknown_key", "the key of the signer", key === undefined ? "none" : "another key");
  }
  const id = sha256(bytes.subarray(0, bytes.length - SIGNATURE_BYTES));
  const signature = bytes.subarray(bytes.length - SIGNATURE_BYTES);
  if (!verifySignature(key, noticeMessage(id), signature)) {
    return refuse("bad_signature", "a signature of the signer over the id", "another");
  }
  return { status: "ok", ...header, id };
}

function noticeMessage(id: Uint8Array): Uint8Array {
  const message = new Uint8Array(SIGNATURE_DOMAIN.length + 32);
  message.set(SIGNATURE_DOMAIN, 0);
  message.set(id, SIGNATURE_DOMAIN.length);
  return message;
}
