/** A network on a local chain behind its sockets, created by the SDK: what the SDK's tests play on. */
import { type Connection, Keypair, LAMPORTS_PER_SOL } from "@solana/web3.js";
import { deployArtifacts } from "../../src/localnet/index.ts";
import { createNetworkSteps, type NetworkAddresses, networkAddresses } from "../../src/sdk/create-network.ts";
import { ATOMS, standardPlan } from "../../src/sdk/network-plan.ts";
import { ARTIFACTS, Programs } from "../../src/sdk/programs.ts";
import { type Sender, send } from "../../src/sdk/send.ts";
import { type RunningChain, SLOT_MS, START_MS, startChain } from "../localnet/running-chain.ts";

export const EPOCH = BigInt(START_MS) / 86_400_000n;
export const PARAMETER_HASH = new Uint8Array(32).fill(9);

export const key = (number: number) => Keypair.fromSeed(new Uint8Array(32).fill(number));
export const [admin, guardian, owner] = [21, 22, 23].map(key) as [Keypair, Keypair, Keypair];
export const oracles = [31, 32, 33, 34, 35].map(key);
const [tokenMint, dcMint] = [key(24), key(25)];

export interface LiveNetwork {
  readonly running: RunningChain;
  readonly programs: Programs;
  readonly network: NetworkAddresses;
  /** Who sends, over a connection of one's own or the chain's. */
  as(payer: Keypair, connection?: Connection): Sender;
  warpDay(): void;
}

export async function startNetwork(): Promise<LiveNetwork> {
  const running = startChain();
  deployArtifacts(running.chain, ARTIFACTS);
  const programs = new Programs(running.connection);
  for (const { publicKey } of [admin, guardian, owner, ...oracles])
    running.chain.airdrop(publicKey.toBase58(), BigInt(100 * LAMPORTS_PER_SOL));
  running.chain.closeBlock(0);
  const plan = standardPlan({
    admin: admin.publicKey,
    guardian: guardian.publicKey,
    oracles: oracles.map(({ publicKey }) => publicKey),
    genesis: [{ wallet: owner.publicKey, amountAtoms: 1000n * ATOMS }],
    parameterHash: PARAMETER_HASH,
    firstEpoch: EPOCH,
  });
  const as = (payer: Keypair, connection = running.connection): Sender => ({
    connection,
    programs: connection === running.connection ? programs : new Programs(connection),
    payer,
    slotMs: SLOT_MS,
  });
  const mintRentLamports = await running.connection.getMinimumBalanceForRentExemption(82);
  const founders = { admin, tokenMint, dcMint, mintRentLamports };
  for (const { instructions, signers } of await createNetworkSteps(programs, founders, plan))
    await send(as(admin), instructions, signers);
  return {
    running,
    programs,
    network: networkAddresses(tokenMint.publicKey, dcMint.publicKey),
    as,
    warpDay: () => void running.chain.warp({ ms: 86_400_000 }, START_MS),
  };
}
