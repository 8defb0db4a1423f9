/** Whoever signs: a wallet in base58, or a route key in the text form of device keys. */
import { ED25519_TAG, importKey, keyFromText, type VerifyKey } from "@earshot/poc/protocol";
import { walletFromText } from "../api/owner-request.ts";

/** The key of a signer's text, or undefined. Never throws. */
export function signerKey(text: string): VerifyKey | undefined {
  try {
    const wallet = walletFromText(text);
    return importKey(wallet === undefined ? keyFromText(text) : Uint8Array.of(ED25519_TAG, ...wallet));
  } catch {
    return undefined;
  }
}

/** Whether a text is a wallet that can sign. */
export function isWallet(text: string): boolean {
  return walletFromText(text) !== undefined && signerKey(text) !== undefined;
}
