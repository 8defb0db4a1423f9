/**
 * The hash chain over an ingest's report log: one head per logged upload, so that a log cannot be changed without showing.
 *
 *   head before the first upload  = SHA-256("log" || network u16 || ingest key 33)
 *   head after upload i           = SHA-256("head" || head before it 32 || upload id 32 || receive ms u64 || i u64)
 *
 * Indexes count from 0. A signed head says: after `length` uploads my head was this. Two heads for one length, or a receipt
 * that does not fit a head, prove that an ingest showed two logs.
 */
import { checkBytes, checkInteger, checkSafeU64, readSafeU64, writeSafeU64, writeU16 } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES } from "./device-key.ts";
import { sha256 } from "./hash.ts";
import { refuse } from "./refusal.ts";
import type { DeviceSigner, VerifyKey } from "./signature.ts";
import { openStatement, type StatementRefusal, signStatement, statementBytes } from "./signed-statement.ts";

/** What the log writes down about an upload. */
export interface LogEntry {
  /** 32 bytes. */
  readonly uploadId: Uint8Array;
  /** Ingest time, ms since the Unix epoch. */
  readonly receiveMs: number;
  /** Place in the log of this ingest, from 0. */
  readonly logIndex: number;
}

const GENESIS_DOMAIN = new TextEncoder().encode("log");
const HEAD_DOMAIN = new TextEncoder().encode("head");

/** The head of an empty log. Throws POC_BAD_ENCODING, POC_BAD_LENGTH. */
export function logGenesis(network: number, ingestKey: Uint8Array): Uint8Array {
  const tail = new Uint8Array(2 + DEVICE_KEY_BYTES);
  writeU16(tail, 0, checkInteger(network, 0, 0xffff, "network"));
  tail.set(checkBytes(ingestKey, DEVICE_KEY_BYTES, "ingest key"), 2);
  return sha256(GENESIS_DOMAIN, tail);
}

/** The head after an entry. Throws POC_BAD_ENCODING, POC_BAD_LENGTH. */
export function nextLogHead(previousHead: Uint8Array, entry: LogEntry): Uint8Array {
  // One message in one array: this runs for every upload.
  const message = new Uint8Array(84);
  message.set(HEAD_DOMAIN, 0);
  message.set(checkBytes(previousHead, 32, "previous head"), 4);
  message.set(checkBytes(entry.uploadId, 32, "upload id"), 36);
  writeSafeU64(message, 68, checkSafeU64(entry.receiveMs, "receiveMs"));
  writeSafeU64(message, 76, checkSafeU64(entry.logIndex, "logIndex"));
  return sha256(message);
}

/** What an ingest publishes about its log. */
export interface LogHead {
  /** Uploads in the log. */
  readonly length: number;
  /** 32 bytes. */
  readonly head: Uint8Array;
  /** When it said so, ms since the Unix epoch. */
  readonly issuedMs: number;
}

const FIELD_BYTES = 48;
/** Bytes of a signed log head: length u64 at 36, head at 44, issued ms u64 at 76, signature at 84. */
export const LOG_HEAD_BYTES: number = statementBytes(FIELD_BYTES);

/** The signed head. Throws POC_BAD_ENCODING, POC_BAD_LENGTH. */
export function signLogHead(network: number, head: LogHead, signer: DeviceSigner): Uint8Array {
  const fields = new Uint8Array(FIELD_BYTES);
  writeSafeU64(fields, 0, checkSafeU64(head.length, "length"));
  fields.set(checkBytes(head.head, 32, "head"), 8);
  writeSafeU64(fields, 40, checkSafeU64(head.issuedMs, "issuedMs"));
  return signStatement("earshot-log-head", network, fields, signer);
}

/** Verifies a signed head from outside. */
export function verifyLogHead(
  bytes: Uint8Array,
  key: VerifyKey | undefined,
  network: number,
): { readonly status: "ok"; readonly head: LogHead } | StatementRefusal {
  const opened = openStatement("earshot-log-head", network, bytes, FIELD_BYTES, key);
  if (opened.status === "refused") return opened;
  const length = readSafeU64(opened.fields, 0);
  const issuedMs = readSafeU64(opened.fields, 40);
  if (length === undefined || issuedMs === undefined) {
    return refuse("non_canonical", "integers below 2^53", "a larger one");
  }
  return { status: "ok", head: { length, head: opened.fields.slice(8, 40), issuedMs } };
}
