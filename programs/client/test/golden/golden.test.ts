/**
 * The same bytes in Rust and in TypeScript: what this side computes is what the programs compute, on the golden vectors of fixtures/ and on
 * values drawn for it. The crates are held against the same files by their own tests (programs/crates).
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cellToBigInt, latLngToCell } from "@earshot/geo";
import { emissionAtoms, readEmissionSchedule } from "@earshot/poc";
import { PublicKey } from "@solana/web3.js";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { instructionHash as sdkInstructionHash } from "../../src/sdk/governance.ts";
import { hiddenLocation } from "../../src/sdk/location.ts";
import { rewardTree } from "../../src/sdk/reward-tree.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { deviceOf, ed25519Device } from "../harness/device.ts";
import { instructionHash } from "../harness/proposal.ts";
import { buildRewardTree } from "../harness/reward-tree.ts";
import { newStage, type Stage } from "../harness/stage.ts";

const fixture = <T>(path: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../../../fixtures", path), "utf8")) as T;
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

let stage: Stage;
let owner: PublicKey;

beforeEach(async () => {
  stage = await newStage();
  owner = stage.holder;
});

interface TreeVectors {
  readonly distributor: string;
  readonly trees: readonly {
    readonly root: string;
    readonly total: string;
    readonly leafCount: number;
    readonly leaves: readonly {
      readonly beneficiary: string;
      readonly cumulative: string;
      readonly leftSiblings: number;
      readonly siblings: readonly { readonly hash: string; readonly sum: string }[];
    }[];
  }[];
}

describe("the Merkle-sum tree", () => {
  test("of the tests and of the SDK is the vectors'", () => {
    const { distributor, trees } = fixture<TreeVectors>("reward/merkle-sum.json");
    const whole = trees.filter(({ leafCount, leaves }) => leafCount === leaves.length);
    expect(whole.length).toBeGreaterThan(3);
    for (const { root, total, leaves } of whole) {
      const earnings = leaves.map(({ beneficiary, cumulative }) => ({
        wallet: new PublicKey(hex(beneficiary)),
        cumulative: BigInt(cumulative),
      }));
      const plain = buildRewardTree(new PublicKey(hex(distributor)), earnings);
      const engine = rewardTree(new PublicKey(hex(distributor)), earnings);
      expect(Buffer.from(plain.root.hash).toString("hex")).toBe(root);
      expect(Buffer.from(engine.rootHash).toString("hex")).toBe(root);
      expect([plain.root.sum, engine.total]).toEqual([BigInt(total), BigInt(total)]);
      for (const [index, { leftSiblings, siblings }] of leaves.entries()) {
        const steps = siblings.map(({ hash, sum }) => ({ hash: hex(hash), sum: BigInt(sum) }));
        expect(plain.prove(index)).toEqual({ leftSiblings, steps });
      }
    }
  });

  test("of the engine pays every wallet on chain, whatever their number", () => {
    const sizes = [1, 2, 3, 5, 8];
    let epoch = stage.network.epoch;
    let factor = 1n;
    for (const size of sizes) {
      const owed = Array.from({ length: size }, (_, index) => ({
        wallet: stage.wallet(200 + index),
        cumulative: factor * BigInt(index + 1) * 1_000n,
      }));
      const tree = rewardTree(stage.at.distributor, owed);
      const tuple = { ...stage.tuple(stage.tree(owed)), rootHash: tree.rootHash, total: tree.total };
      if (stage.epoch <= epoch) stage.warpToEpoch(epoch + 1n);
      stage.issue(epoch);
      stage.agree(epoch, 0, tuple);
      stage.chain.now += 86_400n;
      stage.must(acts.finalizeRoot(stage.at, epoch, 0));
      for (const { wallet } of owed) {
        const { cumulative, proof } = tree.claimOf(wallet);
        const opening = stage.claim(stage.tree(owed), wallet).slice(0, -1);
        stage.must(...opening, acts.claim(stage.at, wallet, cumulative, proof));
        expect(stage.tokens(wallet)).toBe(cumulative);
      }
      epoch++;
      factor += 9n;
    }
  });
});

test("a vote's digest is SHA-256 over its tuple, field after field", () => {
  const { epoch } = stage.network;
  stage.warpToEpoch(epoch + 1n);
  stage.issue(epoch);
  const tuple = {
    ...stage.tuple(stage.tree([{ wallet: owner, cumulative: 0x0102030405n }])),
    leafCount: 0x01020304 & 0xffffff,
  };
  stage.must(acts.voteRoot(stage.at, stage.network.oracles[0]!, epoch, 0, tuple));
  const words = Buffer.alloc(12);
  words.writeBigUInt64LE(tuple.total as bigint);
  words.writeUInt32LE(tuple.leafCount, 8);
  const digest = createHash("sha256")
    .update(tuple.rootHash as Uint8Array)
    .update(words)
    .update(tuple.reportHash as Uint8Array)
    .update(tuple.parameterHash as Uint8Array)
    .digest();
  const root = stage.read<{ candidates: { digest: Uint8Array; votes: number }[] }>(
    "rewards",
    "Root",
    calls.rootOf(stage.at.distributor, epoch, 0),
  );
  expect(root.candidates.map((one) => [Buffer.from(one.digest).toString("hex"), one.votes])).toEqual([
    [digest.toString("hex"), 1],
  ]);
});

test("a proposal's hash is the same in the SDK and in the tests, which the program executes by", () => {
  const { network } = stage;
  const instructions = [
    stage.call("rewards", "rotateOracles", [network.plan.oracles], { admin: stage.at.gov }),
    stage.call("guard", "unpause", [], { guard: calls.guardOf(stage.at.tokenMint), admin: stage.at.gov }),
  ];
  expect(sdkInstructionHash(instructions)).toEqual(instructionHash(instructions));
  expect(sdkInstructionHash(instructions.toReversed())).not.toEqual(instructionHash(instructions));
});

test("the schedule issues on chain what the engine budgets, to the unit", async () => {
  const { network } = stage;
  const periods = [
    { start: 0n, epochs: 3, total: 1_000_000_000_001n },
    { start: 3n, epochs: 1, total: 7n },
    { start: 6n, epochs: 7, total: 999_999_999_999_997n },
  ];
  const made = await newStage((plan) => ({
    ...plan,
    mintLimit: 2n ** 62n,
    periods: periods.map(({ start, epochs, total }) => ({ startEpoch: plan.firstEpoch + start, epochs, total })),
  }));
  expect(made.network.epoch).toBeGreaterThan(network.epoch);
  const schedule = readEmissionSchedule(
    periods.map(({ start, epochs, total }) => ({
      startEpoch: Number(made.network.epoch + start),
      epochs,
      totalAtoms: String(total),
    })),
  );
  made.warpToEpoch(made.network.epoch + 15n);
  for (let offset = 0n; offset < 14n; offset++) {
    const epoch = made.network.epoch + offset;
    made.issue(epoch);
    const { scheduled } = made.read<{ scheduled: bigint }>(
      "rewards",
      "Epoch",
      calls.epochOf(made.at.distributor, epoch),
    );
    expect(scheduled).toBe(emissionAtoms(schedule, Number(epoch)));
  }
});

interface KeyVectors {
  readonly valid: readonly {
    readonly kind: string;
    readonly secret: string;
    readonly key: string;
    readonly gatewayId: string;
  }[];
  readonly invalid: readonly { readonly key: string; readonly why: string }[];
}

describe("device keys", () => {
  const { valid, invalid } = fixture<KeyVectors>("protocol/keys.json");

  test("that are valid are onboarded, and named by the same gateway id", () => {
    stage.price();
    stage.mintDataCredits(owner, 1_000_000n);
    for (const { kind, secret, key, gatewayId } of valid) {
      const device = deviceOf(kind as "ed25519" | "p256", hex(secret));
      expect(Buffer.from(device.key).toString("hex")).toBe(key);
      const hotspot = stage.onboard(device, owner);
      const account = stage.read<{ gatewayId: Uint8Array }>("registry", "Hotspot", hotspot);
      expect(Buffer.from(account.gatewayId).toString("hex")).toBe(gatewayId);
    }
  });

  test("that are invalid are refused; that a point is on its curve, the precompile finds", () => {
    for (const { key, why } of invalid.filter(({ key }) => key.length === 66)) {
      const device = { key: hex(key), sign: () => new Uint8Array(64) };
      const [check, onboard] = acts.onboard(stage.at, { device, owner, payer: owner });
      if (why.startsWith("not a point"))
        expect(stage.chain.send(check!, onboard!).error).toMatch(/^precompile refusal/);
      else stage.refuses("BadKey", onboard!);
    }
  });
});

test("a hidden place opens on chain to the cell it was made of", () => {
  stage.price();
  stage.mintDataCredits(owner, 9_000_000n);
  let number = 40_000;
  fc.assert(
    fc.property(
      fc.double({ min: -85, max: 85, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (latDeg, lngDeg, salt) => {
        const cell = latLngToCell(latDeg, lngDeg, 12);
        const place = hiddenLocation(cell, salt);
        const hotspot = stage.onboard(ed25519Device(number++), owner);
        const assert = (nonce: number, opening: object | null) =>
          acts.assertLocation(stage.at, hotspot, owner, { ...place, opening, region: 2, nonce });
        const digits = place.opening.digits as Uint8Array;
        const otherDigits = digits.map((digit, index) => (index === 3 ? (digit + 1) % 7 : digit));
        stage.refuses("OpeningMismatch", assert(1, { ...place.opening, digits: otherDigits }));
        stage.must(assert(1, place.opening));
        const { location } = stage.read<{ location: { next: { cell: bigint; cellPublic: bigint } } }>(
          "registry",
          "Hotspot",
          hotspot,
        );
        expect(location.next.cell).toBe(cellToBigInt(cell.hi, cell.lo));
        // Hidden again: no move, no fee.
        stage.must(assert(2, null));
      },
    ),
    { numRuns: 20 },
  );
});
