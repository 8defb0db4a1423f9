/**
 * Entropy nobody chooses: E(m) is the blockhash of the first finalised Solana block whose block time is at or after minute m.
 *
 * A minute is a number counted from the Unix epoch; its length is a parameter (60,000 ms, less only in `demo`). Several minutes
 * share a block when the chain paused; that is allowed. Nothing here talks to a chain: blocks are arguments.
 */
import { pocError } from "../errors.ts";
import { checkBytes, checkSafeU64, readSafeU64, writeSafeU64 } from "./byte-codec.ts";
import { type Refusal, refuse } from "./refusal.ts";
import type { DeviceSigner, VerifyKey } from "./signature.ts";
import { openStatement, type StatementRefusalCode, signStatement, statementBytes } from "./signed-statement.ts";

/** A finalised block as a Solana RPC reports it; `blockhash` is the decoded 32 bytes. */
export interface SolanaBlock {
  readonly slot: number;
  readonly blockTimeS: number;
  readonly blockhash: Uint8Array;
}

/** The entropy of one minute, as it is logged and as the oracle serves it. */
export interface EntropyRecord extends SolanaBlock {
  readonly minute: number;
}

/** Bytes of an encoded record: minute u64, slot u64, block time in seconds u64, blockhash. */
export const ENTROPY_RECORD_BYTES = 56;
export const DEFAULT_ENTROPY_MS = 60_000;

/**
 * The block that gives E(minute), or undefined while none of `blocks` is late enough. The blocks may come in any order, but
 * must reach back to one before the minute for the answer to be the first block of the chain; block times of Solana may repeat
 * and never decrease with the slot, so the lowest slot that is late enough wins.
 */
export function selectEntropyBlock(
  blocks: Iterable<SolanaBlock>,
  minute: number,
  entropyMs: number = DEFAULT_ENTROPY_MS,
): EntropyRecord | undefined {
  const minuteStartMs = checkSafeU64(minute, "minute") * entropyMs;
  let first: SolanaBlock | undefined;
  for (const block of blocks) {
    if (block.blockTimeS * 1000 < minuteStartMs) continue;
    if (first === undefined || block.slot < first.slot) first = block;
  }
  if (first === undefined) return undefined;
  return { minute, slot: first.slot, blockTimeS: first.blockTimeS, blockhash: first.blockhash };
}

/** The 56 bytes of a record. Throws POC_BAD_ENCODING or POC_BAD_LENGTH. */
export function encodeEntropyRecord(record: EntropyRecord): Uint8Array {
  const bytes = new Uint8Array(ENTROPY_RECORD_BYTES);
  writeSafeU64(bytes, 0, checkSafeU64(record.minute, "minute"));
  writeSafeU64(bytes, 8, checkSafeU64(record.slot, "slot"));
  writeSafeU64(bytes, 16, checkSafeU64(record.blockTimeS, "blockTimeS"));
  bytes.set(checkBytes(record.blockhash, 32, "blockhash"), 24);
  return bytes;
}

export type EntropyRefusalCode = "bad_length" | "non_canonical" | "too_early";

/** Reads a record from outside; a block time before the minute is refused, since such a block cannot be its entropy. */
export function decodeEntropyRecord(
  bytes: Uint8Array,
  entropyMs: number = DEFAULT_ENTROPY_MS,
): { readonly status: "ok"; readonly record: EntropyRecord } | Refusal<EntropyRefusalCode> {
  if (!Number.isSafeInteger(entropyMs) || entropyMs < 1) throw pocError("POC_BAD_PARAMETERS", `entropyMs ${entropyMs}`);
  if (bytes.length !== ENTROPY_RECORD_BYTES) return refuse("bad_length", ENTROPY_RECORD_BYTES, bytes.length);
  const minute = readSafeU64(bytes, 0);
  const slot = readSafeU64(bytes, 8);
  const blockTimeS = readSafeU64(bytes, 16);
  if (minute === undefined || slot === undefined || blockTimeS === undefined) {
    return refuse("non_canonical", "integers below 2^53", "a larger one");
  }
  if (blockTimeS * 1000 < minute * entropyMs) return refuse("too_early", minute * entropyMs, blockTimeS * 1000);
  return { status: "ok", record: { minute, slot, blockTimeS, blockhash: bytes.slice(24) } };
}

/** Bytes of a signed record: the record at 36, issued ms u64 at 92, signature at 100. */
export const SIGNED_ENTROPY_BYTES: number = statementBytes(ENTROPY_RECORD_BYTES + 8);

/** An ingest's word for the entropy of a minute and its own time, for devices that read no chain. Throws POC_BAD_ENCODING. */
export function signEntropy(
  network: number,
  record: EntropyRecord,
  issuedMs: number,
  signer: DeviceSigner,
): Uint8Array {
  const fields = new Uint8Array(ENTROPY_RECORD_BYTES + 8);
  fields.set(encodeEntropyRecord(record), 0);
  writeSafeU64(fields, ENTROPY_RECORD_BYTES, checkSafeU64(issuedMs, "issuedMs"));
  return signStatement("earshot-entropy", network, fields, signer);
}

/** Verifies an ingest's word; `key` is the ingest's. Whether the block is the first of the minute only the chain can tell. */
export function verifyEntropy(
  bytes: Uint8Array,
  key: VerifyKey | undefined,
  network: number,
  entropyMs: number = DEFAULT_ENTROPY_MS,
):
  | { readonly status: "ok"; readonly record: EntropyRecord; readonly issuedMs: number }
  | Refusal<StatementRefusalCode | EntropyRefusalCode> {
  const opened = openStatement("earshot-entropy", network, bytes, ENTROPY_RECORD_BYTES + 8, key);
  if (opened.status === "refused") return opened;
  const issuedMs = readSafeU64(opened.fields, ENTROPY_RECORD_BYTES);
  if (issuedMs === undefined) return refuse("non_canonical", "integers below 2^53", "a larger one");
  const decoded = decodeEntropyRecord(opened.fields.subarray(0, ENTROPY_RECORD_BYTES), entropyMs);
  return decoded.status === "refused" ? decoded : { ...decoded, issuedMs };
}
