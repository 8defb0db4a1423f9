/** Addresses of Solana accounts from their text. */
import { PublicKey } from "@solana/web3.js";
import { oracleError } from "../errors.ts";

/** The 32 bytes of a base58 address; `name` is the key that holds it. Throws ORC_BAD_CONFIG. */
export function addressBytes(text: string, name: string): Uint8Array {
  try {
    return new PublicKey(text).toBytes();
  } catch (cause) {
    throw oracleError("ORC_BAD_CONFIG", `${name}: expected an address in base58, got ${JSON.stringify(text)}`, {
      cause,
    });
  }
}

/** The account a base58 address names. Throws ORC_BAD_CONFIG. */
export function publicKeyOf(text: string, name: string): PublicKey {
  return new PublicKey(addressBytes(text, name));
}

/** The account with these 32 bytes. */
export function keyOf(bytes: Uint8Array): PublicKey {
  return new PublicKey(bytes);
}
