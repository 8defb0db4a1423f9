/**
 * The network a fresh local chain starts with: token, data credits, price, registry, rewards and governance under its own wallets.
 *
 * Transactions go straight into the chain, a block each, and are the same as `createNetworkSteps` gives for a cluster.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Keypair, type PublicKey, type TransactionInstruction } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { LocalChain } from "../localnet/local-chain.ts";
import { createNetworkSteps, type NetworkAddresses, networkAddresses } from "../sdk/create-network.ts";
import { openEpochRecord, submitPrice } from "../sdk/data-credits.ts";
import { lookupTableSteps } from "../sdk/lookup-table.ts";
import { ATOMS, type NetworkPlan, standardPlan } from "../sdk/network-plan.ts";
import { presetHash } from "../sdk/preset-hash.ts";
import { Programs } from "../sdk/programs.ts";
import { MINT_BYTES } from "../sdk/token-instructions.ts";
import { OFFLINE, submitLocally } from "./submit-locally.ts";

/** Number of local networks in protocol messages (poc/src/protocol/upload.ts): agents let only private ones hurry. */
const LOCAL_WIRE_ID = 3;
/** Half a dollar a token, 1e-8 USD. */
const FIRST_PRICE_E8 = 50_000_000n;
const GENESIS_TOKENS: readonly (readonly [string, bigint])[] = [
  ["admin", 1_000_000n],
  ["maker", 10_000n],
  ["owner", 10_000n],
  ["customer", 10_000n],
];

export interface LocalNetworkOptions {
  readonly chain: LocalChain;
  /** Secret keys (64 bytes) of the chain's wallets by name. */
  readonly secretKeys: ReadonlyMap<string, Uint8Array>;
  readonly epochSeconds: number;
  /** 32 bytes; without it that of the preset for such epochs (poc presetOfNetwork). */
  readonly parameterHash?: Uint8Array | undefined;
  /** Makes another plan of the usual one, for who wants other oracles or times. */
  readonly change?: (plan: NetworkPlan) => NetworkPlan;
}

export interface LocalNetwork extends NetworkAddresses {
  readonly lookupTable: PublicKey;
}

/**
 * Creates the network with its lookup table and says the first price. All of it is in the moment of the open block, however long it takes: the
 * first epoch may not be over before it is made. Throws PRG_REFUSED.
 */
export async function createLocalNetwork(options: LocalNetworkOptions): Promise<LocalNetwork> {
  const { chain, secretKeys, epochSeconds } = options;
  const wallet = (name: string) => Keypair.fromSecretKey(secretKeys.get(name)!);
  const mintOf = (name: string) =>
    Keypair.fromSeed(createHash("sha256").update("earshot localnet mint").update(chain.seed).update(name).digest());
  const [admin, tokenMint, dcMint] = [wallet("admin"), mintOf("token"), mintOf("data credits")];
  const network = networkAddresses(tokenMint.publicKey, dcMint.publicKey);
  const oracles = [1, 2, 3, 4, 5].map((number) => wallet(`oracle-${number}`));
  const epoch = BigInt(Math.floor(chain.blocks.open.unixMs / 1000 / epochSeconds));
  const standard = standardPlan({
    admin: admin.publicKey,
    guardian: wallet("guardian").publicKey,
    oracles: oracles.map(({ publicKey }) => publicKey),
    genesis: GENESIS_TOKENS.map(([name, tokens]) => ({ wallet: wallet(name).publicKey, amountAtoms: tokens * ATOMS })),
    parameterHash: options.parameterHash ?? presetHash(epochSeconds, network),
    firstEpoch: epoch,
    epochSeconds,
  });
  const usual = { ...standard, wireId: LOCAL_WIRE_ID };
  const plan = options.change?.(usual) ?? usual;
  const programs = new Programs(OFFLINE);
  const founders = { admin, tokenMint, dcMint, mintRentLamports: Number(chain.rentExemption(MINT_BYTES)) };
  for (const { name, instructions, signers } of await createNetworkSteps(programs, founders, plan))
    submit(options, programs, name, instructions, [admin, ...signers]);

  const open = await openEpochRecord(programs, network, admin.publicKey, epoch);
  submit(options, programs, "open the epoch", [open], [admin]);
  for (const oracle of oracles) {
    const say = await submitPrice(programs, network, { oracle: oracle.publicKey, epoch, priceE8: FIRST_PRICE_E8 });
    submit(options, programs, "say the price", [say], [oracle]);
  }
  const { table, steps } = lookupTableSteps(network, admin.publicKey, chain.blocks.newest.slot);
  for (const { name, instructions } of steps) submit(options, programs, name, instructions, [admin]);
  return { ...network, lookupTable: table };
}

/** Notes the network for the other commands. */
export function writeNetworkFile(path: string, network: LocalNetwork): void {
  const addresses = Object.fromEntries(Object.entries(network).map(([name, address]) => [name, address.toBase58()]));
  writeFileSync(path, `${JSON.stringify(addresses, null, 2)}\n`);
}

function submit(
  { chain }: LocalNetworkOptions,
  programs: Programs,
  name: string,
  instructions: readonly TransactionInstruction[],
  signers: readonly Keypair[],
): void {
  try {
    submitLocally(chain, programs, instructions, signers);
  } catch (cause) {
    throw new ClientError("PRG_REFUSED", `${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  // Times of blocks never go back.
  chain.closeBlock(0);
}
