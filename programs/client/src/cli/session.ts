/**
 * What the commands against a chain share: URL, keypair and network as Solana's users give them, and simulate-unless-commit.
 *
 * URL: --url, SOLANA_URL, the local chain where its network is used, Solana's own configuration, else the local chain; `l`, `d`, `t`, `m`
 * are localhost and the public clusters. Keypair: --keypair, SOLANA_KEYPAIR, Solana's configuration, else ~/.config/solana/id.json. Token:
 * --token-mint, EARSHOT_TOKEN_MINT, else the network `localnet` created in this folder, with its lookup table.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Connection, clusterApiUrl, type Keypair, type PublicKey, type TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import { ask } from "../sdk/ask.ts";
import type { NetworkAddresses } from "../sdk/create-network.ts";
import { findNetwork } from "../sdk/find-network.ts";
import { readLookupTable } from "../sdk/lookup-table.ts";
import { Programs } from "../sdk/programs.ts";
import { type Sender, send, simulate } from "../sdk/send.ts";
import { type CliContext, guarded, type JsonFlag, jsonFlag, print } from "./context.ts";
import { addressOf, DEFAULT_KEYPAIR, readKeypair } from "./keys.ts";
import { textParser, wholeParser } from "./parse.ts";
import { solanaConfig } from "./solana-config.ts";

export interface ChainFlags extends JsonFlag {
  readonly url?: string;
  readonly keypair?: string;
  readonly tokenMint?: string;
  readonly lookupTable?: string;
}

export interface SpendFlags extends ChainFlags {
  readonly commit: boolean;
  readonly priorityFee?: bigint;
}

export const chainFlags = {
  url: { kind: "parsed", parse: textParser, brief: "RPC of the chain, or l, d, t, m", optional: true },
  keypair: { kind: "parsed", parse: textParser, brief: "Keypair file of who pays and signs", optional: true },
  tokenMint: { kind: "parsed", parse: textParser, brief: "Mint of the network's token", optional: true },
  lookupTable: { kind: "parsed", parse: textParser, brief: "Lookup table of the network", optional: true },
  json: jsonFlag,
} as const;

export const spendFlags = {
  ...chainFlags,
  priorityFee: {
    kind: "parsed",
    parse: wholeParser,
    brief: "Offer so many 1e-6 lamports for a compute unit",
    optional: true,
  },
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
  /** Decimals of the network's token. */
  readonly decimals: () => Promise<number>;
}

export interface CommandAnswer {
  readonly json: unknown;
  readonly text: string;
}

/** Runs a command against a network and prints its answer. */
export async function withSession(
  context: CliContext,
  flags: ChainFlags,
  run: (session: Session) => Promise<CommandAnswer>,
): Promise<void> {
  await guarded(context, flags, async () => {
    const connection = connectionOf(flags);
    const programs = new Programs(connection);
    const network = await findNetwork(programs, tokenMintOf(flags));
    const decimals = async () => {
      const mint = await ask(connection, () => connection.getAccountInfo(network.tokenMint, "confirmed"));
      if (mint === null || mint.data.length < MINT_DECIMALS_AT)
        throw new ClientError("PRG_NOT_FOUND", `${network.tokenMint.toBase58()} is no token`);
      return mint.data[MINT_DECIMALS_AT]!;
    };
    print(
      context,
      flags,
      await run({ connection, programs, network, decimals, payer: () => readKeypair(keypairPath(flags)) }),
    );
  });
}

/** Offset of the decimals in a mint: an optional authority of 36 bytes and the supply before it. */
const MINT_DECIMALS_AT = 44;

export function connectionOf(flags: ChainFlags): Connection {
  return new Connection(urlOf(flags), "confirmed");
}

/** Who sends the command's transactions, with the network's lookup table where one is known. */
export async function senderOf({ connection, programs, payer }: Session, flags: SpendFlags): Promise<Sender> {
  const table = lookupTableOf(flags);
  return {
    connection,
    programs,
    payer: payer(),
    ...(table === null ? {} : { lookupTables: [await readLookupTable(connection, table)] }),
    ...(flags.priorityFee === undefined ? {} : { priorityMicroLamports: flags.priorityFee }),
  };
}

/** Simulates, or with --commit sends, transactions one after the other; says which. Of several only the first can be simulated. */
export async function spend(
  session: Session,
  flags: SpendFlags,
  transactions: readonly (readonly TransactionInstruction[])[],
  done: string,
  signers: readonly Keypair[] = [],
): Promise<CommandAnswer> {
  const sender = await senderOf(session, flags);
  if (!flags.commit) {
    const { unitsConsumed } = await simulate(sender, transactions[0]!);
    const more = transactions.length > 1 ? `, the first of ${transactions.length} transactions` : "";
    return {
      json: { committed: false, unitsConsumed, transactions: transactions.length },
      text: `simulated, nothing was sent: it would succeed with ${unitsConsumed} compute units${more}. Send it with --commit\n`,
    };
  }
  const signatures: string[] = [];
  for (const instructions of transactions) signatures.push(await send(sender, instructions, signers));
  return {
    json: { committed: true, signature: signatures.at(-1), signatures },
    text: `${done}\n${signatures.map((signature) => `${signature}\n`).join("")}`,
  };
}

export function keypairPath({ keypair }: ChainFlags): string {
  return keypair ?? process.env.SOLANA_KEYPAIR ?? solanaConfig().keypairPath ?? DEFAULT_KEYPAIR;
}

function urlOf(flags: ChainFlags): string {
  const own = localNetwork(flags) === null ? solanaConfig().url : undefined;
  const url = flags.url ?? process.env.SOLANA_URL ?? own ?? "l";
  const chosen = Object.hasOwn(CLUSTERS, url) ? CLUSTERS[url]! : url;
  if (!/^https?:\/\/[^\s/]/.test(chosen))
    throw new ClientError("PRG_BAD_OPTION", `--url is neither l, d, t, m nor http: ${url}`);
  return chosen;
}

function tokenMintOf(flags: ChainFlags): PublicKey {
  const named = flags.tokenMint ?? process.env.EARSHOT_TOKEN_MINT;
  if (named !== undefined) return addressOf(named, "--token-mint");
  const local = localNetwork(flags)?.tokenMint;
  if (local !== undefined) return addressOf(local, LOCAL_NETWORK_FILE);
  throw new ClientError("PRG_BAD_OPTION", "which network? give --token-mint, or start localnet in this folder");
}

function lookupTableOf(flags: ChainFlags): PublicKey | null {
  const named = flags.lookupTable ?? process.env.EARSHOT_LOOKUP_TABLE;
  if (named !== undefined) return addressOf(named, "--lookup-table");
  const local = localNetwork(flags)?.lookupTable;
  return local === undefined ? null : addressOf(local, LOCAL_NETWORK_FILE);
}

/** The network of the local chain, where no other one is named. */
function localNetwork({ tokenMint }: ChainFlags): Readonly<Record<string, string>> | null {
  if ((tokenMint ?? process.env.EARSHOT_TOKEN_MINT) !== undefined || !existsSync(LOCAL_NETWORK_FILE)) return null;
  try {
    return JSON.parse(readFileSync(LOCAL_NETWORK_FILE, "utf8")) as Record<string, string>;
  } catch (cause) {
    throw new ClientError("PRG_BAD_OPTION", `${LOCAL_NETWORK_FILE} is no JSON`, { cause });
  }
}
