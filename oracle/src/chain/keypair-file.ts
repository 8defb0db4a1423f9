/** Wallets in Solana's keypair files: a JSON array of 64 bytes, mode 0600. */
import { Keypair } from "@solana/web3.js";
import { oracleError } from "../errors.ts";
import { readPrivateFile } from "../service/secret-file.ts";

/** The wallet of a file; `key` is the key of the configuration that names it. Throws ORC_BAD_KEY. */
export function keypairOf(path: string, key: string): Keypair {
  const text = readPrivateFile(path);
  if (text === undefined) throw oracleError("ORC_BAD_KEY", `${key}: ${path}: there is no such file`);
  try {
    return Keypair.fromSecretKey(Uint8Array.from(JSON.parse(text) as number[]));
  } catch {
    // The cause would repeat what the file holds.
    throw oracleError("ORC_BAD_KEY", `${key}: ${path}: expected a keypair file, a JSON array of 64 bytes`);
  }
}
