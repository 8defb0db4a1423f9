import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { U64_MAX } from "../../src/reward/amount.ts";
import {
  buildMerkleSumTree,
  type MerkleSumProof,
  type MerkleSumTree,
  merkleSumProof,
  verifyMerkleSumProof,
} from "../../src/reward/merkle-sum-tree.ts";
import { readRewardVector, soaked } from "./vector-file.ts";

interface VectorTree {
  readonly root: string;
  readonly total: string;
  readonly leafCount: number;
  readonly leaves: readonly {
    readonly beneficiary: string;
    readonly cumulative: string;
    readonly leafHash: string;
    readonly leftSiblings: number;
    readonly siblings: readonly { readonly hash: string; readonly sum: string }[];
  }[];
}

const vector = readRewardVector<{ distributor: string; trees: VectorTree[]; greatest: VectorTree }>("merkle-sum.json");
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array) => Buffer.from(value).toString("hex");
const distributor = bytes(vector.distributor);

function treeOf(leaves: readonly { beneficiary: string; cumulative: string }[]): MerkleSumTree {
  return buildMerkleSumTree(
    distributor,
    bytes(leaves.map((leaf) => leaf.beneficiary).join("")),
    BigUint64Array.from(leaves, (leaf) => BigInt(leaf.cumulative)),
  );
}

/** A wallet of 32 bytes that ends in `last`. */
function wallet(last: number): Uint8Array {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(28, last);
  return key;
}

function ascending(amounts: readonly bigint[]): MerkleSumTree {
  const wallets = new Uint8Array(amounts.length * 32);
  amounts.forEach((_, index) => {
    wallets.set(wallet(index), index * 32);
  });
  return buildMerkleSumTree(distributor, wallets, BigUint64Array.from(amounts));
}

function flipped(value: Uint8Array, bit: number): Uint8Array {
  const copy = value.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

describe("golden trees", () => {
  test.each([...vector.trees, vector.greatest])(
    "of $leafCount leaves have the root and the proofs of the vectors",
    (golden) => {
      const tree = treeOf(golden.leaves);
      expect(hex(tree.root.hash)).toBe(golden.root);
      expect(tree.root.totalAtoms).toBe(BigInt(golden.total));
      expect(tree.root.leafCount).toBe(golden.leafCount);
      golden.leaves.forEach((leaf, index) => {
        expect(hex(tree.levels[0]!.hashes.subarray(index * 32, index * 32 + 32))).toBe(leaf.leafHash);
        const proof = merkleSumProof(tree, index);
        expect(hex(proof.siblingHashes)).toBe(leaf.siblings.map(({ hash }) => hash).join(""));
        expect([...proof.siblingSums].map(String)).toEqual(leaf.siblings.map(({ sum }) => sum));
        expect(proof.leftSiblings).toBe(leaf.leftSiblings);
        const { beneficiary, cumulative } = leaf;
        expect(verifyMerkleSumProof(tree.root, distributor, bytes(beneficiary), BigInt(cumulative), proof)).toBe(true);
      });
    },
  );
});

describe("the tree", () => {
  test("of one leaf is that leaf, with an empty proof", () => {
    const tree = ascending([7n]);
    expect(hex(tree.root.hash)).toBe(hex(tree.levels[0]!.hashes));
    expect(merkleSumProof(tree, 0).siblingSums).toHaveLength(0);
  });

  test("moves an odd last node up as it is", () => {
    const tree = ascending([1n, 2n, 3n, 4n, 5n]);
    const last = hex(tree.levels[0]!.hashes.subarray(4 * 32));
    expect(hex(tree.levels[1]!.hashes.subarray(2 * 32))).toBe(last);
    expect(hex(tree.levels[2]!.hashes.subarray(32))).toBe(last);
    expect(tree.root.totalAtoms).toBe(15n);
    expect(merkleSumProof(tree, 4).siblingSums).toHaveLength(1);
    expect(merkleSumProof(tree, 0).siblingSums).toHaveLength(3);
  });

  test("takes a total of exactly u64 and refuses one more, also where only an inner sum is beyond it", () => {
    expect(ascending([U64_MAX, 0n]).root.totalAtoms).toBe(U64_MAX);
    expect(() => ascending([U64_MAX, 1n])).toThrow("POC_BAD_AMOUNT");
    expect(() => ascending([0n, 1n, U64_MAX, 1n])).toThrow("POC_BAD_AMOUNT");
  });

  test("takes leaves of nothing", () => {
    expect(ascending([0n, 0n, 0n]).root.totalAtoms).toBe(0n);
  });

  test("refuses no leaves, more than 2^24, and a distributor or wallets of the wrong length", () => {
    const amounts = new BigUint64Array(2);
    expect(() => buildMerkleSumTree(distributor, new Uint8Array(0), new BigUint64Array(0))).toThrow("POC_BAD_LENGTH");
    expect(() => buildMerkleSumTree(distributor, new Uint8Array(0), new BigUint64Array(2 ** 24 + 1))).toThrow(
      "POC_BAD_LENGTH",
    );
    expect(() => buildMerkleSumTree(distributor.subarray(1), new Uint8Array(64), amounts)).toThrow("POC_BAD_LENGTH");
    expect(() => buildMerkleSumTree(distributor, new Uint8Array(63), amounts)).toThrow("POC_BAD_LENGTH");
  });

  test("refuses a wallet twice or out of order", () => {
    const twice = new Uint8Array(64);
    expect(() => buildMerkleSumTree(distributor, twice, new BigUint64Array(2))).toThrow("POC_BAD_ENCODING");
    const descending = new Uint8Array([...wallet(0x100), ...wallet(0xff)]);
    expect(() => buildMerkleSumTree(distributor, descending, new BigUint64Array(2))).toThrow("POC_BAD_ENCODING");
  });

  test("refuses a proof of a leaf it does not have", () => {
    const tree = ascending([1n, 2n]);
    for (const index of [-1, 2, 0.5, Number.NaN]) expect(() => merkleSumProof(tree, index)).toThrow("POC_BAD_LENGTH");
  });
});

describe("no proof, no pay", () => {
  const anyTree = fc
    .array(fc.bigInt({ min: 0n, max: 1n << 56n }), { minLength: 1, maxLength: 40 })
    .chain((amounts) => fc.record({ amounts: fc.constant(amounts), index: fc.nat({ max: amounts.length - 1 }) }));

  test("every leaf of any tree is proven, in at most ⌈log2 n⌉ steps, and the leaves sum to the total", () => {
    fc.assert(
      fc.property(anyTree, ({ amounts }) => {
        const tree = ascending(amounts);
        amounts.forEach((amount, index) => {
          const proof = merkleSumProof(tree, index);
          expect(verifyMerkleSumProof(tree.root, distributor, wallet(index), amount, proof)).toBe(true);
          expect(2 ** proof.siblingSums.length).toBeLessThan(2 * amounts.length);
        });
        expect(tree.root.totalAtoms).toBe(amounts.reduce((sum, amount) => sum + amount, 0n));
      }),
      soaked(40),
    );
  });

  test("flipping any one bit of root, distributor, beneficiary, amount or proof fails", () => {
    const amounts = [5n, 0n, 1n << 40n, 77n, 78n, 1n, 900n];
    const tree = ascending(amounts);
    amounts.forEach((amount, index) => {
      const proof = merkleSumProof(tree, index);
      const check = (
        change: Partial<{
          hash: Uint8Array;
          totalAtoms: bigint;
          distributor: Uint8Array;
          beneficiary: Uint8Array;
          amount: bigint;
          proof: MerkleSumProof;
        }>,
      ) =>
        verifyMerkleSumProof(
          { hash: change.hash ?? tree.root.hash, totalAtoms: change.totalAtoms ?? tree.root.totalAtoms },
          change.distributor ?? distributor,
          change.beneficiary ?? wallet(index),
          change.amount ?? amount,
          change.proof ?? proof,
        );
      expect(check({})).toBe(true);
      const accepted: string[] = [];
      const expectRefused = (what: string, isAccepted: boolean) => {
        if (isAccepted) accepted.push(what);
      };
      for (let bit = 0; bit < 256; bit++) {
        expectRefused(`hash ${bit}`, check({ hash: flipped(tree.root.hash, bit) }));
        expectRefused(`distributor ${bit}`, check({ distributor: flipped(distributor, bit) }));
        expectRefused(`beneficiary ${bit}`, check({ beneficiary: flipped(wallet(index), bit) }));
      }
      for (let bit = 0; bit < 64; bit++) {
        expectRefused(`total ${bit}`, check({ totalAtoms: tree.root.totalAtoms ^ (1n << BigInt(bit)) }));
        expectRefused(`amount ${bit}`, check({ amount: amount ^ (1n << BigInt(bit)) }));
      }
      for (let bit = 0; bit < proof.siblingHashes.length * 8; bit++) {
        const siblingHashes = flipped(proof.siblingHashes, bit);
        expectRefused(`sibling hash ${bit}`, check({ proof: { ...proof, siblingHashes } }));
      }
      for (let bit = 0; bit < proof.siblingSums.length * 64; bit++) {
        const siblingSums = proof.siblingSums.slice();
        siblingSums[bit >> 6]! ^= 1n << BigInt(bit & 63);
        expectRefused(`sibling sum ${bit}`, check({ proof: { ...proof, siblingSums } }));
      }
      for (let bit = 0; bit < 31; bit++) {
        const leftSiblings = proof.leftSiblings ^ (1 << bit);
        expectRefused(`side ${bit}`, check({ proof: { ...proof, leftSiblings } }));
      }
      expect(accepted).toEqual([]);
    });
  });

  test("an inner node offered as a leaf fails", () => {
    const tree = ascending([1n, 2n, 3n, 4n]);
    const inner = tree.levels[1]!;
    const proof: MerkleSumProof = {
      siblingHashes: inner.hashes.slice(32, 64),
      siblingSums: inner.sums.slice(1, 2),
      leftSiblings: 0,
    };
    for (const key of [inner.hashes.slice(0, 32), tree.levels[0]!.hashes.slice(0, 32), wallet(0)]) {
      expect(verifyMerkleSumProof(tree.root, distributor, key, inner.sums[0]!, proof)).toBe(false);
    }
    // The root's own hash as a leaf, with nothing to prove.
    const none: MerkleSumProof = {
      siblingHashes: new Uint8Array(0),
      siblingSums: new BigUint64Array(0),
      leftSiblings: 0,
    };
    expect(verifyMerkleSumProof(tree.root, distributor, wallet(0), tree.root.totalAtoms, none)).toBe(false);
  });

  test("a proof for one leaf does not prove another, and one without its last step or with one more proves nothing", () => {
    const tree = ascending([5n, 5n, 5n, 5n, 5n]);
    const proof = merkleSumProof(tree, 1);
    const verify = (index: number, changed: MerkleSumProof) =>
      verifyMerkleSumProof(tree.root, distributor, wallet(index), 5n, changed);
    expect(verify(1, proof)).toBe(true);
    expect(verify(0, proof)).toBe(false);
    const shorter = {
      siblingHashes: proof.siblingHashes.slice(0, 64),
      siblingSums: proof.siblingSums.slice(0, 2),
      leftSiblings: proof.leftSiblings & 3,
    };
    expect(verify(1, shorter)).toBe(false);
    const longer = {
      ...proof,
      siblingHashes: new Uint8Array([...proof.siblingHashes, ...new Uint8Array(32)]),
      siblingSums: BigUint64Array.of(...proof.siblingSums, 0n),
    };
    expect(verify(1, longer)).toBe(false);
  });

  test("anything malformed is false and never a throw", () => {
    const tree = ascending([5n, 6n]);
    const proof = merkleSumProof(tree, 0);
    const deep: MerkleSumProof = {
      siblingHashes: new Uint8Array(25 * 32),
      siblingSums: new BigUint64Array(25),
      leftSiblings: 0,
    };
    const overflow = { ...proof, siblingSums: BigUint64Array.of(U64_MAX) };
    const wrong: [Uint8Array, Uint8Array, bigint, MerkleSumProof][] = [
      [distributor.subarray(1), wallet(0), 5n, proof],
      [distributor, wallet(0).subarray(1), 5n, proof],
      [distributor, wallet(0), -5n, proof],
      [distributor, wallet(0), U64_MAX + 1n, proof],
      [distributor, wallet(0), 5n, deep],
      [distributor, wallet(0), 5n, overflow],
      [distributor, wallet(0), 5n, { ...proof, siblingHashes: proof.siblingHashes.subarray(1) }],
      [distributor, wallet(0), 5n, { ...proof, leftSiblings: 2 }],
      [distributor, wallet(0), 5n, { ...proof, leftSiblings: -1 }],
      [distributor, wallet(0), 5n, { ...proof, leftSiblings: 0.5 }],
    ];
    for (const [dist, key, amount, changed] of wrong) {
      expect(verifyMerkleSumProof(tree.root, dist, key, amount, changed)).toBe(false);
    }
    expect(verifyMerkleSumProof({ ...tree.root, hash: new Uint8Array(31) }, distributor, wallet(0), 5n, proof)).toBe(
      false,
    );
  });

  test("any two trees that differ in one amount or wallet have different roots", () => {
    fc.assert(
      fc.property(anyTree, fc.bigInt({ min: 1n, max: 1n << 40n }), ({ amounts, index }, more) => {
        const changed = amounts.with(index, amounts[index]! + more);
        expect(hex(ascending(changed).root.hash)).not.toBe(hex(ascending(amounts).root.hash));
      }),
      soaked(60),
    );
  });
});
