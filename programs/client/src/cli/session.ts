/**
 * What the commands against a chain share: URL, keypair and network as Solana's users give them, and simulate-unless-commit.
 *
 * URL: --url, SOLANA_URL, else the local chain; `l`, `d`, `t`, `m` are localhost and the public clusters. Keypair: --keypair, SOLANA_KEYPAIR, else
 * ~/.config/solana/id.json. Token: --token-mint, EARSHOT_TOKEN_MINT, else the network `localnet` created in this folder.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Connection, clusterApiUrl, Keypair, PublicKey, type TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { NetworkAddresses } from "../sdk/create-network.ts";
import { findNetwork } from "../sdk/find-network.ts";
import { Programs } from "../sdk/programs.ts";
import { send, simulate } from "../sdk/send.ts";
import { type CliContext, guarded, type JsonFlag, jsonFlag, print } from "./context.ts";
import { textParser } from "./parse.ts";

export interface ChainFlags extends JsonFlag {
  readonly url?: string;
  readonly keypair?: string;
  readonly tokenMint?: string;
}

export interface SpendFlags extends ChainFlags {
  readonly commit: boolean;
}

export const chainFlags = {
  url: { kind: "parsed", parse: textParser, brief: "RPC of the chain, or l, d, t, m", optional: true },
  keypair: { kind: "parsed", parse: textParser, brief: "Keypair file of who pays and signs", optional: true },
  tokenMint: { kind: "parsed", parse: textParser, brief: "Mint of the network's token", optional: true },
  json: jsonFlag,
} as const;

export const spendFlags = {
  ...chainFlags,
  commit: { kind: "boolean", brief: "Send the transaction; without it, it is only simulated", default: false },
} as const;

export const LOCAL_URL = "http://127.0.0.1:8899";
/** Where `localnet` notes the network it created. */
export const LOCAL_NETWORK_FILE = join(".earshot", "localnet", "network.json");
const CLUSTERS: Readonly<Record<string, string>> = {
  l: LOCAL_URL,
  d: clusterApiUrl("devnet"),
  t: clusterApiUrl("testnet"),
  m: clusterApiUrl("mainnet-beta"),
};

export interface Session {
  readonly connection: Connection;
  readonly programs: Programs;
  readonly network: NetworkAddresses;
  /** Reads the keypair file when it is needed. */
  readonly payer: () => Keypair;
}

export interface CommandAnswer {
  readonly json: unknown;
  readonly text: string;
}

/** Runs a command against a chain and prints its answer. */
export async function withSession(
  context: CliContext,
  flags: ChainFlags,
  run: (session: Session) => Promise<CommandAnswer>,
): Promise<void> {
  await guarded(context, flags, async () => {
    const connection = new Connection(urlOf(flags), "confirmed");
    const programs = new Programs(connection);
    const network = await findNetwork(programs, tokenMintOf(flags));
    print(context, flags, await run({ connection, programs, network, payer: () => readKeypair(keypairPath(flags)) }));
  });
}

/** Simulates, or with --commit sends; says which. */
export async function spend(
  { connection, programs, payer }: Session,
  { commit }: SpendFlags,
  instructions: readonly TransactionInstruction[],
  done: string,
): Promise<CommandAnswer> {
  const sender = { connection, programs, payer: payer() };
  if (!commit) {
    const { unitsConsumed } = await simulate(sender, instructions);
    return {
      json: { committed: false, unitsConsumed },
      text: `simulated, nothing was sent: it would succeed with ${unitsConsumed} compute units. Send it with --commit\n`,
    };
  }
  const signature = await send(sender, instructions);
  return { json: { committed: true, signature }, text: `${done}\n${signature}\n` };
}

/** A base58 address of the command line. Throws PRG_BAD_OPTION. */
export function addressOf(text: string, name: string): PublicKey {
  try {
    return new PublicKey(text);
  } catch {
    throw new ClientError("PRG_BAD_OPTION", `${name} is no address: ${text}`);
  }
}

/** A keypair file: a JSON array of 64 bytes. Throws PRG_BAD_OPTION. */
export function readKeypair(path: string): Keypair {
  if (!existsSync(path)) throw new ClientError("PRG_BAD_OPTION", `no keypair file ${path}: give one with --keypair`);
  try {
    return Keypair.fromSecretKey(Uint8Array.from(JSON.parse(readFileSync(path, "utf8")) as number[]));
  } catch {
    throw new ClientError("PRG_BAD_OPTION", `${path} is no keypair file`);
  }
}

function urlOf({ url = process.env.SOLANA_URL ?? "l" }: ChainFlags): string {
  const chosen = Object.hasOwn(CLUSTERS, url) ? CLUSTERS[url]! : url;
  if (!/^https?:\/\//.test(chosen))
    throw new ClientError("PRG_BAD_OPTION", `--url is neither l, d, t, m nor http: ${url}`);
  return chosen;
}

function keypairPath({ keypair }: ChainFlags): string {
  return keypair ?? process.env.SOLANA_KEYPAIR ?? join(homedir(), ".config", "solana", "id.json");
}

function tokenMintOf({ tokenMint = process.env.EARSHOT_TOKEN_MINT }: ChainFlags): PublicKey {
  if (tokenMint !== undefined) return addressOf(tokenMint, "--token-mint");
  if (existsSync(LOCAL_NETWORK_FILE)) {
    const noted = JSON.parse(readFileSync(LOCAL_NETWORK_FILE, "utf8")) as { readonly tokenMint?: unknown };
    if (typeof noted.tokenMint === "string") return addressOf(noted.tokenMint, LOCAL_NETWORK_FILE);
  }
  throw new ClientError("PRG_BAD_OPTION", "which network? give --token-mint, or start localnet in this folder");
}
