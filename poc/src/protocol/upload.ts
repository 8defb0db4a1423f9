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
 * signature is over "earshot-upload" || id. At least one report, at most 65,535, of them at most 64 beacons, at most 4 MiB. Integers are
 * little-endian and every value has one encoding: a flipped bit, a missing byte and a trailing byte are all refused, by a value and not a throw.
 */
import { pocError } from "../errors.ts";
import { checkBytes, checkInteger, isAllZero, writeSafeU64, writeU16 } from "./byte-codec.ts";
import { checkKeyEncoding } from "./device-key.ts";
import { sha256 } from "./hash.ts";
import {
  type BeaconReport,
  type PacketConfirmation,
  type PacketReceipt,
  RECORD_BYTES,
  type WitnessReport,
  writeBeacon,
  writePacketConfirmation,
  writePacketReceipt,
  writeWitness,
} from "./report.ts";
import { type DeviceSigner, SIGNATURE_BYTES } from "./signature.ts";

/** "EUPL". */
export const UPLOAD_MAGIC: Uint8Array = Uint8Array.of(0x45, 0x55, 0x50, 0x4c);
export const UPLOAD_VERSION = 1;
export const UPLOAD_HEADER_BYTES = 89;
/** Most reports of all kinds together in one upload. */
export const MAX_UPLOAD_REPORTS = 65_535;
/**
 * Most beacons of an upload. A device sends one at a time and each is worth something for half a minute, but each costs who reads the log as
 * much as an upload's own signature: 36,000, which fill 4 MiB, cost seconds.
 */
export const MAX_UPLOAD_BEACONS = 64;
/** Most bytes of an upload, signature included: 4 MiB. */
export const MAX_UPLOAD_BYTES = 4 * 1024 * 1024;
/** Fewest bytes: a header, the smallest record, a signature. */
export const MIN_UPLOAD_BYTES = UPLOAD_HEADER_BYTES + RECORD_BYTES.witness + SIGNATURE_BYTES;

/** The only flag there is; the other bits are zero. */
export const RESUMED_FLAG = 0x01;
/** Byte offsets of the header's fields. */
export const UPLOAD_OFFSETS = {
  version: 4,
  flags: 5,
  counts: 6,
  network: 14,
  sequence: 16,
  previousId: 24,
  signer: 56,
} as const;

const SIGNATURE_DOMAIN = new TextEncoder().encode("earshot-upload");

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
  checkInteger(beacons.length, 0, MAX_UPLOAD_BEACONS, "beacons");
  const size = uploadSize(groups[0]!, groups[1]!, groups[2]!, groups[3]!);
  checkInteger(size, MIN_UPLOAD_BYTES, MAX_UPLOAD_BYTES, "upload bytes");
  const sequence = checkInteger(content.sequence, 1, Number.MAX_SAFE_INTEGER, "sequence");
  if (isAllZero(checkBytes(content.previousId, 32, "previousId")) !== (sequence === 1)) {
    throw pocError("POC_BAD_ENCODING", `previousId: all zero exactly for sequence 1, sequence ${sequence} given`);
  }

  const bytes = new Uint8Array(size);
  bytes.set(UPLOAD_MAGIC, 0);
  bytes[UPLOAD_OFFSETS.version] = UPLOAD_VERSION;
  bytes[UPLOAD_OFFSETS.flags] = content.resumed === true ? RESUMED_FLAG : 0;
  groups.forEach((count, group) => {
    writeU16(bytes, UPLOAD_OFFSETS.counts + 2 * group, count);
  });
  writeU16(bytes, UPLOAD_OFFSETS.network, checkInteger(content.network, 0, 0xffff, "network"));
  writeSafeU64(bytes, UPLOAD_OFFSETS.sequence, sequence);
  bytes.set(content.previousId, UPLOAD_OFFSETS.previousId);
  bytes.set(checkKeyEncoding(signerKey), UPLOAD_OFFSETS.signer);
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

/** What the signer of an upload signs: "earshot-upload" || id. */
export function uploadMessage(id: Uint8Array): Uint8Array {
  const message = new Uint8Array(SIGNATURE_DOMAIN.length + 32);
  message.set(SIGNATURE_DOMAIN, 0);
  message.set(id, SIGNATURE_DOMAIN.length);
  return message;
}
