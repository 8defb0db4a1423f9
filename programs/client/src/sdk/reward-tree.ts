/**
 * The tree of an epoch's rewards from what each wallet has been owed since genesis, and the claims it proves.
 *
 * The tree is the engine's own (poc/src/reward/merkle-sum-tree.ts); here it gets Solana's addresses and the shape the program reads.
 */
import { buildMerkleSumTree, type MerkleSumTree, merkleSumProof } from "@earshot/poc";
import { PublicKey } from "@solana/web3.js";
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
  const indexes = new Map(ordered.map(({ bytes }, index) => [new PublicKey(bytes).toBase58(), index]));
  return {
    rootHash: tree.root.hash,
    total: tree.root.totalAtoms,
    leafCount: tree.root.leafCount,
    claimOf(wallet) {
      const index = indexes.get(wallet.toBase58());
      if (index === undefined) throw new ClientError("PRG_NOT_FOUND", `${wallet.toBase58()} has no leaf in the tree`);
      return { beneficiary: wallet, cumulative: amounts[index]!, proof: claimProofAt(tree, index) };
    },
  };
}

/** The proof of a leaf as the program reads it. */
export function claimProofAt(tree: MerkleSumTree, index: number): WalletClaim["proof"] {
  const { siblingHashes, siblingSums, leftSiblings } = merkleSumProof(tree, index);
  const steps = [...siblingSums].map((sum, step) => ({ hash: siblingHashes.slice(step * 32, (step + 1) * 32), sum }));
  return { leftSiblings, steps };
}
