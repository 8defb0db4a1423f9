/**
 * The sealed upload: many reports of one device under one signature, numbered and chained to the device's previous upload.
 *
 *   offset  0  magic "EUPL" (45 55 50 4c)
 *           4  version u8 = 1
 *           5  flags u8: bit 0 resumed (the device lost its state and goes on from the ingest's head); others 0
 *           6  counts, four u16: beacons, witnesses, packet receipts, packet confirmations
 *          14  network u16: uploads of one network are worth nothing in another
 *          16  sequence u64, from 1
 *          24  id of the previous upload 32, all zero exactly for sequence 1
 *          56  signer key 33
 *          89  records, grouped in the order of the counts; inside a group in the order the device gave them
 *        last  signature 64
 *
 * The index of a report in its upload counts through the groups. Upload id = SHA-256 of everything but the signature; the
 * signature is over "earshot-upload" || id. At least one report, at most 65,535, at most 4 MiB. Integers are little-endian and
 * every value has one encoding: a flipped bit, a missing byte and a trailing byte are all refused, by a value and not a throw.
 */
import { pocError } from "../errors.ts";
import {
  bytesEqual,
  checkBytes,
  checkInteger,
  isAllZero,
  readSafeU64,
  readU16,
  writeSafeU64,
  writeU16,
} from "./byte-codec.ts";
import { checkDeviceKey, DEVICE_KEY_BYTES, deviceKeyKind } from "./device-key.ts";
import { sha256 } from "./hash.ts";
import { type Refusal, refuse } from "./refusal.ts";
import {
  BEACON_OFFSETS,
  type BeaconReport,
  CONFIRMATION_OFFSETS,
  isCanonicalDataRate,
  isCanonicalU64,
  type PacketConfirmation,
  type PacketReceipt,
  RECEIPT_OFFSETS,
  RECORD_BYTES,
  WITNESS_OFFSETS,
  type WitnessReport,
  writeBeacon,
  writePacketConfirmation,
  writePacketReceipt,
  writeWitness,
} from "./report.ts";
import { type DeviceSigner, SIGNATURE_BYTES, type VerifyKey, verifySignature } from "./signature.ts";

/** "EUPL". */
export const UPLOAD_MAGIC: Uint8Array = Uint8Array.of(0x45, 0x55, 0x50, 0x4c);
export const UPLOAD_VERSION = 1;
export const UPLOAD_HEADER_BYTES = 89;
/** Most reports of all kinds together in one upload. */
export const MAX_UPLOAD_REPORTS = 65_535;
/** Most bytes of an upload, signature included: 4 MiB. */
export const MAX_UPLOAD_BYTES = 4 * 1024 * 1024;
/** Fewest bytes: a header, the smallest record, a signature. */
export const MIN_UPLOAD_BYTES = UPLOAD_HEADER_BYTES + RECORD_BYTES.witness + SIGNATURE_BYTES;

const RESUMED_FLAG = 0x01;
const SIGNATURE_DOMAIN = new TextEncoder().encode("earshot-upload");
const offsets = { version: 4, flags: 5, counts: 6, network: 14, sequence: 16, previousId: 24, signer: 56 } as const;

/** The numbers of networks; a private network takes one from 256 on. */
export const NETWORK_NUMBERS = { main: 1, test: 2, local: 3 } as const;

export interface UploadCounts {
  readonly beacons: number;
  readonly witnesses: number;
  readonly receipts: number;
  readonly confirmations: number;
}

export interface UploadHeader {
  readonly resumed: boolean;
  readonly counts: UploadCounts;
  /** Sum of the counts. */
  readonly reports: number;
  readonly network: number;
  readonly sequence: number;
  /** 32 bytes, a view into the upload. */
  readonly previousId: Uint8Array;
  /** 33 bytes, a view into the upload; only its tag has been checked. */
  readonly signer: Uint8Array;
}

/** What a device fills an upload with; lists that are left out are empty. */
export interface UploadContent {
  readonly network: number;
  readonly sequence: number;
  readonly previousId: Uint8Array;
  readonly resumed?: boolean;
  readonly beacons?: readonly BeaconReport[];
  readonly witnesses?: readonly WitnessReport[];
  readonly receipts?: readonly PacketReceipt[];
  readonly confirmations?: readonly PacketConfirmation[];
}

export interface SealedUpload {
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly id: Uint8Array;
}

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

/**
 * The bytes of an upload with room for its signature, and what must be signed: for signers that answer later.
 * @throws POC_BAD_ENCODING, POC_BAD_LENGTH, POC_BAD_KEY on a value the format cannot hold.
 */
export function encodeUpload(content: UploadContent, signerKey: Uint8Array): SealedUpload & { message: Uint8Array } {
  const beacons = content.beacons ?? [];
  const witnesses = content.witnesses ?? [];
  const receipts = content.receipts ?? [];
  const confirmations = content.confirmations ?? [];
  const groups = [beacons.length, witnesses.length, receipts.length, confirmations.length];
  checkInteger(
    groups.reduce((sum, count) => sum + count, 0),
    1,
    MAX_UPLOAD_REPORTS,
    "reports",
  );
  const size = uploadSize(groups[0]!, groups[1]!, groups[2]!, groups[3]!);
  checkInteger(size, MIN_UPLOAD_BYTES, MAX_UPLOAD_BYTES, "upload bytes");
  const sequence = checkInteger(content.sequence, 1, Number.MAX_SAFE_INTEGER, "sequence");
  if (isAllZero(checkBytes(content.previousId, 32, "previousId")) !== (sequence === 1)) {
    throw pocError("POC_BAD_ENCODING", `previousId: all zero exactly for sequence 1, sequence ${sequence} given`);
  }

  const bytes = new Uint8Array(size);
  bytes.set(UPLOAD_MAGIC, 0);
  bytes[offsets.version] = UPLOAD_VERSION;
  bytes[offsets.flags] = content.resumed === true ? RESUMED_FLAG : 0;
  groups.forEach((count, group) => {
    writeU16(bytes, offsets.counts + 2 * group, count);
  });
  writeU16(bytes, offsets.network, checkInteger(content.network, 0, 0xffff, "network"));
  writeSafeU64(bytes, offsets.sequence, sequence);
  bytes.set(content.previousId, offsets.previousId);
  bytes.set(checkDeviceKey(signerKey), offsets.signer);
  let at = UPLOAD_HEADER_BYTES;
  for (const beacon of beacons) {
    writeBeacon(bytes, at, beacon);
    at += RECORD_BYTES.beacon;
  }
  for (const witness of witnesses) {
    writeWitness(bytes, at, witness);
    at += RECORD_BYTES.witness;
  }
  for (const receipt of receipts) {
    writePacketReceipt(bytes, at, receipt);
    at += RECORD_BYTES.receipt;
  }
  for (const confirmation of confirmations) {
    writePacketConfirmation(bytes, at, confirmation);
    at += RECORD_BYTES.confirmation;
  }
  const id = sha256(bytes.subarray(0, at));
  return { bytes, id, message: uploadMessage(id) };
}

/** Encodes and signs an upload: the bytes to store and send, and its id. Throws as `encodeUpload`. */
export function sealUpload(content: UploadContent, signer: DeviceSigner): SealedUpload {
  const { bytes, id, message } = encodeUpload(content, signer.publicKey);
  bytes.set(checkBytes(signer.sign(message), SIGNATURE_BYTES, "signature"), bytes.length - SIGNATURE_BYTES);
  return { bytes, id };
}

/** The id of an upload of a valid length, whether or not it is otherwise valid. */
export function uploadId(bytes: Uint8Array): Uint8Array {
  return sha256(bytes.subarray(0, bytes.length - SIGNATURE_BYTES));
}

/** Bytes of an upload with these counts. */
export function uploadSize(beacons: number, witnesses: number, receipts: number, confirmations: number): number {
  return (
    UPLOAD_HEADER_BYTES +
    beacons * RECORD_BYTES.beacon +
    witnesses * RECORD_BYTES.witness +
    receipts * RECORD_BYTES.receipt +
    confirmations * RECORD_BYTES.confirmation +
    SIGNATURE_BYTES
  );
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
  if (bytes[offsets.version] !== UPLOAD_VERSION) return refuse("bad_version", UPLOAD_VERSION, bytes[offsets.version]!);
  const flags = bytes[offsets.flags]!;
  if ((flags & ~RESUMED_FLAG) !== 0) return refuse("bad_flags", "bits 1 to 7 zero", flags);

  const counts = {
    beacons: readU16(bytes, offsets.counts),
    witnesses: readU16(bytes, offsets.counts + 2),
    receipts: readU16(bytes, offsets.counts + 4),
    confirmations: readU16(bytes, offsets.counts + 6),
  };
  const reports = counts.beacons + counts.witnesses + counts.receipts + counts.confirmations;
  if (reports === 0 || reports > MAX_UPLOAD_REPORTS) return refuse("bad_counts", `1 to ${MAX_UPLOAD_REPORTS}`, reports);
  const size = uploadSize(counts.beacons, counts.witnesses, counts.receipts, counts.confirmations);
  if (size > MAX_UPLOAD_BYTES) return refuse("oversized", MAX_UPLOAD_BYTES, size);
  if (bytes.length < size) return refuse("truncated", size, bytes.length);
  if (bytes.length > size) return refuse("trailing_bytes", size, bytes.length);

  const sequence = readSafeU64(bytes, offsets.sequence);
  if (sequence === undefined || sequence === 0) return refuse("bad_sequence", "1 to 2^53 - 1", sequence ?? "more");
  const previousId = bytes.subarray(offsets.previousId, offsets.previousId + 32);
  if (isAllZero(previousId) !== (sequence === 1)) {
    return refuse("bad_sequence", "a zero previous id exactly for sequence 1", sequence);
  }
  const signer = bytes.subarray(offsets.signer, offsets.signer + DEVICE_KEY_BYTES);
  if (deviceKeyKind(signer[0]!) === undefined) return refuse("bad_key", "tag 0xed, 0x02 or 0x03", signer[0]!);
  const network = readU16(bytes, offsets.network);
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
  if (parsed.status === "refused") return parsed;
  const { header } = parsed;
  if (header.network !== network) return refuse("wrong_network", network, header.network);
  if (key === undefined) return refuse("unknown_key", "a registered key", "none");
  if (!bytesEqual(header.signer, key.key)) return refuse("unknown_key", "the key of the signer", "another key");
  const flaw = recordFlaw(bytes, header.counts);
  if (flaw !== undefined) return flaw;
  const id = uploadId(bytes);
  if (!verifySignature(key, uploadMessage(id), bytes.subarray(bytes.length - SIGNATURE_BYTES))) {
    return refuse("bad_signature", "a signature of the signer over the id", "another");
  }
  return { status: "ok", bytes, header, id };
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

function uploadMessage(id: Uint8Array): Uint8Array {
  const message = new Uint8Array(SIGNATURE_DOMAIN.length + 32);
  message.set(SIGNATURE_DOMAIN, 0);
  message.set(id, SIGNATURE_DOMAIN.length);
  return message;
}
