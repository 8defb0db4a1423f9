/** A whole network on a test chain, made by the SDK's own steps. Everybody has a wallet of their own, so that no role hides another. */
import { Connection, type Keypair, type PublicKey, type TransactionInstruction } from "@solana/web3.js";
import { createNetworkSteps, type NetworkAddresses, networkAddresses } from "../../src/sdk/create-network.ts";
import { ATOMS, type NetworkPlan, standardPlan } from "../../src/sdk/network-plan.ts";
import { Programs } from "../../src/sdk/programs.ts";
import { type TestChain, wallet } from "./test-chain.ts";

export const DAY_S = 86_400n;
/** SHA-256 of the parameters, as far as a test needs one. */
export const PARAMETERS = new Uint8Array(32).fill(9);
/** What a genesis wallet holds. */
export const GENESIS_ATOMS = 1_000_000n * ATOMS;

/** Builds instructions and reads nothing: no test dials this. */
export const offline = new Programs(new Connection("http://127.0.0.1:1"));

export interface TestNetwork {
  readonly number: number;
  readonly at: NetworkAddresses;
  readonly admin: PublicKey;
  readonly guardian: PublicKey;
  readonly burnAuthority: PublicKey;
  readonly denylistAuthority: PublicKey;
  readonly oracles: readonly PublicKey[];
  readonly priceOracles: readonly PublicKey[];
  /** Hold a million tokens each. */
  readonly holders: readonly PublicKey[];
  readonly plan: NetworkPlan;
  /** The first epoch. */
  readonly epoch: bigint;
  /** The wallet of this network with that number; funded. */
  wallet(number: number): PublicKey;
}

/** Creates the `number`-th network of a chain. `change` makes another plan of the standard one; `send` takes its transactions. */
export async function createTestNetwork(
  chain: TestChain,
  number: number,
  change: (plan: NetworkPlan) => NetworkPlan = (plan) => plan,
  send: (instructions: readonly TransactionInstruction[]) => void = (instructions) => chain.must(...instructions),
): Promise<TestNetwork> {
  const keypair = (index: number): Keypair => wallet(number * 1_000 + index);
  const own = (index: number): PublicKey => {
    const { publicKey } = keypair(index);
    if (chain.account(publicKey) === null) chain.fund(publicKey);
    return publicKey;
  };
  const [admin, tokenMint, dcMint] = [keypair(0), keypair(1), keypair(2)];
  chain.fund(admin.publicKey);
  const [guardian, burnAuthority, denylistAuthority] = [own(3), own(4), own(5)];
  const oracles = [10, 11, 12, 13, 14].map(own);
  const priceOracles = [15, 16, 17].map(own);
  const holders = [20, 21, 22].map(own);
  const epoch = chain.now / DAY_S;
  const standard = standardPlan({
    admin: admin.publicKey,
    guardian,
    oracles,
    genesis: holders.map((holder) => ({ wallet: holder, amountAtoms: GENESIS_ATOMS })),
    parameterHash: PARAMETERS,
    firstEpoch: epoch,
  });
  const plan = change({
    ...standard,
    dataCredits: { ...standard.dataCredits, burnAuthority },
    feed: { ...standard.feed, oracles: priceOracles, quorum: 2 },
    settings: { ...standard.settings, denylistAuthority },
  });
  const founders = { admin, tokenMint, dcMint, mintRentLamports: Number(chain.rentExemption(82)) };
  for (const { instructions } of await createNetworkSteps(offline, founders, plan)) send(instructions);
  return {
    number,
    at: networkAddresses(tokenMint.publicKey, dcMint.publicKey),
    admin: admin.publicKey,
    guardian,
    burnAuthority,
    denylistAuthority,
    oracles,
    priceOracles,
    holders,
    plan,
    epoch,
    wallet: (index) => own(index),
  };
}
