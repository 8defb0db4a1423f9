/**
 * Ed25519 keys in Solana's shape: 64 bytes, the seed and then the public key; files hold them as a JSON array of numbers.
 */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { base58 } from "./base58.ts";

export interface LocalKeypair {
  readonly address: string;
  readonly publicKey: Uint8Array;
  /** 64 bytes: seed, public key. */
  readonly secretKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** RFC 8410: the DER around a 32-byte Ed25519 seed. */
const PKCS8_PREFIX = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);

/** The key of a 32-byte seed. */
export function keypairFromSeed(seed: Uint8Array): LocalKeypair {
  if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(spki.subarray(spki.length - 32));
  return {
    address: base58(publicKey),
    publicKey,
    secretKey: Uint8Array.from([...seed, ...publicKey]),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}
