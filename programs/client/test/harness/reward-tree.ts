/**
 * The Merkle-sum tree of rewards, small and plain: what an honest oracle of the tests votes for and proves from.
 *
 * The oracle's own is poc/src/reward/merkle-sum-tree.ts; this one is held against the same golden vectors (test/golden). Leaves ascend by
 * beneficiary, an odd last node moves up unchanged.
 */
import { createHash } from "node:crypto";
import type { PublicKey } from "@solana/web3.js";
import { type ClaimProof, type ProofStep, provenRoot } from "../../src/sdk/claim-proof.ts";

export interface Earning {
  readonly wallet: PublicKey;
  /** Base units since genesis. */
  readonly cumulative: bigint;
}

export interface RewardTree {
  readonly root: ProofStep;
  readonly leafCount: number;
  /** The proof of the n-th leaf, in order of beneficiary. */
  prove(index: number): ClaimProof;
  /** Earnings in order of their leaves. */
  readonly earnings: readonly Earning[];
}

const NO_STEPS: ClaimProof = { leftSiblings: 0, steps: [] };

/** The leaf of an earning. */
export function leafOf(distributor: PublicKey, { wallet, cumulative }: Earning): ProofStep {
  const leaf = { distributor: distributor.toBytes(), beneficiary: wallet.toBytes(), cumulative };
  return provenRoot(leaf, NO_STEPS) as ProofStep;
}

/** The tree over earnings of different wallets, at least one. */
export function buildRewardTree(distributor: PublicKey, earnings: readonly Earning[]): RewardTree {
  const sorted = earnings.toSorted((a, b) => Buffer.compare(a.wallet.toBytes(), b.wallet.toBytes()));
  const levels: ProofStep[][] = [sorted.map((earning) => leafOf(distributor, earning))];
  for (;;) {
    const below = levels.at(-1) as ProofStep[];
    if (below.length === 1) break;
    const above: ProofStep[] = [];
    for (let at = 0; at < below.length; at += 2)
      above.push(at + 1 < below.length ? joinNodes(below[at] as ProofStep, below[at + 1] as ProofStep) : below[at]!);
    levels.push(above);
  }
  return {
    root: levels.at(-1)![0] as ProofStep,
    leafCount: sorted.length,
    earnings: sorted,
    prove: (index) => prove(levels, index),
  };
}

function prove(levels: readonly (readonly ProofStep[])[], index: number): ClaimProof {
  const steps: ProofStep[] = [];
  let leftSiblings = 0;
  let at = index;
  for (const level of levels.slice(0, -1)) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) {
      if (at % 2 === 1) leftSiblings |= 1 << steps.length;
      steps.push(sibling);
    }
    at >>= 1;
  }
  return { leftSiblings, steps };
}

/** The parent of two nodes in index order. */
export function joinNodes(left: ProofStep, right: ProofStep): ProofStep {
  const digest = createHash("sha256").update(Uint8Array.of(1));
  for (const { hash, sum } of [left, right]) {
    const word = Buffer.alloc(8);
    word.writeBigUInt64LE(sum);
    digest.update(hash).update(word);
  }
  return { hash: new Uint8Array(digest.digest()), sum: left.sum + right.sum };
}
