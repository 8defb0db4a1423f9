/**
 * The signed head of a device's chain: what an ingest answers when an upload does not follow it (HTTP 409), or when asked.
 *
 * A statement (signed-statement.ts) of 181 bytes: device key at 36, sequence u64 at 69, upload id at 77, issued ms u64 at 109,
 * signature at 117. A device that lost its state goes on from it, and can show later what it was told.
 */
import { checkBytes, checkSafeU64, isAllZero, readSafeU64, writeSafeU64 } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES } from "./device-key.ts";
import { refuse } from "./refusal.ts";
import type { DeviceSigner, VerifyKey } from "./signature.ts";
import { openStatement, type StatementRefusal, signStatement, statementBytes } from "./signed-statement.ts";
import type { ChainHead } from "./upload-chain.ts";

export interface SignedChainHead extends ChainHead {
  /** 33 bytes. */
  readonly deviceKey: Uint8Array;
  /** When the ingest said so, ms since the Unix epoch. */
  readonly issuedMs: number;
}

const FIELD_BYTES = DEVICE_KEY_BYTES + 48;
/** Bytes of a signed chain head. */
export const CHAIN_HEAD_BYTES: number = statementBytes(FIELD_BYTES);

/** The signed head. Throws POC_BAD_ENCODING, POC_BAD_LENGTH. */
export function signChainHead(network: number, head: SignedChainHead, signer: DeviceSigner): Uint8Array {
  const fields = new Uint8Array(FIELD_BYTES);
  fields.set(checkBytes(head.deviceKey, DEVICE_KEY_BYTES, "device key"), 0);
  writeSafeU64(fields, 33, checkSafeU64(head.sequence, "sequence"));
  fields.set(checkBytes(head.id, 32, "upload id"), 41);
  writeSafeU64(fields, 73, checkSafeU64(head.issuedMs, "issuedMs"));
  return signStatement("earshot-chain-head", network, fields, signer);
}

/** Verifies a signed head from outside; `key` is the ingest's. The id is all zero exactly for sequence 0. */
export function verifyChainHead(
  bytes: Uint8Array,
  key: VerifyKey | undefined,
  network: number,
): { readonly status: "ok"; readonly head: SignedChainHead } | StatementRefusal {
  const opened = openStatement("earshot-chain-head", network, bytes, FIELD_BYTES, key);
  if (opened.status === "refused") return opened;
  const { fields } = opened;
  const sequence = readSafeU64(fields, 33);
  const issuedMs = readSafeU64(fields, 73);
  if (sequence === undefined || issuedMs === undefined) {
    return refuse("non_canonical", "integers below 2^53", "a larger one");
  }
  const id = fields.slice(41, 73);
  if (isAllZero(id) !== (sequence === 0)) return refuse("non_canonical", "a zero id for sequence 0 only", sequence);
  return { status: "ok", head: { deviceKey: fields.slice(0, 33), sequence, id, issuedMs } };
}
