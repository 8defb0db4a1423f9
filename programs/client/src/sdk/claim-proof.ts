/**
 * A reward proof as the `claim` instruction takes it: 40 bytes a step and one bit a step for the side.
 *
 * The tree itself is the oracle's (poc/src/reward/merkle-sum-tree.ts); both are held against fixtures/reward/merkle-sum.json. A step is
 * the sibling's hash (32 bytes) and its sum (u64, little-endian), leaf first; bit k of the sides is set when step k's sibling is left.
 */
import { createHash } from "node:crypto";
import { ClientError } from "../errors.ts";

/** The deepest tree the program takes. */
export const MAX_PROOF_STEPS = 24;
export const PROOF_STEP_BYTES = 40;
const LEAF_TAG = Uint8Array.of(0x00, 0x52, 0x57, 0x44, 0x31);
const NODE_TAG = Uint8Array.of(0x01);
const U64_MAX = 2n ** 64n - 1n;

export interface ProofStep {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly sum: bigint;
}

export interface ClaimProof {
  /** Bit k is set when the sibling of step k is on the left. */
  readonly leftSiblings: number;
  readonly steps: readonly ProofStep[];
}

/** The proof as bytes: u32 sides (LE), then the steps. Throws PRG_BAD_PROOF. */
export function encodeClaimProof({ leftSiblings, steps }: ClaimProof): Uint8Array {
  assertProof(leftSiblings, steps.length);
  const bytes = new Uint8Array(4 + steps.length * PROOF_STEP_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, leftSiblings, true);
  steps.forEach(({ hash, sum }, index) => {
    if (hash.length !== 32)
      throw new ClientError("PRG_BAD_PROOF", `step ${index}: a hash has 32 bytes, not ${hash.length}`);
    if (sum < 0n || sum > U64_MAX) throw new ClientError("PRG_BAD_PROOF", `step ${index}: the sum is no u64`);
    bytes.set(hash, 4 + index * PROOF_STEP_BYTES);
    view.setBigUint64(4 + index * PROOF_STEP_BYTES + 32, sum, true);
  });
  return bytes;
}

/** The inverse of `encodeClaimProof`. Throws PRG_BAD_PROOF. */
export function decodeClaimProof(bytes: Uint8Array): ClaimProof {
  if (bytes.length < 4 || (bytes.length - 4) % PROOF_STEP_BYTES !== 0)
    throw new ClientError("PRG_BAD_PROOF", `${bytes.length} bytes are no whole number of steps`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const leftSiblings = view.getUint32(0, true);
  const steps: ProofStep[] = [];
  for (let at = 4; at < bytes.length; at += PROOF_STEP_BYTES)
    steps.push({ hash: bytes.slice(at, at + 32), sum: view.getBigUint64(at + 32, true) });
  assertProof(leftSiblings, steps.length);
  return { leftSiblings, steps };
}

export interface Leaf {
  /** 32 bytes each. */
  readonly distributor: Uint8Array;
  readonly beneficiary: Uint8Array;
  readonly cumulative: bigint;
}

/** The root a proof leads to: what the program compares before it pays. Null where a sum overflows. */
export function provenRoot(leaf: Leaf, { leftSiblings, steps }: ClaimProof): ProofStep | null {
  const { distributor, beneficiary, cumulative } = leaf;
  let node: ProofStep = { hash: sha256(LEAF_TAG, distributor, beneficiary, u64(cumulative)), sum: cumulative };
  for (const [index, sibling] of steps.entries()) {
    const [left, right] = ((leftSiblings >>> index) & 1) === 1 ? [sibling, node] : [node, sibling];
    const sum = left.sum + right.sum;
    if (sum > U64_MAX) return null;
    node = { hash: sha256(NODE_TAG, left.hash, u64(left.sum), right.hash, u64(right.sum)), sum };
  }
  return node;
}

function assertProof(leftSiblings: number, steps: number): void {
  if (steps > MAX_PROOF_STEPS) throw new ClientError("PRG_BAD_PROOF", `${steps} steps, more than ${MAX_PROOF_STEPS}`);
  if (!Number.isInteger(leftSiblings) || leftSiblings < 0 || leftSiblings >= 2 ** steps)
    throw new ClientError("PRG_BAD_PROOF", "a side bit beyond the last step");
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest());
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}
