/**
 * The tree whose root pays everybody: a Merkle-sum tree over cumulative rewards (docs/adr/0003; programs/rewards checks the same bytes).
 *
 *   leaf  SHA-256(0x00 ‖ "RWD1" ‖ distributor 32 ‖ beneficiary 32 ‖ cumulative u64 LE)              77 bytes; its sum is cumulative
 *   node  SHA-256(0x01 ‖ left hash 32 ‖ left sum u64 LE ‖ right hash 32 ‖ right sum u64 LE)         81 bytes; its sum is left + right
 *
 * Leaves stand in ascending order of the beneficiary's bytes, one each; children in index order; the odd last node of a level
 * is moved up as it is, never doubled. Amounts are base units. Refuses no leaves at all (the treasury always has one), more than
 * 2^24 of them, a wrong order, and sums beyond u64.
 */
import { pocError } from "../errors.ts";
import { sha256Into } from "../protocol/hash.ts";
import { U64_MAX } from "./amount.ts";
import { firstUnordered } from "./wallet-order.ts";

/** Deepest tree a claim can prove on chain. */
export const MERKLE_SUM_MAX_DEPTH = 24;

const HASH_BYTES = 32;
const KEY_BYTES = 32;
const U64_BYTES = 8;
const LEAF_DOMAIN = 0x00;
const NODE_DOMAIN = 0x01;
/** "RWD1". */
const LEAF_TAG = Uint8Array.of(0x52, 0x57, 0x44, 0x31);
const LEAF_BYTES = 1 + LEAF_TAG.length + KEY_BYTES + KEY_BYTES + U64_BYTES;
const DISTRIBUTOR_AT = 1 + LEAF_TAG.length;
const BENEFICIARY_AT = DISTRIBUTOR_AT + KEY_BYTES;
const CUMULATIVE_AT = BENEFICIARY_AT + KEY_BYTES;
const NODE_BYTES = 1 + 2 * (HASH_BYTES + U64_BYTES);
const LEFT_AT = 1;
const RIGHT_AT = LEFT_AT + HASH_BYTES + U64_BYTES;

/** What is voted on chain. `leafCount` is part of the vote, not of the hash. */
export interface MerkleSumRoot {
  readonly hash: Uint8Array;
  readonly totalAtoms: bigint;
  readonly leafCount: number;
}

/** A tree with all its levels, so that a proof is only copied out. Level 0 is the leaves; the last level is the root alone. */
export interface MerkleSumTree {
  readonly root: MerkleSumRoot;
  readonly levels: readonly MerkleSumLevel[];
}

export interface MerkleSumLevel {
  /** 32 bytes a node. */
  readonly hashes: Uint8Array;
  readonly sums: BigUint64Array;
}

/** Siblings from the leaf up. A level where the node was moved up has no step. */
export interface MerkleSumProof {
  /** 32 bytes a step. */
  readonly siblingHashes: Uint8Array;
  readonly siblingSums: BigUint64Array;
  /** Bit k is set when the sibling of step k is the left child; bits beyond the last step are zero. */
  readonly leftSiblings: number;
}

/**
 * Builds the tree of one distributor (32 bytes). `beneficiaries` holds 32 bytes a leaf in strictly ascending order,
 * `cumulativeAtoms` the amount of each. Throws POC_BAD_LENGTH, POC_BAD_ENCODING (order) or POC_BAD_AMOUNT (sum beyond u64).
 */
export function buildMerkleSumTree(
  distributor: Uint8Array,
  beneficiaries: Uint8Array,
  cumulativeAtoms: BigUint64Array,
): MerkleSumTree {
  const leafCount = cumulativeAtoms.length;
  if (distributor.length !== KEY_BYTES) throw pocError("POC_BAD_LENGTH", `distributor of ${distributor.length} bytes`);
  if (leafCount < 1 || leafCount > 2 ** MERKLE_SUM_MAX_DEPTH) {
    throw pocError("POC_BAD_LENGTH", `a tree has 1 to ${2 ** MERKLE_SUM_MAX_DEPTH} leaves, not ${leafCount}`);
  }
  if (beneficiaries.length !== leafCount * KEY_BYTES) {
    throw pocError("POC_BAD_LENGTH", `${beneficiaries.length} bytes of beneficiaries for ${leafCount} leaves`);
  }
  const unordered = firstUnordered(beneficiaries);
  if (unordered >= 0) throw pocError("POC_BAD_ENCODING", `leaf ${unordered} does not come after the one before it`);
  let level = hashLeaves(distributor, beneficiaries, cumulativeAtoms);
  const levels = [level];
  while (level.sums.length > 1) {
    level = hashParents(level);
    levels.push(level);
  }
  return { root: { hash: level.hashes.slice(), totalAtoms: level.sums[0]!, leafCount }, levels };
}

/** The proof of the leaf at `index`. Throws POC_BAD_LENGTH for an index outside the tree. */
export function merkleSumProof(tree: MerkleSumTree, index: number): MerkleSumProof {
  if (!Number.isInteger(index) || index < 0 || index >= tree.root.leafCount) {
    throw pocError("POC_BAD_LENGTH", `no leaf ${index} in a tree of ${tree.root.leafCount}`);
  }
  const siblingHashes = new Uint8Array((tree.levels.length - 1) * HASH_BYTES);
  const siblingSums = new BigUint64Array(tree.levels.length - 1);
  let steps = 0;
  let leftSiblings = 0;
  let at = index;
  for (const { hashes, sums } of tree.levels) {
    const sibling = at ^ 1;
    if (sibling < sums.length) {
      siblingHashes.set(hashes.subarray(sibling * HASH_BYTES, (sibling + 1) * HASH_BYTES), steps * HASH_BYTES);
      siblingSums[steps] = sums[sibling]!;
      if (sibling < at) leftSiblings |= 1 << steps;
      steps++;
    }
    at >>= 1;
  }
  return {
    siblingHashes: siblingHashes.slice(0, steps * HASH_BYTES),
    siblingSums: siblingSums.slice(0, steps),
    leftSiblings,
  };
}

/**
 * Whether `proof` shows that `distributor` owes `beneficiary` exactly `cumulativeAtoms` under the root. Anything malformed (lengths,
 * depth above 24, stray side bits, amounts or sums beyond u64) is false, never a throw.
 */
export function verifyMerkleSumProof(
  root: Pick<MerkleSumRoot, "hash" | "totalAtoms">,
  distributor: Uint8Array,
  beneficiary: Uint8Array,
  cumulativeAtoms: bigint,
  proof: MerkleSumProof,
): boolean {
  const steps = proof.siblingSums.length;
  const isWellFormed =
    root.hash.length === HASH_BYTES &&
    distributor.length === KEY_BYTES &&
    beneficiary.length === KEY_BYTES &&
    cumulativeAtoms >= 0n &&
    cumulativeAtoms <= U64_MAX &&
    steps <= MERKLE_SUM_MAX_DEPTH &&
    proof.siblingHashes.length === steps * HASH_BYTES &&
    Number.isInteger(proof.leftSiblings) &&
    proof.leftSiblings >= 0 &&
    proof.leftSiblings < 2 ** steps;
  if (!isWellFormed) return false;

  const leaf = leafPreimage(distributor);
  leaf.bytes.set(beneficiary, BENEFICIARY_AT);
  leaf.view.setBigUint64(CUMULATIVE_AT, cumulativeAtoms, true);
  const hash = new Uint8Array(HASH_BYTES);
  sha256Into(leaf.bytes, hash);
  let sum = cumulativeAtoms;
  const node = nodePreimage();
  for (let step = 0; step < steps; step++) {
    const isLeft = ((proof.leftSiblings >>> step) & 1) === 1;
    const siblingAt = isLeft ? LEFT_AT : RIGHT_AT;
    const ownAt = isLeft ? RIGHT_AT : LEFT_AT;
    node.bytes.set(proof.siblingHashes.subarray(step * HASH_BYTES, (step + 1) * HASH_BYTES), siblingAt);
    node.view.setBigUint64(siblingAt + HASH_BYTES, proof.siblingSums[step]!, true);
    node.bytes.set(hash, ownAt);
    node.view.setBigUint64(ownAt + HASH_BYTES, sum, true);
    sum += proof.siblingSums[step]!;
    if (sum > U64_MAX) return false;
    sha256Into(node.bytes, hash);
  }
  return sum === root.totalAtoms && hash.every((byte, i) => byte === root.hash[i]);
}

interface Preimage {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function leafPreimage(distributor: Uint8Array): Preimage {
  const bytes = new Uint8Array(LEAF_BYTES);
  bytes[0] = LEAF_DOMAIN;
  bytes.set(LEAF_TAG, 1);
  bytes.set(distributor, DISTRIBUTOR_AT);
  return { bytes, view: new DataView(bytes.buffer) };
}

function nodePreimage(): Preimage {
  const bytes = new Uint8Array(NODE_BYTES);
  bytes[0] = NODE_DOMAIN;
  return { bytes, view: new DataView(bytes.buffer) };
}

function hashLeaves(
  distributor: Uint8Array,
  beneficiaries: Uint8Array,
  cumulativeAtoms: BigUint64Array,
): MerkleSumLevel {
  const leaf = leafPreimage(distributor);
  const digest = new Uint8Array(HASH_BYTES);
  const hashes = new Uint8Array(cumulativeAtoms.length * HASH_BYTES);
  for (let index = 0; index < cumulativeAtoms.length; index++) {
    leaf.bytes.set(beneficiaries.subarray(index * KEY_BYTES, (index + 1) * KEY_BYTES), BENEFICIARY_AT);
    leaf.view.setBigUint64(CUMULATIVE_AT, cumulativeAtoms[index]!, true);
    sha256Into(leaf.bytes, digest);
    hashes.set(digest, index * HASH_BYTES);
  }
  return { hashes, sums: cumulativeAtoms.slice() };
}

function hashParents({ hashes, sums }: MerkleSumLevel): MerkleSumLevel {
  const count = sums.length;
  const parents = {
    hashes: new Uint8Array(((count + 1) >> 1) * HASH_BYTES),
    sums: new BigUint64Array((count + 1) >> 1),
  };
  const node = nodePreimage();
  const digest = new Uint8Array(HASH_BYTES);
  for (let left = 0; left + 1 < count; left += 2) {
    const leftSum = sums[left]!;
    const rightSum = sums[left + 1]!;
    const sum = leftSum + rightSum;
    if (sum > U64_MAX) throw pocError("POC_BAD_AMOUNT", `cumulative rewards of ${sum} do not fit u64`);
    const from = left * HASH_BYTES;
    node.bytes.set(hashes.subarray(from, from + HASH_BYTES), LEFT_AT);
    node.bytes.set(hashes.subarray(from + HASH_BYTES, from + 2 * HASH_BYTES), RIGHT_AT);
    node.view.setBigUint64(LEFT_AT + HASH_BYTES, leftSum, true);
    node.view.setBigUint64(RIGHT_AT + HASH_BYTES, rightSum, true);
    sha256Into(node.bytes, digest);
    parents.hashes.set(digest, from >> 1);
    parents.sums[left >> 1] = sum;
  }
  if (count % 2 === 1) {
    parents.hashes.set(hashes.subarray((count - 1) * HASH_BYTES), (count >> 1) * HASH_BYTES);
    parents.sums[count >> 1] = sums[count - 1]!;
  }
  return parents;
}
