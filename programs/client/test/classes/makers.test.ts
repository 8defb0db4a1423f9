/** Bad input to what vouches for hotspots and takes them out of service: makers, their stake and their issuer; suspensions. */
import type { PublicKey } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { ed25519Device } from "../harness/device.ts";
import { newStage, type Stage } from "../harness/stage.ts";

const STAKE = 1_000n;
let stage: Stage;
let owner: PublicKey;
let admin: PublicKey;
let issuer: PublicKey;

beforeEach(async () => {
  stage = await newStage(({ settings, ...plan }) => ({
    ...plan,
    settings: { ...settings, rules: { ...settings.rules, makerStake: STAKE } },
  }));
  owner = stage.holder;
  [admin, issuer] = [stage.wallet(60), stage.wallet(61)];
  stage.price();
  stage.mintDataCredits(owner, 20_000_000n);
});

const accountsOf = (name: string) => {
  const maker = calls.makerOf(stage.at.network, name);
  return { maker, stakeVault: calls.makerStakeOf(maker) };
};
const register = (name: string) =>
  stage.call("registry", "registerMaker", [{ name, issuer }], { ...accountsOf(name), admin, payer: admin });
const approve = () => stage.call("registry", "approveMaker", [], { ...accountsOf("Acme"), admin: stage.network.admin });
const revoke = (by: PublicKey) => stage.call("registry", "revokeMaker", [], { ...accountsOf("Acme"), admin: by });
const payStake = (amount: bigint) =>
  calls.transferTokens(calls.tokenAccount(stage.at, owner), accountsOf("Acme").stakeVault, owner, amount);
const withdraw = (by = admin) =>
  stage.call("registry", "withdrawStake", [], {
    ...accountsOf("Acme"),
    to: calls.tokenAccount(stage.at, owner),
    admin: by,
  });
const full = (number: number, by: PublicKey | null = issuer) => {
  const onboarding = { device: ed25519Device(number), owner, payer: owner, maker: accountsOf("Acme").maker };
  return acts.onboard(stage.at, { ...onboarding, kind: "full", ...(by === null ? {} : { issuer: by }) });
};

describe("a maker", () => {
  test("rejects names of no byte and of more than 32, and takes those between", () => {
    stage.refuses("BadName", register(""));
    stage.refuses("BadName", register("a".repeat(33)));
    // 32 bytes, not letters.
    stage.refuses("BadName", register("ä".repeat(17)));
    stage.must(register("ä".repeat(16)), register("a"));
    stage.refuses("account already in use", register("a"));
  });

  test("rejects approval below the stake to the unit, and twice", () => {
    stage.must(register("Acme"), payStake(STAKE - 1n));
    stage.refuses("StakeTooSmall", approve());
    stage.must(payStake(1n), approve());
    stage.refuses("MakerApproved", approve());
  });

  test("rejects withdrawing the stake while approved, by others, and where there is none", () => {
    stage.must(register("Acme"), payStake(STAKE), approve());
    stage.refuses("MakerApproved", withdraw());
    stage.refuses("NotTheMakerAdmin", revoke(owner));
    stage.must(revoke(admin));
    stage.refuses("MakerNotApproved", revoke(stage.network.admin));
    stage.refuses("NotTheMakerAdmin", withdraw(owner));
    const before = stage.tokens(owner);
    stage.must(withdraw());
    expect(stage.tokens(owner) - before).toBe(STAKE);
    stage.refuses("StakeTooSmall", withdraw());
    stage.refuses("StakeTooSmall", approve());
  });

  test("rejects full hotspots without a maker, of one that is not approved, and without its issuer's signature", () => {
    const none = acts.onboard(stage.at, { device: ed25519Device(41_000), owner, payer: owner, kind: "full" });
    stage.refuses("MakerRequired", ...none);
    stage.must(register("Acme"));
    stage.refuses("MakerNotApproved", ...full(41_001));
    stage.must(payStake(STAKE), approve());
    stage.refuses("NotTheIssuer", ...full(41_001, null));
    stage.refuses("NotTheIssuer", ...full(41_001, admin));
    stage.must(...full(41_001));
    // What it made stays when it is revoked; it makes nothing more.
    stage.must(revoke(stage.network.admin));
    stage.refuses("MakerNotApproved", ...full(41_002));
  });
});

test("a suspension is set once and ended once, by those who may, from the next epoch on", () => {
  const hotspot = stage.onboard(ed25519Device(41_010), owner);
  const set = (suspended: boolean, authority = stage.network.denylistAuthority) =>
    stage.call("registry", "setSuspended", [suspended], { hotspot, authority });
  stage.refuses("NotTheDenylistAuthority", set(true, owner));
  stage.refuses("NotSuspended", set(false));
  stage.must(set(true));
  stage.refuses("Suspended", set(true, stage.network.admin));
  const read = () =>
    stage.read<{ suspended: { current: boolean; next: boolean; fromEpoch: bigint } }>("registry", "Hotspot", hotspot);
  expect(read().suspended).toEqual({ current: false, next: true, fromEpoch: stage.epoch + 1n });
  stage.must(set(false, stage.network.admin));
  stage.refuses("NotSuspended", set(false));
  expect(read().suspended).toMatchObject({ current: false, next: false });
});
