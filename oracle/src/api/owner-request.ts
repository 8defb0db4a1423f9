/**
 * A request signed by a hotspot's owner, which may see what is the owner's alone: the exact place.
 *
 * Header `earshot-owner: WALLET TIME SIGNATURE`, the wallet in base58, then as poc/protocol signed-request.ts has it.
 */
import { base58Bytes, ED25519_TAG, importKey, requestProblem } from "@earshot/poc/protocol";

export const OWNER_REQUEST_HEADER = "earshot-owner";
const WALLET_BYTES = 32;
/** Base58 of 32 bytes. */
const MAX_WALLET_CHARS = 44;

export type OwnerRequest =
  | { readonly status: "owner"; readonly wallet: Uint8Array }
  | { readonly status: "refused"; readonly expected: string };

/** Reads and checks the header. Never throws. */
export function readOwnerRequest(header: string, method: string, path: string, nowMs: number): OwnerRequest {
  const [walletText = "", ...signed] = header.split(" ");
  const wallet = walletFromText(walletText);
  if (wallet === undefined) return { status: "refused", expected: `${OWNER_REQUEST_HEADER}: WALLET TIME SIGNATURE` };
  try {
    const key = importKey(Uint8Array.of(ED25519_TAG, ...wallet));
    const problem = requestProblem(signed.join(" "), "owner", method, path, nowMs, key);
    return problem === undefined ? { status: "owner", wallet } : { status: "refused", expected: problem };
  } catch {
    return { status: "refused", expected: "a wallet that can sign" };
  }
}

/** The 32 bytes of a base58 wallet, or undefined. */
export function walletFromText(text: string): Uint8Array | undefined {
  if (text.length > MAX_WALLET_CHARS) return undefined;
  const bytes = base58Bytes(text);
  return bytes?.length === WALLET_BYTES ? bytes : undefined;
}
