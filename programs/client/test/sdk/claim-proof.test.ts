/** Reward proofs against the golden vectors the Rust program and the oracle are held to. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ClaimProof, decodeClaimProof, encodeClaimProof, provenRoot } from "../../src/sdk/claim-proof.ts";

interface Vectors {
  readonly distributor: string;
  readonly trees: readonly {
    readonly root: string;
    readonly total: string;
    readonly leaves: readonly {
      readonly beneficiary: string;
      readonly cumulative: string;
      readonly leftSiblings: number;
      readonly siblings: readonly { readonly hash: string; readonly sum: string }[];
    }[];
  }[];
}

const path = join(import.meta.dirname, "../../../../fixtures/reward/merkle-sum.json");
const { distributor, trees } = JSON.parse(readFileSync(path, "utf8")) as Vectors;
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

const cases = trees.flatMap(({ root, total, leaves }) =>
  leaves.map(({ beneficiary, cumulative, leftSiblings, siblings }) => ({
    root: { hash: hex(root), sum: BigInt(total) },
    leaf: { distributor: hex(distributor), beneficiary: hex(beneficiary), cumulative: BigInt(cumulative) },
    proof: { leftSiblings, steps: siblings.map(({ hash, sum }) => ({ hash: hex(hash), sum: BigInt(sum) })) },
  })),
);

describe("golden vectors", () => {
  test("lead to their root and survive their encoding", () => {
    expect(cases.length).toBeGreaterThan(10);
    for (const { root, leaf, proof } of cases) {
      expect(provenRoot(leaf, proof)).toEqual(root);
      const bytes = encodeClaimProof(proof);
      expect(bytes.length).toBe(4 + 40 * proof.steps.length);
      expect(decodeClaimProof(bytes)).toEqual(proof);
    }
  });

  test("lead elsewhere when anything in them is changed", () => {
    const { root, leaf, proof } = cases.find(({ proof: { steps } }) => steps.length >= 2)!;
    const [first, ...others] = proof.steps;
    const changed: [typeof leaf, ClaimProof][] = [
      [{ ...leaf, cumulative: leaf.cumulative + 1n }, proof],
      [{ ...leaf, beneficiary: leaf.distributor }, proof],
      [leaf, { ...proof, leftSiblings: proof.leftSiblings ^ 1 }],
      [leaf, { ...proof, steps: others }],
      [leaf, { ...proof, steps: [{ hash: first!.hash, sum: first!.sum + 1n }, ...others] }],
      [leaf, { ...proof, steps: [{ hash: first!.hash.map((byte) => byte ^ 1), sum: first!.sum }, ...others] }],
    ];
    for (const [otherLeaf, otherProof] of changed) expect(provenRoot(otherLeaf, otherProof)).not.toEqual(root);
  });
});

describe("boundaries", () => {
  const step = { hash: new Uint8Array(32), sum: 2n ** 64n - 1n };

  test("a sum beyond u64 leads nowhere", () => {
    const leaf = { distributor: new Uint8Array(32), beneficiary: new Uint8Array(32), cumulative: 1n };
    expect(provenRoot(leaf, { leftSiblings: 0, steps: [step] })).toBeNull();
    expect(provenRoot({ ...leaf, cumulative: 0n }, { leftSiblings: 0, steps: [step] })?.sum).toBe(2n ** 64n - 1n);
  });

  test("24 steps are encoded, 25 refused", () => {
    const proof = (steps: number) => ({ leftSiblings: 2 ** steps - 1, steps: new Array(steps).fill(step) });
    expect(encodeClaimProof(proof(24)).length).toBe(964);
    expect(() => encodeClaimProof(proof(25))).toThrow(expect.objectContaining({ code: "PRG_BAD_PROOF" }));
  });

  test.each<[string, ClaimProof]>([
    ["a side bit beyond the steps", { leftSiblings: 2, steps: [step] }],
    ["a short hash", { leftSiblings: 0, steps: [{ hash: new Uint8Array(31), sum: 0n }] }],
    ["a sum beyond u64", { leftSiblings: 0, steps: [{ hash: new Uint8Array(32), sum: 2n ** 64n }] }],
    ["a negative sum", { leftSiblings: 0, steps: [{ hash: new Uint8Array(32), sum: -1n }] }],
  ])("refuses %s", (_, proof) => {
    expect(() => encodeClaimProof(proof)).toThrow(expect.objectContaining({ code: "PRG_BAD_PROOF" }));
  });

  test("bytes that are no whole number of steps are refused", () => {
    for (const length of [0, 3, 5, 43, 45])
      expect(() => decodeClaimProof(new Uint8Array(length))).toThrow(
        expect.objectContaining({ code: "PRG_BAD_PROOF" }),
      );
  });
});
