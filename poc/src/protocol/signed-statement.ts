/**
 * What an ingest signs is a statement: a fixed-size body under a domain, followed by the signature.
 *
 *   offset  0  version u8 = 1
 *           1  network u16
 *           3  key of the ingest 33
 *          36  fields of the statement
 *        last  signature 64 over the domain (ASCII) || everything before it
 *
 * Domains differ and bodies have one size per domain, so no statement can be taken for another or for an upload.
 */
import { bytesEqual, checkBytes, checkInteger, readU16, writeU16 } from "./byte-codec.ts";
import { DEVICE_KEY_BYTES } from "./device-key.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { type DeviceSigner, SIGNATURE_BYTES, type VerifyKey, verifySignature } from "./signature.ts";

export const STATEMENT_VERSION = 1;
/** Bytes before the fields. */
export const STATEMENT_HEADER_BYTES = 3 + DEVICE_KEY_BYTES;

export type StatementDomain = "earshot-receipt" | "earshot-chain-head" | "earshot-log-head" | "earshot-entropy";

const ascii = (text: StatementDomain) => new TextEncoder().encode(text);
const DOMAIN_BYTES: Readonly<Record<StatementDomain, Uint8Array>> = {
  "earshot-receipt": ascii("earshot-receipt"),
  "earshot-chain-head": ascii("earshot-chain-head"),
  "earshot-log-head": ascii("earshot-log-head"),
  "earshot-entropy": ascii("earshot-entropy"),
};

export type StatementRefusalCode =
  | "bad_length"
  | "bad_version"
  | "wrong_network"
  | "unknown_key"
  | "non_canonical"
  | "bad_signature";

export type StatementRefusal = Refusal<StatementRefusalCode>;

/** Bytes of a statement with fields of this size. */
export function statementBytes(fieldBytes: number): number {
  return STATEMENT_HEADER_BYTES + fieldBytes + SIGNATURE_BYTES;
}

/** Builds and signs a statement. Throws POC_BAD_ENCODING if the network is not a u16. */
export function signStatement(
  domain: StatementDomain,
  network: number,
  fields: Uint8Array,
  signer: DeviceSigner,
): Uint8Array {
  // Made where it is signed and copied out: views of small arrays cost more than copies, and an ingest signs every upload's receipt.
  const prefix = DOMAIN_BYTES[domain];
  const signed = new Uint8Array(prefix.length + STATEMENT_HEADER_BYTES + fields.length);
  signed.set(prefix, 0);
  signed[prefix.length] = STATEMENT_VERSION;
  writeU16(signed, prefix.length + 1, checkInteger(network, 0, 0xffff, "network"));
  signed.set(checkBytes(signer.publicKey, DEVICE_KEY_BYTES, "ingest key"), prefix.length + 3);
  signed.set(fields, prefix.length + STATEMENT_HEADER_BYTES);
  const bytes = new Uint8Array(statementBytes(fields.length));
  const bodyBytes = STATEMENT_HEADER_BYTES + fields.length;
  for (let i = 0; i < bodyBytes; i++) bytes[i] = signed[prefix.length + i]!;
  bytes.set(checkBytes(signer.sign(signed), SIGNATURE_BYTES, "signature"), bodyBytes);
  return bytes;
}

/** Verifies a statement from outside and gives a view of its fields. `key` is the ingest's, undefined if it is not known. */
export function openStatement(
  domain: StatementDomain,
  network: number,
  bytes: Uint8Array,
  fieldBytes: number,
  key: VerifyKey | undefined,
): { readonly status: "ok"; readonly fields: Uint8Array } | StatementRefusal {
  if (bytes.length !== statementBytes(fieldBytes)) {
    return refuse("bad_length", statementBytes(fieldBytes), bytes.length);
  }
  if (bytes[0] !== STATEMENT_VERSION) return refuse("bad_version", STATEMENT_VERSION, bytes[0]!);
  if (readU16(bytes, 1) !== network) return refuse("wrong_network", network, readU16(bytes, 1));
  if (key === undefined) return refuse("unknown_key", "a key of a known ingest", "none");
  if (!bytesEqual(bytes.subarray(3, STATEMENT_HEADER_BYTES), key.key)) {
    return refuse("unknown_key", "the key of the ingest", "another key");
  }
  const body = bytes.subarray(0, bytes.length - SIGNATURE_BYTES);
  if (!verifySignature(key, message(domain, body), bytes.subarray(body.length))) {
    return refuse("bad_signature", `a signature under ${domain}`, "another");
  }
  return { status: "ok", fields: body.subarray(STATEMENT_HEADER_BYTES) };
}

/** The key a statement names, to look it up before verifying; undefined if the bytes are too short. */
export function statementKey(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length < STATEMENT_HEADER_BYTES ? undefined : bytes.slice(3, STATEMENT_HEADER_BYTES);
}

function message(domain: StatementDomain, body: Uint8Array): Uint8Array {
  const prefix = DOMAIN_BYTES[domain];
  const bytes = new Uint8Array(prefix.length + body.length);
  bytes.set(prefix, 0);
  bytes.set(body, prefix.length);
  return bytes;
}
