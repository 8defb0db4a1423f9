/** A network from nothing to a paid reward, on the committed programs: through the SDK, web3.js and the local chain's RPC. */
import { generateKeyPairSync, sign } from "node:crypto";
import type { Keypair, PublicKey } from "@solana/web3.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimOf, hotspotOf, networkOf } from "../../src/sdk/addresses.ts";
import { provenRoot } from "../../src/sdk/claim-proof.ts";
import type { NetworkAddresses } from "../../src/sdk/create-network.ts";
import {
  dcAccountOf,
  mintDataCredits,
  openEpochRecord,
  submitPrice,
  tokenAccountOf,
} from "../../src/sdk/data-credits.ts";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import { onboardHotspot, onboardMessage } from "../../src/sdk/onboard.ts";
import type { Programs } from "../../src/sdk/programs.ts";
import { claimRewards, finalizeRoot, issueEpoch } from "../../src/sdk/rewards.ts";
import { type Sender, send, simulate } from "../../src/sdk/send.ts";
import { Settlement } from "../../src/sdk/settlement.ts";
import { type RunningChain, START_MS } from "../localnet/running-chain.ts";
import {
  admin,
  EPOCH,
  PARAMETER_HASH as HASH,
  key,
  type LiveNetwork,
  oracles,
  owner,
  startNetwork,
} from "./live-network.ts";

let live: LiveNetwork;
let running: RunningChain;
let programs: Programs;
let network: NetworkAddresses;
const as = (payer: Keypair): Sender => live.as(payer);
const tokens = async (account: PublicKey) =>
  BigInt((await running.connection.getTokenAccountBalance(account)).value.amount);

beforeAll(async () => {
  live = await startNetwork();
  ({ running, programs, network } = live);
});

afterAll(async () => {
  await running.stop();
});

test("is created, once", async () => {
  const stored = await programs.account("registry", "network", network.network);
  expect(stored).toMatchObject({ wireId: 1, hotspots: 0n });
  expect(await programs.account("registry", "network", networkOf(key(99).publicKey))).toBeNull();
  expect(await tokens(tokenAccountOf(network, owner.publicKey))).toBe(1000n * ATOMS);
});

test("makes data credits from tokens at the price of its oracles", async () => {
  await send(as(owner), [await openEpochRecord(programs, network, owner.publicKey, EPOCH)]);
  for (const oracle of oracles.slice(0, 3))
    await send(as(oracle), [
      await submitPrice(programs, network, { oracle: oracle.publicKey, epoch: EPOCH, priceE8: 50_000_000n }),
    ]);
  const mint = (mostAtoms: bigint) =>
    mintDataCredits(programs, network, {
      payer: owner.publicKey,
      recipient: owner.publicKey,
      epoch: EPOCH,
      dataCredits: 5_000_000n,
      mostAtoms,
    });
  await expect(simulate(as(owner), await mint(99n * ATOMS))).rejects.toMatchObject({
    code: "PRG_REFUSED",
    message: expect.stringMatching(/^dataCredits: .+ \(SlippageExceeded, error \d+\)$/),
  });
  await send(as(owner), await mint(100n * ATOMS));
  expect(await tokens(dcAccountOf(network, owner.publicKey))).toBe(5_000_000n);
  expect(await tokens(tokenAccountOf(network, owner.publicKey))).toBe(900n * ATOMS);
});

describe("a device", () => {
  const ed25519 = generateKeyPairSync("ed25519");
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const coordinates = p256.publicKey.export({ format: "jwk" });
  const devices = [
    {
      name: "Ed25519",
      deviceKey: Uint8Array.from([0xed, ...ed25519.publicKey.export({ format: "der", type: "spki" }).subarray(-32)]),
      signWith: (message: Uint8Array) => new Uint8Array(sign(null, message, ed25519.privateKey)),
    },
    {
      name: "P-256",
      deviceKey: Uint8Array.from([
        2 + (Buffer.from(coordinates.y!, "base64url").at(-1)! & 1),
        ...Buffer.from(coordinates.x!, "base64url"),
      ]),
      signWith: (message: Uint8Array) =>
        lowS(new Uint8Array(sign("sha256", message, { key: p256.privateKey, dsaEncoding: "ieee-p1363" }))),
    },
  ];

  test.each(devices)("with an $name key is onboarded by its signature, once", async ({ deviceKey, signWith }) => {
    const onboarding = { owner: owner.publicKey, maker: null, kind: "light", nonce: 1n } as const;
    const args = {
      ...onboarding,
      payer: owner.publicKey,
      issuer: null,
      deviceKey,
      signature: signWith(onboardMessage(network, onboarding)),
      gainDdbi: 26,
      elevationM: 12,
    };
    const before = await tokens(dcAccountOf(network, owner.publicKey));
    const instructions = await onboardHotspot(programs, network, args);
    expect((await simulate(as(owner), instructions)).unitsConsumed).toBeLessThanOrEqual(200_000);
    await send(as(owner), instructions);
    expect(before - (await tokens(dcAccountOf(network, owner.publicKey)))).toBe(50_000n);
    const hotspot = await programs.account("registry", "hotspot", hotspotOf(network.network, deviceKey));
    expect(hotspot?.antenna.next).toEqual({ gainDdbi: 26, elevationM: 12 });
    await expect(send(as(owner), instructions)).rejects.toMatchObject({ code: "PRG_REFUSED" });
  });
});

test("pays the reward five oracles agreed on, after the veto window", async () => {
  const { warpDay } = live;
  const settlement = (oracle: Keypair) => new Settlement(as(oracle), network);
  const [first, second, third, fourth, fifth] = oracles.map(settlement) as [
    Settlement,
    Settlement,
    Settlement,
    Settlement,
    Settlement,
  ];
  await expect(send(as(owner), [await issueEpoch(programs, network, owner.publicKey, EPOCH)])).rejects.toMatchObject({
    message: expect.stringContaining("EpochNotOver"),
  });
  expect(await first.issue(EPOCH)).toEqual({ state: "waiting" });
  warpDay();
  const issues = await Promise.all([first, second, third].map((one) => one.issue(EPOCH)));
  expect(issues.map(({ state }) => state).sort()).toEqual(["already", "already", "done"]);

  const cumulative = 60_000n * ATOMS;
  const leaf = { distributor: network.distributor.toBytes(), beneficiary: owner.publicKey.toBytes(), cumulative };
  const proof = { leftSiblings: 0, steps: [] };
  const root = provenRoot(leaf, proof)!;
  const tuple = { rootHash: root.hash, total: root.sum, leafCount: 1, reportHash: HASH, parameterHash: HASH };
  for (const one of [first, second, third]) expect((await one.vote(EPOCH, tuple)).state).toBe("done");
  expect(await third.vote(EPOCH, tuple)).toEqual({ state: "already" });
  expect((await fifth.vote(EPOCH, { ...tuple, total: root.sum - 1n })).state).toBe("done");
  expect(await first.finalize(EPOCH)).toEqual({ state: "waiting" });
  expect((await fourth.vote(EPOCH, tuple)).state).toBe("done");
  expect(await first.finalize(EPOCH)).toEqual({ state: "waiting" });
  await expect(send(as(owner), [await finalizeRoot(programs, network, EPOCH)])).rejects.toMatchObject({
    code: "PRG_REFUSED",
  });
  warpDay();
  const finals = await Promise.all([first, second].map((one) => one.finalize(EPOCH)));
  expect(finals.map(({ state }) => state).sort()).toEqual(["already", "done"]);
  const outsider = settlement(owner).issue(EPOCH);
  expect(await outsider).toEqual({ state: "already" });

  const claim = (hasClaim: boolean) =>
    claimRewards(programs, network, {
      payer: admin.publicKey,
      beneficiary: owner.publicKey,
      cumulative,
      proof,
      hasClaim,
    });
  await send(as(admin), await claim(false));
  expect(await tokens(tokenAccountOf(network, owner.publicKey))).toBe(60_900n * ATOMS);
  const stored = await programs.account("rewards", "claim", claimOf(network.distributor, owner.publicKey));
  expect(stored?.claimed).toBe(cumulative);
});

test("takes an oracle whose vote comes after enough others for one that has nothing left to do", async () => {
  const epoch = EPOCH + 1n;
  const settlements = oracles.map((oracle) => new Settlement(as(oracle), network));
  const fifth = settlements.pop()!;
  live.warpDay();
  expect((await fifth.issue(epoch)).state).toBe("done");
  const { finalTotal } = (await programs.account("rewards", "distributor", network.distributor))!;
  const tuple = { rootHash: HASH, total: finalTotal, leafCount: 1, reportHash: HASH, parameterHash: HASH };
  for (const one of settlements) expect((await one.vote(epoch, tuple)).state).toBe("done");
  expect(await fifth.vote(epoch, tuple)).toEqual({ state: "already" });
  expect(await fifth.finalize(epoch)).toEqual({ state: "waiting" });
  live.warpDay();
  expect((await fifth.finalize(epoch)).state).toBe("done");
});

test("writes the head of an oracle's log once an interval, and never two histories", async () => {
  const { chain } = running;
  const settlement = new Settlement(as(oracles[0]!), network);
  const head = (number: number) => new Uint8Array(32).fill(number);
  await expect(settlement.recordLogHead(1n, head(1))).rejects.toMatchObject({ code: "PRG_NOT_FOUND" });
  const ingestKey = Uint8Array.from([0xed, ...oracles[0]!.publicKey.toBytes()]);
  expect((await settlement.openLog(ingestKey)).state).toBe("done");
  expect(await settlement.openLog(ingestKey)).toEqual({ state: "already" });
  expect((await settlement.recordLogHead(10n, head(1))).state).toBe("done");
  expect(await settlement.recordLogHead(10n, head(1))).toEqual({ state: "already" });
  expect(await settlement.recordLogHead(11n, head(2))).toEqual({ state: "waiting" });
  chain.warp({ ms: 3_600_000 }, START_MS);
  await expect(settlement.recordLogHead(10n, head(3))).rejects.toMatchObject({
    message: expect.stringContaining("LogForked"),
  });
  expect((await settlement.recordLogHead(11n, head(2))).state).toBe("done");
});

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The signature with the lower of its two values of s. */
function lowS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
  if (s <= ORDER / 2n) return signature;
  return Uint8Array.from([
    ...signature.subarray(0, 32),
    ...Buffer.from((ORDER - s).toString(16).padStart(64, "0"), "hex"),
  ]);
}
