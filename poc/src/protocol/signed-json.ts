/**
 * Signatures over JSON documents, such as route lists: over the domain (ASCII) || SHA-256 of the canonical JSON (RFC 8785).
 */
import { canonicalJsonBytes } from "./canonical-json.ts";
import { sha256 } from "./hash.ts";
import { type DeviceSigner, type VerifyKey, verifySignature } from "./signature.ts";

export type JsonDomain = "earshot-routes" | "earshot-segments" | "earshot-appeal";

const encoder = new TextEncoder();

/** The signature of a document under a domain. Throws POC_BAD_ENCODING if the document is not JSON. */
export function signJson(domain: JsonDomain, document: unknown, signer: DeviceSigner): Uint8Array {
  return signer.sign(message(domain, document));
}

/** True if `signature` is the key's over the document. Throws POC_BAD_ENCODING if the document is not JSON. */
export function verifyJson(domain: JsonDomain, document: unknown, key: VerifyKey, signature: Uint8Array): boolean {
  return verifySignature(key, message(domain, document), signature);
}

function message(domain: JsonDomain, document: unknown): Uint8Array {
  const prefix = encoder.encode(domain);
  const bytes = new Uint8Array(prefix.length + 32);
  bytes.set(prefix, 0);
  bytes.set(sha256(canonicalJsonBytes(document)), prefix.length);
  return bytes;
}
