/** Two epochs: a veto and a second attempt, a claim, a closed root. */
import type { PublicKey } from "@solana/web3.js";
import * as calls from "../../harness/calls.ts";
import { ed25519Device } from "../../harness/device.ts";
import { buildRewardTree, type RewardTree } from "../../harness/reward-tree.ts";
import { PARAMETERS, type TestNetwork } from "../../harness/test-network.ts";
import { HASH, none, of, onceDays, type Step, step } from "./step.ts";

const trees = new WeakMap<TestNetwork, RewardTree>();

/** What the story's oracles agree on: three wallets earned something. */
function rewardTree(network: TestNetwork): RewardTree {
  let tree = trees.get(network);
  if (tree === undefined) {
    const earnings = network.holders.map((holder, index) => ({
      wallet: holder,
      cumulative: 1_000n * BigInt(index + 1),
    }));
    tree = buildRewardTree(network.at.distributor, earnings);
    trees.set(network, tree);
  }
  return tree;
}

const tuple = (network: TestNetwork) => {
  const { root, leafCount } = rewardTree(network);
  return { rootHash: root.hash, total: root.sum, leafCount, reportHash: HASH, parameterHash: PARAMETERS };
};
const issue = (offset: bigint, before?: Step["before"]) =>
  step(
    "rewards",
    "issueEpoch",
    (network) => [network.epoch + offset],
    (network) => ({
      epochAccount: calls.epochOf(network.at.distributor, network.epoch + offset),
      root: calls.rootOf(network.at.distributor, network.epoch + offset, 0),
      epochRecord: calls.epochRecordOf(network.at.dcConfig, network.epoch + offset),
      payer: of(network, "rentPayer"),
    }),
    before === undefined ? {} : { before },
  );
const vote = (offset: bigint, attempt: number, oracle: number, before?: Step["before"]) =>
  step(
    "rewards",
    "voteRoot",
    (network) => [tuple(network)],
    (network) => ({
      root: calls.rootOf(network.at.distributor, network.epoch + offset, attempt),
      epochAccount: calls.epochOf(network.at.distributor, network.epoch + offset),
      oracle: network.oracles[oracle] as PublicKey,
    }),
    before === undefined ? {} : { before },
  );
const votes = (offset: bigint, attempt: number) => [0, 1, 2, 3].map((oracle) => vote(offset, attempt, oracle));
const finalize = (offset: bigint, attempt: number, before: Step["before"]) =>
  step(
    "rewards",
    "finalizeRoot",
    none,
    (network) => ({
      root: calls.rootOf(network.at.distributor, network.epoch + offset, attempt),
      epochAccount: calls.epochOf(network.at.distributor, network.epoch + offset),
    }),
    { before: before as NonNullable<Step["before"]> },
  );

export const REWARDS: readonly Step[] = [
  step(
    "rewards",
    "setConfig",
    (network) => [{ guardian: network.guardian, vetoSeconds: 86_400, logSeconds: 3_600, rootRetention: 1 }],
    (network) => ({ admin: network.admin }),
  ),
  step(
    "rewards",
    "setIssueSettings",
    (network) => [network.plan.issue, network.epoch + 1n],
    (network) => ({ admin: network.admin }),
  ),
  step(
    "rewards",
    "appendPeriods",
    (network) => [[{ startEpoch: network.epoch + 2_000n, epochs: 10, total: 1_000n }]],
    (network) => ({ admin: network.admin }),
  ),
  step(
    "rewards",
    "rotateOracles",
    (network) => [network.plan.oracles],
    (network) => ({ admin: network.admin }),
  ),
  step(
    "rewards",
    "openLog",
    () => [ed25519Device(5).key],
    (network) => ({
      logHeads: calls.logHeadsOf(network.at.distributor, network.oracles[0] as PublicKey),
      oracle: network.oracles[0] as PublicKey,
      payer: of(network, "payer"),
    }),
  ),
  step(
    "rewards",
    "recordLogHead",
    () => [10n, HASH],
    (network) => ({
      logHeads: calls.logHeadsOf(network.at.distributor, network.oracles[0] as PublicKey),
      oracle: network.oracles[0] as PublicKey,
    }),
  ),
  issue(0n, onceDays(1n)),
  ...votes(0n, 0),
  step("rewards", "vetoRoot", none, (network) => ({
    root: calls.rootOf(network.at.distributor, network.epoch, 0),
    guardian: network.guardian,
  })),
  step(
    "rewards",
    "openAttempt",
    (network) => [network.epoch, 1],
    (network) => ({
      root: calls.rootOf(network.at.distributor, network.epoch, 1),
      previous: calls.rootOf(network.at.distributor, network.epoch, 0),
      epochAccount: calls.epochOf(network.at.distributor, network.epoch),
      payer: of(network, "payer"),
    }),
  ),
  ...votes(0n, 1),
  finalize(0n, 1, onceDays(1n)),
  step("rewards", "openClaim", none, (network) => ({
    claim: calls.claimOf(network.at.distributor, rewardTree(network).earnings[1]!.wallet),
    beneficiary: rewardTree(network).earnings[1]!.wallet,
    payer: of(network, "payer"),
  })),
  step(
    "rewards",
    "claim",
    (network) => {
      const { leftSiblings, steps } = rewardTree(network).prove(1);
      return [rewardTree(network).earnings[1]!.cumulative, leftSiblings, steps.map(({ hash, sum }) => ({ hash, sum }))];
    },
    (network) => ({
      claim: calls.claimOf(network.at.distributor, rewardTree(network).earnings[1]!.wallet),
      beneficiary: rewardTree(network).earnings[1]!.wallet,
      payout: calls.tokenAccount(network.at, rewardTree(network).earnings[1]!.wallet),
    }),
  ),
  issue(1n),
  ...votes(1n, 0),
  finalize(1n, 0, onceDays(1n)),
  step("rewards", "closeOldRoot", none, (network) => ({
    root: calls.rootOf(network.at.distributor, network.epoch, 0),
    rentPayer: of(network, "rentPayer"),
  })),
  step("rewards", "pause", none, (network) => ({ guardian: network.guardian })),
  step("rewards", "unpause", none, (network) => ({ admin: network.admin })),
  step(
    "rewards",
    "proposeAdmin",
    (network) => [of(network, "nextAdmin")],
    (network) => ({ admin: network.admin }),
  ),
  step("rewards", "acceptAdmin", none, (network) => ({ newAdmin: of(network, "nextAdmin") })),
];
