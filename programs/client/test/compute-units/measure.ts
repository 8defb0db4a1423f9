/**
 * What the acts of a network cost, on the committed programs: 20 wallets, devices, routes and epochs each, drawn from a fixed seed, because
 * the cost of an address depends on how often its bump had to be tried.
 */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import type { ProofStep } from "../../src/sdk/claim-proof.ts";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import { createAssociatedAccount } from "../../src/sdk/token-instructions.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { ed25519Device, p256Device } from "../harness/device.ts";
import { buildRewardTree, joinNodes, type RewardTree } from "../harness/reward-tree.ts";
import { TestChain } from "../harness/test-chain.ts";
import { createTestNetwork, DAY_S, PARAMETERS, type TestNetwork } from "../harness/test-network.ts";

export const SAMPLES = 20;
/** Levels of the tree that claims are proven in: up to a million wallets. */
export const DEPTH = 20;
/** As many as make every proof equally deep; the first 20 have a token account. */
const WALLETS = 32;
const HASH = new Uint8Array(32).fill(3);

/** Compute units by act. */
export type Measured = Map<string, number[]>;

export async function measureComputeUnits(): Promise<Measured> {
  const chain = new TestChain();
  const network = await createTestNetwork(chain, 7);
  const measured: Measured = new Map();
  const count = (name: string, ...instructions: TransactionInstruction[]) => {
    const { units } = chain.must(...instructions);
    measured.set(name, [...(measured.get(name) ?? []), units]);
  };
  const { at, epoch } = network;
  const payer = network.wallet(50);
  const customer = network.holders[0] as PublicKey;

  chain.must(acts.createDcAccount(at, payer, customer));
  count("open_epoch", acts.openEpoch(at, payer, epoch));
  for (const oracle of network.priceOracles) count("submit_price", acts.submitPrice(at, oracle, epoch, 50_000_000n));
  for (let n = 0; n < SAMPLES; n++) {
    const conversion = { exactDataCredits: { dataCredits: 10_000_000n, mostTokens: 1_000n * ATOMS } };
    count("mint_data_credits", acts.mintDataCredits(at, customer, epoch, conversion));
    const device = ed25519Device(n);
    count("register_router", ...acts.registerRouter(at, customer, device));
    count("fund_router", acts.fundRouter(at, customer, device.key, 100_000n));
    const burn = { amount: 500n, epoch, nonce: 1n };
    count("burn_router", acts.burnRouter(at, network.burnAuthority, device.key, burn));
  }
  measureHotspots(network, customer, count);
  measureEpochs(chain, network, payer, count);
  return measured;
}

type Count = (name: string, ...instructions: TransactionInstruction[]) => void;

function measureHotspots(network: TestNetwork, customer: PublicKey, count: Count): void {
  const { at } = network;
  const owner = network.wallet(51);
  const issuer = network.wallet(54);
  const maker = calls.makerOf(at.network, "Acme");
  const stakeVault = calls.makerStakeOf(maker);
  const admin = network.wallet(53);
  const registration = [{ name: "Acme", issuer }];
  count(
    "register_maker",
    calls.call(at, "registry", "registerMaker", registration, { maker, stakeVault, admin, payer: admin }),
  );
  count("approve_maker", calls.call(at, "registry", "approveMaker", [], { maker, stakeVault, admin: network.admin }));
  for (let n = 0; n < SAMPLES; n++) {
    const onboarding = { owner, payer: customer };
    count("onboard, light, Ed25519", ...acts.onboard(at, { ...onboarding, device: ed25519Device(100 + n) }));
    count("onboard, light, P-256", ...acts.onboard(at, { ...onboarding, device: p256Device(100 + n) }));
    const full = { ...onboarding, device: p256Device(200 + n), maker, issuer, kind: "full" } as const;
    count("onboard, full, P-256", ...acts.onboard(at, full));
    const hotspot = calls.hotspotOf(at.network, p256Device(200 + n).key);
    const place = { cellPublic: 0x08828308281fffffn, commitment: HASH, opening: null, region: 1, nonce: 1 };
    count(
      "assert_location",
      calls.call(at, "registry", "assertLocation", [place], {
        hotspot,
        owner,
        nftAccount: calls.hotspotAccount(hotspot, owner),
        payer: customer,
        feeAccount: calls.dcAccount(at, customer),
      }),
    );
  }
}

function measureEpochs(chain: TestChain, network: TestNetwork, payer: PublicKey, count: Count): void {
  const { at } = network;
  const wallets = Array.from({ length: WALLETS }, (_, n) => network.wallet(300 + n));
  for (const wallet of wallets.slice(0, SAMPLES)) chain.must(createAssociatedAccount(payer, wallet, at.tokenMint));
  for (let n = 0; n < SAMPLES; n++) {
    const epoch = network.epoch + BigInt(n);
    chain.now = (epoch + 1n) * DAY_S;
    count("issue_epoch", acts.issueEpoch(at, payer, epoch));
    const tree = deepTree(at.distributor, wallets, BigInt(n + 1));
    const tuple = {
      rootHash: tree.root.hash,
      total: tree.root.sum,
      leafCount: 1 << DEPTH,
      reportHash: HASH,
      parameterHash: PARAMETERS,
    };
    for (const oracle of network.oracles.slice(0, 4)) count("vote_root", acts.voteRoot(at, oracle, epoch, 0, tuple));
    chain.now += DAY_S;
    count("finalize_root", acts.finalizeRoot(at, epoch, 0));
    for (const [index, { wallet, cumulative }] of tree.earnings.entries()) {
      const claim = acts.claim(at, wallet, cumulative, tree.prove(index));
      if (n > 0) count(`claim again, depth ${DEPTH}`, claim);
      else {
        const hasAccount = chain.account(calls.tokenAccount(at, wallet)) !== null;
        const name = `first claim, depth ${DEPTH}, token account ${hasAccount ? "there" : "made"}`;
        count(name, createAssociatedAccount(payer, wallet, at.tokenMint), acts.openClaim(at, payer, wallet), claim);
      }
    }
  }
}

/** A tree of 32 wallets that stands deep in a larger one: the rest of it is known by its hashes and sums only. */
function deepTree(distributor: PublicKey, wallets: readonly PublicKey[], factor: bigint): RewardTree {
  const small = buildRewardTree(
    distributor,
    wallets.map((wallet, index) => ({ wallet, cumulative: factor * BigInt(1_000 + index) })),
  );
  const smallDepth = Math.ceil(Math.log2(wallets.length));
  const above: ProofStep[] = Array.from({ length: DEPTH - smallDepth }, (_, level) => ({
    hash: new Uint8Array(32).fill(level + 1),
    sum: BigInt(level + 1),
  }));
  const root = above.reduce((node, sibling) => joinNodes(sibling, node), small.root);
  return {
    ...small,
    root,
    prove(index) {
      const { leftSiblings, steps } = small.prove(index);
      const sides = above.reduce((bits, _, level) => bits | (1 << (steps.length + level)), leftSiblings);
      return { leftSiblings: sides >>> 0, steps: [...steps, ...above] };
    },
  };
}
