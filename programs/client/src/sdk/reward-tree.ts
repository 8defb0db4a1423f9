/**
 * The tree of an epoch's rewards from what each wallet has been owed since genesis, and the claims it proves.
 *
 * The tree is the engine's own (poc/src/reward/merkle-sum-tree.ts); here it gets Solana's addresses and the shape the program reads.
 */
import { buildMerkleSumTree, type MerkleSumTree, merkleSumProof } from "@earshot/poc";
import type { PublicKey } from "@solana/web3.js";
import { ClientError } from "../errors.ts";
import type { WalletClaim } from "./claim-crank.ts";

const KEY_BYTES = 32;

export interface RewardTree {
  /** 32 bytes. */
  readonly rootHash: Uint8Array;
  /** Sum of all leaves, base units. */
  readonly total: bigint;
  readonly leafCount: number;
  /** The wallet's claim. Throws PRG_NOT_FOUND for a wallet without a leaf. */
  claimOf(wallet: PublicKey): WalletClaim;
}

/** Builds the tree of a distributor. Amounts are base units since genesis, one a wallet; at least one wallet. */
export function rewardTree(
  distributor: PublicKey,
  owed: readonly { readonly wallet: PublicKey; readonly cumulative: bigint }[],
): RewardTree {
  const ordered = owed
    .map(({ wallet, cumulative }) => ({ bytes: wallet.toBytes(), cumulative }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  const beneficiaries = new Uint8Array(ordered.length * KEY_BYTES);
  for (const [index, { bytes }] of ordered.entries()) beneficiaries.set(bytes, index * KEY_BYTES);
  const amounts = BigUint64Array.from(ordered, ({ cumulative }) => cumulative);
  const tree = buildMerkleSumTree(distributor.toBytes(), beneficiaries, amounts);
  return {
    rootHash: tree.root.hash,
    total: tree.root.totalAtoms,
    leafCount: tree.root.leafCount,
    claimOf(wallet) {
      const index = leafIndexOf(beneficiaries, wallet.toBytes());
      if (index < 0) throw new ClientError("PRG_NOT_FOUND", `${wallet.toBase58()} has no leaf in the tree`);
      return { beneficiary: wallet, cumulative: amounts[index]!, proof: claimProofAt(tree, index) };
    },
  };
}

/** The index of a wallet among 32-byte addresses in ascending order; -1 where it is not there. */
export function leafIndexOf(beneficiaries: Uint8Array, wallet: Uint8Array): number {
  let low = 0;
  let high = beneficiaries.length / KEY_BYTES - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = Buffer.compare(beneficiaries.subarray(middle * KEY_BYTES, (middle + 1) * KEY_BYTES), wallet);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The proof of a leaf as the program reads it. */
export function claimProofAt(tree: MerkleSumTree, index: number): WalletClaim["proof"] {
  const { siblingHashes, siblingSums, leftSiblings } = merkleSumProof(tree, index);
  const steps = [...siblingSums].map((sum, step) => ({ hash: siblingHashes.slice(step * 32, (step + 1) * 32), sum }));
  return { leftSiblings, steps };
}
