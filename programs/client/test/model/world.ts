/**
 * The model and the chain side by side, and what both are told about: wallets, devices, routes and oracles by their index, and the trees
 * that roots stand for.
 */
import type { PublicKey } from "@solana/web3.js";
import type { GovRules } from "../../src/generated/governance.ts";
import type { RootTuple } from "../../src/generated/rewards.ts";
import { type ClaimProof, provenRoot } from "../../src/sdk/claim-proof.ts";
import { ATOMS, type NetworkPlan } from "../../src/sdk/network-plan.ts";
import { createAssociatedAccount } from "../../src/sdk/token-instructions.ts";
import * as acts from "../harness/acts.ts";
import { type Device, ed25519Device } from "../harness/device.ts";
import { buildRewardTree, type RewardTree } from "../harness/reward-tree.ts";
import { REPORT, Stage } from "../harness/stage.ts";
import { TestChain } from "../harness/test-chain.ts";
import { createTestNetwork, DAY_S, GENESIS_ATOMS, PARAMETERS } from "../harness/test-network.ts";
import { DataCreditsModel } from "./data-credits-model.ts";
import { GovernanceModel, type RulesModel } from "./governance-model.ts";
import { newGuard } from "./guard-model.ts";
import { MoneyModel } from "./money-model.ts";
import { RegistryModel } from "./registry-model.ts";
import { type BallotModel, RewardsModel } from "./rewards-model.ts";

/** Three have tokens, the fourth has none, the fifth gets what nobody earned. */
export const WALLETS = 5;
export const FOUNDATION = 4;
export const DEVICES = 5;
export const ROUTERS = 2;
/** Five of the seven are the set at first. */
export const ORACLES = 7;
export const DAILY = 75_000n * ATOMS;
const EPOCHS = 400n;
/** Not a multiple of the epochs, so that the schedule has to round. */
const TOTAL = DAILY * EPOCHS + 137n;
export const VETO_S = DAY_S / 4n;
/** What the treasury pays in a day: less than it gets in a few. */
const TREASURY_LIMIT = 5_000n * ATOMS;

/** What one voter of `govern` locks: two of them are the quorum, and one against one is just enough. */
export const STAKE = 300_000n * ATOMS;

/** Short enough that a proposal is made, voted on and executed within days. */
export const GOVERNANCE: RulesModel = {
  quorum: 2n * STAKE,
  proposerMin: 100n * ATOMS,
  passBps: 5_000n,
  voteSeconds: DAY_S,
  timelockSeconds: DAY_S / 4n,
  executeSeconds: 6n * DAY_S,
  minLockSeconds: DAY_S / 2n,
  maxLockSeconds: 8n * DAY_S,
};

export const rulesArg = (rules: RulesModel): GovRules => ({
  quorum: rules.quorum,
  proposerMin: rules.proposerMin,
  passBps: Number(rules.passBps),
  voteSeconds: Number(rules.voteSeconds),
  timelockSeconds: Number(rules.timelockSeconds),
  executeSeconds: Number(rules.executeSeconds),
  minLockSeconds: Number(rules.minLockSeconds),
  maxLockSeconds: Number(rules.maxLockSeconds),
});

/** Tight limits, so that all of them are met in a run. */
export function modelPlan(plan: NetworkPlan): NetworkPlan {
  const epochs = Number(EPOCHS);
  return {
    ...plan,
    mintLimit: 2n * DAILY,
    mintLifetimeCap: 12n * DAILY,
    vaultLimit: DAILY,
    treasuryLimit: TREASURY_LIMIT,
    dcMintLimit: 60_000_000n,
    governance: rulesArg(GOVERNANCE),
    feed: { ...plan.feed, maxSubmissionAgeS: 43_200 },
    dataCredits: { ...plan.dataCredits, maxPriceAgeS: 43_200 },
    distributor: { ...plan.distributor, vetoSeconds: Number(VETO_S), rootRetention: 1 },
    issue: { reissueCap: 200n * ATOMS, averageEpochs: 3, treasuryBps: 700 },
    periods: [{ startEpoch: plan.firstEpoch, epochs, total: TOTAL }],
  };
}

/** What an honest oracle, a thief and a careless one vote for. */
export type BallotKind = "honest" | "stolen" | "partial" | "wrong" | "beyond" | "parameters" | "malformed";

export interface Ballot extends BallotModel {
  readonly tuple: RootTuple;
  readonly tree: RewardTree | null;
}

/** The chain, which is made once and brought back to its beginning for every run. */
export class World {
  readonly stage: Stage;
  readonly wallets: readonly PublicKey[];
  readonly devices: readonly Device[];
  readonly routes: readonly Device[];
  readonly oracles: readonly PublicKey[];
  readonly stranger: PublicKey;
  readonly #rollBack: () => void;

  private constructor(stage: Stage) {
    this.stage = stage;
    this.wallets = [...stage.network.holders, stage.wallet(30), stage.wallet(31)];
    this.devices = Array.from({ length: DEVICES }, (_, index) => ed25519Device(7_000 + index));
    this.routes = Array.from({ length: ROUTERS }, (_, index) => ed25519Device(7_100 + index));
    this.oracles = [...stage.network.oracles, stage.wallet(40), stage.wallet(41)];
    this.stranger = stage.wallet(99);
    for (const wallet of this.wallets)
      stage.must(
        acts.createDcAccount(stage.at, stage.payer, wallet),
        createAssociatedAccount(stage.payer, wallet, stage.at.tokenMint),
      );
    this.#rollBack = stage.chain.mark();
  }

  static async create(): Promise<World> {
    const chain = new TestChain();
    return new World(new Stage(chain, await createTestNetwork(chain, 1, modelPlan)));
  }

  /** The beginning again, on the chain and in a new model. */
  begin(): NetworkModel {
    this.#rollBack();
    return new NetworkModel(this);
  }
}

export class NetworkModel {
  readonly world: World;
  readonly money: MoneyModel;
  readonly dataCredits: DataCreditsModel;
  readonly registry: RegistryModel;
  readonly rewards: RewardsModel;
  readonly governance: GovernanceModel;
  readonly ballots = new Map<string, Ballot>();
  readonly finalImages = new Map<bigint, string>();
  /** Base units somebody sent to the vault. */
  donated = 0n;
  /** What its owners burnt past the programs. */
  readonly burntOutside = { tokens: 0n, dataCredits: 0n };
  readonly #earned = new Map<bigint, readonly bigint[]>();

  constructor(world: World) {
    this.world = world;
    const { now } = world.stage.chain;
    const money = new MoneyModel(world.wallets.map((_, index) => (index < 3 ? GENESIS_ATOMS : 0n)));
    const dcGuard = newGuard(60_000_000n, DAY_S, 2n ** 64n - 1n, now);
    const feed = { quorum: 2, maxSubmissionAgeS: 43_200n, maxStepBps: 2_000n, stepSeconds: 60n };
    const source = { maxPriceAgeS: 43_200n, maxConfidenceBps: 500n };
    this.money = money;
    this.dataCredits = new DataCreditsModel(money, dcGuard, { ...feed, ...source }, 3);
    this.registry = new RegistryModel(this.dataCredits, 50_000n);
    this.rewards = new RewardsModel(
      money,
      this.dataCredits,
      { mint: newGuard(2n * DAILY, DAY_S, 12n * DAILY, now), vault: newGuard(DAILY, DAY_S, 2n ** 64n - 1n, now) },
      { startEpoch: now / DAY_S, epochs: EPOCHS, total: TOTAL, vetoS: VETO_S, retention: 1n },
      { reissueCap: 200n * ATOMS, averageEpochs: 3n, treasuryBps: 700n },
      world.stage.network.oracles.map((key) => key.toBase58()),
      4,
    );
    const treasuryGuard = newGuard(TREASURY_LIMIT, DAY_S, 2n ** 64n - 1n, now);
    this.governance = new GovernanceModel(money, treasuryGuard, GOVERNANCE, DAY_S);
  }

  get now(): bigint {
    return this.world.stage.chain.now;
  }

  get epoch(): bigint {
    return this.now / DAY_S;
  }

  /** What each wallet has earned since genesis, up to and with an issued epoch: what every honest oracle computes alone. */
  earnedBy(epoch: bigint): readonly bigint[] {
    const { startEpoch } = this.rewards.rules;
    if (epoch < startEpoch) return this.world.wallets.map(() => 0n);
    let sums = this.#earned.get(epoch);
    if (sums === undefined) {
      sums = [...this.earnedBy(epoch - 1n)];
      const splits = this.registry.splitsOf(epoch);
      const { pool } = this.rewards.epochs.get(epoch)!;
      let rest = pool;
      const earn = (wallet: number, amount: bigint) => {
        (sums as bigint[])[wallet]! += amount;
        rest -= amount;
      };
      for (const split of splits)
        for (const { wallet, bps } of split) earn(wallet, ((pool / BigInt(splits.length)) * BigInt(bps)) / 10_000n);
      earn(FOUNDATION, rest);
      this.#earned.set(epoch, sums);
    }
    return sums;
  }

  #tree(sums: readonly bigint[]): RewardTree {
    const earnings = this.world.wallets.map((wallet, index) => ({ wallet, cumulative: sums[index]! }));
    return buildRewardTree(this.world.stage.at.distributor, earnings);
  }

  /** The ballot of a kind for an epoch that is issued. */
  ballot(epoch: bigint, kind: BallotKind): Ballot {
    const name = `${epoch} ${kind}`;
    const known = this.ballots.get(name);
    if (known !== undefined) return known;
    const sums = this.earnedBy(epoch);
    const issued = this.rewards.epochs.get(epoch)?.issued ?? 0n;
    const honest = this.#tree(sums);
    const tuple: RootTuple = {
      rootHash: honest.root.hash,
      total: honest.root.sum,
      leafCount: honest.leafCount,
      reportHash: REPORT,
      parameterHash: PARAMETERS,
    };
    const of = (change: Partial<RootTuple>, tree: RewardTree | null = null): Ballot => ({
      name,
      total: (change.total as bigint | undefined) ?? tuple.total,
      isMalformed: kind === "malformed",
      hasParameters: kind !== "parameters",
      tuple: { ...tuple, ...change },
      tree,
    });
    const other = (tree: RewardTree) => of({ rootHash: tree.root.hash, total: tree.root.sum }, tree);
    const made = {
      honest: () => of({}, honest),
      stolen: () => other(this.#tree(sums.map((_, index) => (index === 0 ? issued : 0n)))),
      partial: () => other(this.#tree(sums.map((sum, index) => (index === FOUNDATION ? sum / 2n : sum)))),
      wrong: () => of({ rootHash: honest.root.hash.map((byte) => byte ^ 1) }),
      beyond: () => of({ total: issued + 1n }),
      parameters: () => of({ parameterHash: REPORT }),
      malformed: () => of({ leafCount: 0 }),
    }[kind]();
    this.ballots.set(name, made);
    return made;
  }

  /** The latest final root, or null. */
  get finalBallot(): Ballot | null {
    return this.ballots.get(this.rewards.finalName) ?? null;
  }

  /** Why a proof of an amount does not lead to the latest final root, or null when it does. */
  refusalOfProof(wallet: number, cumulative: bigint, proof: ClaimProof): string | null {
    if (proof.steps.length > 24) return "ProofTooDeep";
    if (proof.leftSiblings >= 2 ** proof.steps.length) return "StraySideBit";
    const distributor = this.world.stage.at.distributor.toBytes();
    const beneficiary = this.world.wallets[wallet]!.toBytes();
    const root = provenRoot({ distributor, beneficiary, cumulative }, proof);
    if (root === null) return "ProofSumOverflow";
    const final = this.finalBallot?.tuple;
    const isSame = final !== undefined && root.sum === final.total && equal(root.hash, final.rootHash as Uint8Array);
    return isSame ? null : "WrongRoot";
  }

  /** A wallet's leaf and proof in a tree. */
  proofIn(tree: RewardTree, wallet: number): { readonly cumulative: bigint; readonly proof: ClaimProof } {
    const index = tree.earnings.findIndex((earning) => earning.wallet.equals(this.world.wallets[wallet]!));
    return { cumulative: tree.earnings[index]!.cumulative, proof: tree.prove(index) };
  }
}

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
