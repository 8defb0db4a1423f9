/** A network and what has to happen before a test can be about something: prices, data credits, hotspots, epochs. */
import type { PublicKey, TransactionInstruction } from "@solana/web3.js";
import { expect } from "vitest";
import type { RootTuple } from "../../src/generated/rewards.ts";
import type { ProgramName } from "../../src/sdk/addresses.ts";
import { ATOMS, type NetworkPlan } from "../../src/sdk/network-plan.ts";
import { createAssociatedAccount } from "../../src/sdk/token-instructions.ts";
import * as acts from "./acts.ts";
import * as calls from "./calls.ts";
import { type Device, ed25519Device } from "./device.ts";
import { type Arg, decodeAccount } from "./idl.ts";
import type { Accounts } from "./instruction.ts";
import { buildRewardTree, type Earning, type RewardTree } from "./reward-tree.ts";
import { keyOf, TestChain } from "./test-chain.ts";
import { createTestNetwork, DAY_S, PARAMETERS, type TestNetwork } from "./test-network.ts";

/** 0.5 USD. */
export const PRICE_E8 = 50_000_000n;
export const REPORT = new Uint8Array(32).fill(0x33);

let shared: TestChain | undefined;
let networks = 100;

/** A new network on the chain of this test file, in the first second of an epoch. */
export async function newStage(change?: (plan: NetworkPlan) => NetworkPlan): Promise<Stage> {
  shared ??= new TestChain();
  shared.now = (shared.now / DAY_S + 1n) * DAY_S;
  return new Stage(shared, await createTestNetwork(shared, networks++, change));
}

export class Stage {
  readonly chain: TestChain;
  readonly network: TestNetwork;
  readonly at: TestNetwork["at"];
  readonly payer: PublicKey;

  constructor(chain: TestChain, network: TestNetwork) {
    this.chain = chain;
    this.network = network;
    this.at = network.at;
    this.payer = network.wallet(50);
  }

  get epoch(): bigint {
    return this.chain.now / DAY_S;
  }

  /** The first of the wallets with tokens. */
  get holder(): PublicKey {
    return this.network.holders[0] as PublicKey;
  }

  wallet(number: number): PublicKey {
    return this.network.wallet(number);
  }

  call(program: ProgramName, name: string, args: readonly Arg[], accounts: Accounts): TransactionInstruction {
    return calls.call(this.at, program, name, args, accounts);
  }

  must(...instructions: readonly TransactionInstruction[]): void {
    this.chain.must(...instructions);
  }

  /** Expects the instructions to be refused with that error, and every account of theirs to stay byte for byte what it was. */
  refuses(error: string, ...instructions: readonly TransactionInstruction[]): void {
    const addresses = new Map(
      instructions.flatMap(({ keys }) => keys.map(({ pubkey }) => [keyOf(pubkey), pubkey] as [string, PublicKey])),
    );
    const images = () => [...addresses.values()].map((address) => this.chain.image(address));
    const before = images();
    const result = this.chain.send(...instructions);
    expect(result.error, result.logs.join("\n")).toBe(error);
    expect(images()).toEqual(before);
  }

  read<T>(program: ProgramName, name: string, address: PublicKey): T {
    const account = this.chain.account(address);
    if (account === null) throw new Error(`there is no ${name} at ${address.toBase58()}`);
    return decodeAccount<T>(program, name, account.data);
  }

  /** To the first second of an epoch. */
  warpToEpoch(epoch: bigint): void {
    this.chain.now = epoch * DAY_S;
  }

  /** Opens the record of the present epoch and has two oracles say the price. */
  price(priceE8 = PRICE_E8): void {
    if (this.chain.account(calls.epochRecordOf(this.at.dcConfig, this.epoch)) === null)
      this.must(acts.openEpoch(this.at, this.payer, this.epoch));
    for (const oracle of this.network.priceOracles.slice(0, 2))
      this.must(acts.submitPrice(this.at, oracle, this.epoch, priceE8));
  }

  /** Makes data credits for a wallet that holds tokens. There must be a price. */
  mintDataCredits(owner: PublicKey, dataCredits: bigint): void {
    const conversion = { exactDataCredits: { dataCredits, mostTokens: 1_000_000n * ATOMS } };
    this.must(
      acts.createDcAccount(this.at, this.payer, owner),
      acts.mintDataCredits(this.at, owner, this.epoch, conversion),
    );
  }

  /** A light hotspot of a wallet that holds data credits. */
  onboard(device: Device, owner: PublicKey, payer = owner): PublicKey {
    this.must(...acts.onboard(this.at, { device, owner, payer }));
    return calls.hotspotOf(this.at.network, device.key);
  }

  /** A router account with data credits in it. */
  router(number: number, authority: PublicKey, amount: bigint): Device {
    const device = ed25519Device(number);
    this.must(...acts.registerRouter(this.at, authority, device));
    if (amount > 0n) this.must(acts.fundRouter(this.at, authority, device.key, amount));
    return device;
  }

  tree(earnings: readonly Earning[]): RewardTree {
    return buildRewardTree(this.at.distributor, earnings);
  }

  tuple({ root, leafCount }: RewardTree): RootTuple {
    return { rootHash: root.hash, total: root.sum, leafCount, reportHash: REPORT, parameterHash: PARAMETERS };
  }

  issue(epoch: bigint): void {
    this.must(acts.issueEpoch(this.at, this.payer, epoch));
  }

  /** Four of the five oracles vote alike. */
  agree(epoch: bigint, attempt: number, tuple: RootTuple): void {
    for (const oracle of this.network.oracles.slice(0, 4))
      this.must(acts.voteRoot(this.at, oracle, epoch, attempt, tuple));
  }

  /** Issues an epoch that is over, has it agreed on, and lets its window pass. */
  settle(epoch: bigint, tree: RewardTree): void {
    if (this.epoch <= epoch) this.warpToEpoch(epoch + 1n);
    this.issue(epoch);
    this.agree(epoch, 0, this.tuple(tree));
    this.chain.now += DAY_S;
    this.must(acts.finalizeRoot(this.at, epoch, 0));
  }

  /** Pays a wallet, with the accounts it takes the first time. */
  claim(tree: RewardTree, wallet: PublicKey): readonly TransactionInstruction[] {
    const index = tree.earnings.findIndex((earning) => earning.wallet.equals(wallet));
    const paid = acts.claim(this.at, wallet, tree.earnings[index]!.cumulative, tree.prove(index));
    if (this.chain.account(calls.claimOf(this.at.distributor, wallet)) !== null) return [paid];
    return [
      createAssociatedAccount(this.payer, wallet, this.at.tokenMint),
      acts.openClaim(this.at, this.payer, wallet),
      paid,
    ];
  }

  tokens(owner: PublicKey): bigint {
    return this.chain.tokens(calls.tokenAccount(this.at, owner));
  }

  dataCredits(owner: PublicKey): bigint {
    return this.chain.tokens(calls.dcAccount(this.at, owner));
  }
}
