/** Files of keys that commands sign with: a wallet's keypair file, or the key file of a route. */
import { base58Text, type DeviceSigner, keyToText, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { oracleError } from "../errors.ts";
import { ingestSigner } from "../service/ingest-key.ts";

/** A Solana keypair file: 32 bytes of seed and 32 of the public key. */
const KEYPAIR_BYTES = 64;
const EXPECTED = "expected a keypair file of solana-keygen";

/** Somebody who signs, and the text that names it: a wallet in base58, or a route key in its text form. */
export interface NamedSigner {
  readonly name: string;
  readonly isWallet: boolean;
  readonly key: DeviceSigner;
}

/** The wallet of a keypair file. Throws ORC_BAD_KEY. */
export function walletSigner(path: string): DeviceSigner {
  let bytes: unknown;
  try {
    bytes = JSON.parse(new TextDecoder().decode(readWhole(path, EXPECTED)));
  } catch (cause) {
    throw oracleError("ORC_BAD_KEY", `${path}: ${EXPECTED}`, { cause });
  }
  const isKeypair =
    Array.isArray(bytes) &&
    bytes.length === KEYPAIR_BYTES &&
    bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  if (!isKeypair) throw oracleError("ORC_BAD_KEY", `${path}: ${EXPECTED}`);
  return signerFromEd25519Seed(Uint8Array.from((bytes as number[]).slice(0, 32)));
}

/** A keypair file of a wallet, or the key file that `oracle meter` made. Throws ORC_BAD_KEY. */
export function namedSigner(path: string): NamedSigner {
  const isRouteKey = /^\s*(#|ed25519 )/.test(
    new TextDecoder().decode(readWhole(path, `${EXPECTED}, or the key file of a route`)),
  );
  if (isRouteKey) {
    const key = ingestSigner(path, false);
    return { name: keyToText(key.publicKey), isWallet: false, key };
  }
  const key = walletSigner(path);
  return { name: base58Text(key.publicKey.subarray(1)), isWallet: true, key };
}
