/** §4.2 Merkle, R8: one proof, wrong in every place it can be wrong, against the program itself. */
import type { PublicKey } from "@solana/web3.js";
import { beforeAll, describe, expect, test } from "vitest";
import type { ClaimProof } from "../../src/sdk/claim-proof.ts";
import * as acts from "../harness/acts.ts";
import { buildRewardTree, joinNodes, leafOf, type RewardTree } from "../harness/reward-tree.ts";
import { newStage, type Stage } from "../harness/stage.ts";

let stage: Stage;
let tree: RewardTree;
let owner: PublicKey;
let cumulative: bigint;
let proof: ClaimProof;

beforeAll(async () => {
  stage = await newStage();
  owner = stage.holder;
  const others = [60, 61, 62, 63, 64, 65].map((number) => stage.wallet(number));
  tree = stage.tree([owner, ...others].map((wallet, index) => ({ wallet, cumulative: 1_000n + BigInt(index) })));
  stage.settle(stage.network.epoch, tree);
  for (const wallet of [owner, ...others]) stage.must(...stage.claim(tree, wallet).slice(0, 2));
  const index = tree.earnings.findIndex(({ wallet }) => wallet.equals(owner));
  cumulative = tree.earnings[index]!.cumulative;
  proof = tree.prove(index);
});

const claim = (change: Partial<ClaimProof> = {}, amount = cumulative, wallet = owner) =>
  acts.claim(stage.at, wallet, amount, { ...proof, ...change });
const step = (at: number, change: object) =>
  proof.steps.map((one, index) => (index === at ? { ...one, ...change } : one));

describe("rejects", () => {
  test("any bit of any hash, and any bit of any sum", () => {
    for (const [at, { hash, sum }] of proof.steps.entries()) {
      for (const byte of [0, 13, 31])
        for (const bit of [0, 7]) {
          const flipped = hash.map((value, index) => (index === byte ? value ^ (1 << bit) : value));
          stage.refuses("WrongRoot", claim({ steps: step(at, { hash: flipped }) }));
        }
      for (let bit = 0n; bit < 64n; bit += 9n)
        stage.refuses("WrongRoot", claim({ steps: step(at, { sum: sum ^ (1n << bit) }) }));
      stage.refuses("ProofSumOverflow", claim({ steps: step(at, { sum: 2n ** 64n - 1n }) }));
    }
  });

  test("another side, a side beyond the steps, and another amount or wallet", () => {
    for (let at = 0; at < proof.steps.length; at++)
      stage.refuses("WrongRoot", claim({ leftSiblings: proof.leftSiblings ^ (1 << at) }));
    stage.refuses("StraySideBit", claim({ leftSiblings: proof.leftSiblings | (1 << proof.steps.length) }));
    stage.refuses("StraySideBit", claim({ leftSiblings: 2 ** 31 }));
    for (const amount of [cumulative + 1n, cumulative - 1n, 2n ** 63n]) {
      const { error } = stage.chain.send(claim({}, amount));
      expect(error).toMatch(/^(WrongRoot|ProofSumOverflow)$/);
    }
    stage.refuses("WrongRoot", claim({}, cumulative, stage.wallet(60)));
  });

  test("steps left out, added, in another order, and more than any tree has", () => {
    stage.refuses("WrongRoot", claim({ steps: proof.steps.slice(1), leftSiblings: proof.leftSiblings >> 1 }));
    stage.refuses("WrongRoot", claim({ steps: [], leftSiblings: 0 }));
    stage.refuses("WrongRoot", claim({ steps: [...proof.steps, proof.steps[0]!] }));
    stage.refuses("WrongRoot", claim({ steps: proof.steps.toReversed() }));
    const deep = new Array(25).fill(proof.steps[0]!);
    stage.refuses("ProofTooDeep", claim({ steps: deep, leftSiblings: 0 }));
  });

  test("an inner node for a leaf", () => {
    const [first, ...rest] = proof.steps;
    const leaf = leafOf(stage.at.distributor, { wallet: owner, cumulative });
    const inner = (proof.leftSiblings & 1) === 1 ? joinNodes(first!, leaf) : joinNodes(leaf, first!);
    stage.refuses("WrongRoot", claim({ steps: rest, leftSiblings: proof.leftSiblings >> 1 }, inner.sum));
  });

  test("a proof for another distributor", async () => {
    const other = await newStage();
    const foreign = buildRewardTree(other.at.distributor, tree.earnings);
    expect(foreign.root.hash).not.toEqual(tree.root.hash);
    const index = foreign.earnings.findIndex(({ wallet }) => wallet.equals(owner));
    stage.refuses("WrongRoot", acts.claim(stage.at, owner, cumulative, foreign.prove(index)));
  });

  test("a tree that doubles its odd last leaf, and one that is not in order", () => {
    const leaves = tree.earnings.map((earning) => leafOf(stage.at.distributor, earning));
    const doubled = joinNodes(leaves.at(-1)!, leaves.at(-1)!);
    const last = tree.earnings.at(-1)!;
    const { steps, leftSiblings } = tree.prove(6);
    // The odd leaf goes up unpaired; paired with itself it leads elsewhere.
    expect(doubled.hash).not.toEqual(leaves.at(-1)!.hash);
    const paired = { steps: [leaves.at(-1)!, ...steps], leftSiblings: leftSiblings << 1 };
    stage.refuses("WrongRoot", acts.claim(stage.at, last.wallet, last.cumulative, paired));
    const swapped = [leaves[1]!, leaves[0]!].reduce(joinNodes);
    expect(swapped.hash).not.toEqual([leaves[0]!, leaves[1]!].reduce(joinNodes).hash);
  });
});

test("takes every leaf's own proof, the unpaired one too, each once", () => {
  for (const [index, { wallet, cumulative: amount }] of tree.earnings.entries()) {
    const own = acts.claim(stage.at, wallet, amount, tree.prove(index));
    stage.must(own);
    stage.refuses("NothingToClaim", own);
  }
  const books = stage.read<{ claimed: bigint; finalTotal: bigint }>("rewards", "Distributor", stage.at.distributor);
  expect(books.claimed).toBe(books.finalTotal);
});

test("a single wallet's proof is empty, and another count of leaves is another vote", async () => {
  const alone = await newStage();
  const { network, at } = alone;
  const single = alone.tree([{ wallet: alone.holder, cumulative: 77n }]);
  expect(single.prove(0)).toEqual({ leftSiblings: 0, steps: [] });
  alone.warpToEpoch(network.epoch + 1n);
  alone.issue(network.epoch);
  const tuple = alone.tuple(single);
  for (const oracle of network.oracles.slice(0, 3)) alone.must(acts.voteRoot(at, oracle, network.epoch, 0, tuple));
  alone.must(acts.voteRoot(at, network.oracles[3]!, network.epoch, 0, { ...tuple, leafCount: 2 }));
  alone.refuses("NotApproved", acts.finalizeRoot(at, network.epoch, 0));
  alone.must(acts.voteRoot(at, network.oracles[4]!, network.epoch, 0, tuple));
  alone.chain.now += 86_400n;
  alone.must(acts.finalizeRoot(at, network.epoch, 0), ...alone.claim(single, alone.holder));
});

test("a root that takes from one wallet what it gives another pays no more than its total", async () => {
  const robbed = await newStage();
  const { network } = robbed;
  const thief = network.holders[1]!;
  const honest = robbed.tree([
    { wallet: robbed.holder, cumulative: 600n },
    { wallet: thief, cumulative: 400n },
  ]);
  robbed.settle(network.epoch, honest);
  robbed.must(...robbed.claim(honest, robbed.holder));
  const stolen = robbed.tree([{ wallet: thief, cumulative: 1_000n }]);
  robbed.settle(network.epoch + 1n, stolen);
  robbed.refuses("ClaimsExceedTotal", ...robbed.claim(stolen, thief));
});
