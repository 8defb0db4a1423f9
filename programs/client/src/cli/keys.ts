/** Key files of the command line: Solana's keypair files, and the key file of a hotspot agent. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { keyFromText, signerFromEd25519Seed, signerFromP256Scalar } from "@earshot/poc/protocol";
import { Keypair, PublicKey } from "@solana/web3.js";
import { ClientError } from "../errors.ts";

/** What signs for a device or a route: 33 bytes of key with its tag, and a strict signature of 64 bytes. */
export interface TaggedSigner {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export const DEFAULT_KEYPAIR = join(homedir(), ".config", "solana", "id.json");
/** Where `localnet` writes the keypairs of its wallets. */
const LOCAL_KEYS = join(".earshot", "localnet", "keys");

/** A keypair file: a JSON array of 64 bytes, secret and public key. Throws PRG_BAD_OPTION. */
export function readKeypair(path: string): Keypair {
  if (!existsSync(path)) {
    const local = existsSync(LOCAL_KEYS) ? `; localnet's are in ${LOCAL_KEYS}` : "";
    throw new ClientError("PRG_BAD_OPTION", `no keypair file ${path}: give one with --keypair${local}`);
  }
  try {
    return Keypair.fromSecretKey(Uint8Array.from(JSON.parse(readFileSync(path, "utf8")) as number[]));
  } catch (cause) {
    throw new ClientError("PRG_BAD_OPTION", `${path} is no keypair file: expected a JSON array of 64 bytes`, { cause });
  }
}

/** The key of a device or a route: a keypair file, or a key file as `hotspot-agent` makes them. Throws PRG_BAD_OPTION. */
export function readTaggedSigner(path: string, flag: string): TaggedSigner {
  if (!existsSync(path)) throw new ClientError("PRG_BAD_OPTION", `${flag}: no file ${path}`);
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const match = lines.length === 1 ? /^(ed25519|p256) ([0-9a-f]{64})\s*$/i.exec(lines[0]!) : null;
  if (match === null) return signerFromEd25519Seed(readKeypair(path).secretKey.slice(0, 32));
  const secret = new Uint8Array(Buffer.from(match[2]!, "hex"));
  return match[1]!.toLowerCase() === "p256" ? signerFromP256Scalar(secret) : signerFromEd25519Seed(secret);
}

/** A device or route key as it is written down: 66 hex digits, or its text form. Null where it is neither. */
export function taggedKeyOf(text: string): Uint8Array | null {
  if (/^[0-9a-f]{66}$/i.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  try {
    return keyFromText(text);
  } catch {
    return null;
  }
}

/** A base58 address of the command line. Throws PRG_BAD_OPTION. */
export function addressOf(text: string, name: string): PublicKey {
  try {
    return new PublicKey(text);
  } catch {
    throw new ClientError("PRG_BAD_OPTION", `${name} is no address: ${text}`);
  }
}
