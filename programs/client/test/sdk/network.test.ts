/** A network from nothing to a paid reward, on the committed programs: through the SDK, web3.js and the local chain's RPC. */
import { generateKeyPairSync, sign } from "node:crypto";
import { Keypair, LAMPORTS_PER_SOL, type PublicKey } from "@solana/web3.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deployArtifacts } from "../../src/localnet/index.ts";
import { claimOf, epochOf, hotspotOf, networkOf } from "../../src/sdk/addresses.ts";
import { provenRoot } from "../../src/sdk/claim-proof.ts";
import { createNetworkSteps, type NetworkAddresses, networkAddresses } from "../../src/sdk/create-network.ts";
import {
  dcAccountOf,
  mintDataCredits,
  openEpochRecord,
  submitPrice,
  tokenAccountOf,
} from "../../src/sdk/data-credits.ts";
import { ATOMS, standardPlan } from "../../src/sdk/network-plan.ts";
import { onboardHotspot, onboardMessage } from "../../src/sdk/onboard.ts";
import { ARTIFACTS, Programs } from "../../src/sdk/programs.ts";
import { claimRewards, finalizeRoot, issueEpoch, voteRoot } from "../../src/sdk/rewards.ts";
import { type Sender, send, simulate } from "../../src/sdk/send.ts";
import { type RunningChain, START_MS, startChain } from "../localnet/running-chain.ts";

const key = (number: number) => Keypair.fromSeed(new Uint8Array(32).fill(number));
const [admin, guardian, owner, tokenMint, dcMint] = [21, 22, 23, 24, 25].map(key) as [
  Keypair,
  Keypair,
  Keypair,
  Keypair,
  Keypair,
];
const oracles = [31, 32, 33, 34, 35].map(key);
const EPOCH = BigInt(START_MS) / 86_400_000n;
const HASH = new Uint8Array(32).fill(9);

let running: RunningChain;
let programs: Programs;
let network: NetworkAddresses;
const as = (payer: Keypair): Sender => ({ connection: running.connection, programs, payer });
const tokens = async (account: PublicKey) =>
  BigInt((await running.connection.getTokenAccountBalance(account)).value.amount);

beforeAll(async () => {
  running = startChain();
  deployArtifacts(running.chain, ARTIFACTS);
  programs = new Programs(running.connection);
  network = networkAddresses(tokenMint.publicKey, dcMint.publicKey);
  for (const { publicKey } of [admin, guardian, owner, ...oracles])
    running.chain.airdrop(publicKey.toBase58(), BigInt(100 * LAMPORTS_PER_SOL));
  running.chain.closeBlock(0);
  const plan = standardPlan({
    admin: admin.publicKey,
    guardian: guardian.publicKey,
    oracles: oracles.map(({ publicKey }) => publicKey),
    genesis: [{ wallet: owner.publicKey, amountAtoms: 1000n * ATOMS }],
    parameterHash: HASH,
    firstEpoch: EPOCH,
  });
  const mintRentLamports = await running.connection.getMinimumBalanceForRentExemption(82);
  for (const { instructions, signers } of await createNetworkSteps(
    programs,
    { admin, tokenMint, dcMint, mintRentLamports },
    plan,
  ))
    await send(as(admin), instructions, signers);
});

afterAll(async () => {
  running.node.stop();
  await running.server.stop();
});

test("is created, once", async () => {
  const stored = await programs.account<{ wireId: number; hotspots: bigint }>("registry", "network", network.network);
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
    const hotspot = await programs.account<{ antenna: { next: unknown } }>(
      "registry",
      "hotspot",
      hotspotOf(network.network, deviceKey),
    );
    expect(hotspot?.antenna.next).toEqual({ gainDdbi: 26, elevationM: 12 });
    await expect(send(as(owner), instructions)).rejects.toMatchObject({ code: "PRG_REFUSED" });
  });
});

test("pays the reward five oracles agreed on, after the veto window", async () => {
  const { chain } = running;
  const warpDay = () => chain.warp({ ms: 86_400_000 }, START_MS);
  await expect(send(as(owner), [await issueEpoch(programs, network, owner.publicKey, EPOCH)])).rejects.toMatchObject({
    message: expect.stringContaining("EpochNotOver"),
  });
  warpDay();
  await send(as(owner), [await issueEpoch(programs, network, owner.publicKey, EPOCH)]);
  const epoch = await programs.account<Record<string, bigint>>("rewards", "epoch", epochOf(network.distributor, EPOCH));
  expect(epoch).not.toBeNull();

  const cumulative = 60_000n * ATOMS;
  const leaf = { distributor: network.distributor.toBytes(), beneficiary: owner.publicKey.toBytes(), cumulative };
  const proof = { leftSiblings: 0, steps: [] };
  const root = provenRoot(leaf, proof)!;
  const tuple = { rootHash: root.hash, total: root.sum, leafCount: 1, reportHash: HASH, parameterHash: HASH };
  for (const oracle of oracles.slice(0, 4))
    await send(as(oracle), [await voteRoot(programs, network, { oracle: oracle.publicKey, epoch: EPOCH, tuple })]);
  await expect(send(as(owner), [await finalizeRoot(programs, network, EPOCH)])).rejects.toMatchObject({
    code: "PRG_REFUSED",
  });
  warpDay();
  await send(as(owner), [await finalizeRoot(programs, network, EPOCH)]);

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
  const stored = await programs.account<{ claimed: bigint }>(
    "rewards",
    "claim",
    claimOf(network.distributor, owner.publicKey),
  );
  expect(stored?.claimed).toBe(cumulative);
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
