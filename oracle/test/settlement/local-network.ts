/** A network of small epochs on a local chain behind its sockets, with three oracles of which all must agree. */
import { type NetworkParameters, parameterHash } from "@earshot/poc";
import {
  ARTIFACTS,
  createNetworkSteps,
  type NetworkAddresses,
  type NetworkPlan,
  networkAddresses,
  Programs,
  type Sender,
  send,
  standardPlan,
} from "@earshot/programs-client";
import { deployArtifacts, LocalChain, LocalNode, REAL_CLOCK, serveNode } from "@earshot/programs-client/localnet";
import { Connection, Keypair, LAMPORTS_PER_SOL } from "@solana/web3.js";
import { RewardsChain } from "../../src/settlement/rewards-chain.ts";
import { EPOCH, EPOCH_MS, EPOCH_START_MS, parameters } from "../small-epoch.ts";

const SLOT_MS = 20;
const key = (number: number) => Keypair.fromSeed(new Uint8Array(32).fill(number));
const [admin, guardian, tokenMint, dcMint] = [21, 22, 23, 24].map(key);

export interface LocalNetwork {
  readonly addresses: NetworkAddresses;
  /** Of its JSON-RPC. */
  readonly url: string;
  /** The rewards program as each of the three oracles sees it. */
  readonly oracles: readonly RewardsChain[];
  /** Of the three oracles, who say the price too. */
  readonly wallets: readonly Keypair[];
  /** Sends as the admin, who is the burn authority too, or as another wallet with lamports. */
  as(payer?: Keypair): Sender;
  /** Moves the chain's clock to a moment, Unix ms. */
  warpTo(unixMs: number): void;
  stop(): Promise<void>;
}

/** `genesis`: wallets that begin with tokens, and get lamports; `rulesOf`: the rules whose hash the chain has. */
export async function startLocalNetwork(
  genesis: NetworkPlan["genesis"] = [],
  rulesOf: (addresses: NetworkAddresses) => NetworkParameters = () => parameters,
): Promise<LocalNetwork> {
  const chain = LocalChain.genesis({
    seed: new Uint8Array(32).fill(5),
    unixMs: EPOCH_START_MS,
    settings: { finalizedAfter: 2 },
  });
  // Slots tick, time stands still: only warps move it.
  const node = new LocalNode({ chain, clock: { ...REAL_CLOCK, now: () => EPOCH_START_MS }, slotMs: SLOT_MS });
  const server = serveNode(node, 0);
  const connection = new Connection(server.url, "confirmed");
  const wallets = [31, 32, 33].map(key);
  deployArtifacts(chain, ARTIFACTS);
  const holders = genesis.map(({ wallet }) => wallet);
  for (const wallet of [admin, guardian, ...wallets].map(({ publicKey }) => publicKey).concat(holders)) {
    chain.airdrop(wallet.toBase58(), BigInt(100 * LAMPORTS_PER_SOL));
  }
  chain.closeBlock(0);
  const programs = new Programs(connection);
  const addresses = networkAddresses(tokenMint.publicKey, dcMint.publicKey);
  const plan = standardPlan({
    admin: admin.publicKey,
    guardian: guardian.publicKey,
    oracles: wallets.map(({ publicKey }) => publicKey),
    genesis,
    parameterHash: Buffer.from(parameterHash(rulesOf(addresses)), "hex"),
    firstEpoch: BigInt(EPOCH),
    epochSeconds: EPOCH_MS / 1000,
  });
  const mintRentLamports = await connection.getMinimumBalanceForRentExemption(82);
  const founders = { admin, tokenMint, dcMint, mintRentLamports };
  for (const { instructions, signers } of await createNetworkSteps(programs, founders, plan)) {
    await send({ connection, programs, payer: admin, slotMs: SLOT_MS }, instructions, signers);
  }
  let chainMs = EPOCH_START_MS;
  return {
    addresses,
    url: server.url,
    oracles: wallets.map((payer) => new RewardsChain({ connection, programs, payer, slotMs: SLOT_MS }, addresses)),
    wallets,
    as: (payer = admin) => ({ connection, programs, payer, slotMs: SLOT_MS }),
    warpTo(unixMs) {
      chain.warp({ ms: unixMs - chainMs }, EPOCH_START_MS);
      chainMs = unixMs;
    },
    async stop() {
      node.stop();
      await server.stop();
    },
  };
}
