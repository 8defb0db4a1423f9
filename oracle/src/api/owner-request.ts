/**
 * A request signed by a hotspot's owner, which may see what is the owner's alone: the exact place.
 *
 * Header `earshot-owner: WALLET TIME SIGNATURE` with the wallet in base58, the time in Unix ms and the signature in base64. The
 * wallet signs the text `earshot-owner METHOD PATH TIME`, a line a person can read in a wallet's window; the path includes the query. A
 * signature is good for a minute, for one address.
 */
import { base58Bytes, ED25519_TAG, importKey, verifySignature } from "@earshot/poc/protocol";

/** Clocks of wallet and oracle, and the time a person takes to sign, ms. */
export const OWNER_REQUEST_MS = 60_000;
const WALLET_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Base58 of 32 bytes. */
const MAX_WALLET_CHARS = 44;
const encoder = new TextEncoder();

export type OwnerRequest =
  | { readonly status: "owner"; readonly wallet: Uint8Array }
  | { readonly status: "refused"; readonly expected: string };

/** What the wallet signs. */
export function ownerMessage(method: string, path: string, timeMs: number): Uint8Array {
  return encoder.encode(`earshot-owner ${method} ${path} ${timeMs}`);
}

/** Reads and checks the header. Never throws. */
export function readOwnerRequest(header: string, method: string, path: string, nowMs: number): OwnerRequest {
  const refused = (expected: string): OwnerRequest => ({ status: "refused", expected });
  const [walletText, timeText, signatureText, ...more] = header.split(" ");
  if (walletText === undefined || timeText === undefined || signatureText === undefined || more.length > 0) {
    return refused("earshot-owner: WALLET TIME SIGNATURE");
  }
  const wallet = walletFromText(walletText);
  if (wallet === undefined) return refused("a wallet in base58");
  const timeMs = /^\d{1,15}$/.test(timeText) ? Number(timeText) : Number.NaN;
  if (!(Math.abs(timeMs - nowMs) <= OWNER_REQUEST_MS)) return refused(`a time within a minute of ${nowMs}`);
  const signature = new Uint8Array(Buffer.from(signatureText, "base64"));
  if (signature.length !== SIGNATURE_BYTES) return refused("a signature of 64 bytes in base64");
  try {
    const key = importKey(Uint8Array.of(ED25519_TAG, ...wallet));
    if (verifySignature(key, ownerMessage(method, path, timeMs), signature)) return { status: "owner", wallet };
  } catch {
    return refused("a wallet that can sign");
  }
  return refused("the wallet's signature of this request");
}

/** The 32 bytes of a base58 wallet, or undefined. */
export function walletFromText(text: string): Uint8Array | undefined {
  if (text.length > MAX_WALLET_CHARS) return undefined;
  const bytes = base58Bytes(text);
  return bytes?.length === WALLET_BYTES ? bytes : undefined;
}
