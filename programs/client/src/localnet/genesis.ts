/**
 * What a fresh local chain holds besides Solana's own programs: Earshot's, and funded wallets.
 *
 * Wallets are derived from the chain's seed, so that a restored chain has the same ones. They are for this chain only.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClientError } from "../errors.ts";
import { keypairFromSeed, type LocalKeypair } from "./keypair.ts";
import type { LocalChain } from "./local-chain.ts";
import { SYSTEM_PROGRAM } from "./nonce.ts";

export interface DeployedProgram {
  readonly name: string;
  readonly address: string;
}

export interface Wallet {
  readonly name: string;
  readonly keypair: LocalKeypair;
}

/** Who plays on a local chain; five oracles are what a network's threshold of four is meant for. */
export const WALLET_NAMES = [
  "admin",
  "guardian",
  "maker",
  "owner",
  "customer",
  ...[1, 2, 3, 4, 5].map((number) => `oracle-${number}`),
] as const;
const WALLET_LAMPORTS = 1_000_000_000_000n;

/** Deploys every `<name>.so` of a folder under the address its IDL `<name>.json` names; none where the folder is not there. */
export function deployArtifacts(chain: LocalChain, folder: string): readonly DeployedProgram[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".so"))
    .sort()
    .map((file) => {
      const name = file.slice(0, -".so".length);
      const idl = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as { readonly address?: unknown };
      if (typeof idl.address !== "string") throw new ClientError("PRG_BAD_OPTION", `${name}.json names no address`);
      chain.addProgram(idl.address, readFileSync(join(folder, file)));
      return { name, address: idl.address };
    });
}

/** The wallets of a chain's seed. */
export function walletsOf(seed: Uint8Array): readonly Wallet[] {
  return WALLET_NAMES.map((name) => ({
    name,
    keypair: keypairFromSeed(createHash("sha256").update("earshot localnet wallet").update(seed).update(name).digest()),
  }));
}

/** Gives every wallet its SOL, at every commitment. */
export function fundWallets(chain: LocalChain, wallets: readonly Wallet[]): void {
  for (const { keypair } of wallets)
    chain.setAccount(keypair.address, {
      lamports: WALLET_LAMPORTS,
      owner: SYSTEM_PROGRAM,
      data: new Uint8Array(0),
      executable: false,
      rentEpoch: 0n,
    });
}

/** Writes keypair files as Solana's tools read them; gives the path of each. */
export function writeKeypairs(folder: string, wallets: readonly Wallet[]): ReadonlyMap<string, string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return new Map(
    wallets.map(({ name, keypair }) => {
      const path = join(folder, `${name}.json`);
      writeFileSync(path, `${JSON.stringify([...keypair.secretKey])}\n`, { mode: 0o600 });
      return [name, path];
    }),
  );
}
