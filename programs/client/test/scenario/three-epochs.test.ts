/**
 * Three epochs of a network, from onboarding to claims: both key types, data credits made, moved and burnt, five oracles of which one is
 * wrong and one late, a veto, a hotspot sold between epochs, and a parameter changed by governance. Every number is checked against what
 * the rules say, computed here by hand.
 */

import type { PublicKey } from "@solana/web3.js";
import { beforeAll, describe, expect, test } from "vitest";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { ed25519Device, p256Device } from "../harness/device.ts";
import { execute, instructionHash } from "../harness/proposal.ts";
import type { RewardTree } from "../harness/reward-tree.ts";
import { newStage, REPORT, type Stage } from "../harness/stage.ts";
import { DAY_S, GENESIS_ATOMS, PARAMETERS } from "../harness/test-network.ts";

/** 75,000 tokens a day of the standard plan, of which 7 % are the treasury's. */
const DAILY = 75_000n * ATOMS;
const POOL = (DAILY * 93n) / 100n;
const NEXT_PARAMETERS = new Uint8Array(32).fill(0xaa);
const CELL = 0x08828308281fffffn;

let stage: Stage;
let seller: PublicKey;
let buyer: PublicKey;
let neighbour: PublicKey;
let sold: PublicKey;
let kept: PublicKey;
let first: bigint;
const device = ed25519Device(9_001);
const p256 = p256Device(9_001);
const route = ed25519Device(9_002);

beforeAll(async () => {
  stage = await newStage();
  [seller, neighbour, buyer] = stage.network.holders as [PublicKey, PublicKey, PublicKey];
  first = stage.epoch;
});

interface HotspotAccount {
  readonly owner: { readonly current: PublicKey; readonly next: PublicKey; readonly fromEpoch: bigint };
  readonly beneficiary: {
    readonly current: { readonly shares: readonly { readonly wallet: PublicKey; readonly bps: number }[] };
    readonly next: { readonly shares: readonly { readonly wallet: PublicKey; readonly bps: number }[] };
    readonly fromEpoch: bigint;
  };
}

/** Who a hotspot's rewards of an epoch go to, as any oracle reads it from the registry. */
function beneficiariesOf(
  hotspot: PublicKey,
  epoch: bigint,
): readonly { readonly wallet: PublicKey; readonly bps: number }[] {
  const { beneficiary } = stage.read<HotspotAccount>("registry", "Hotspot", hotspot);
  return (epoch >= beneficiary.fromEpoch ? beneficiary.next : beneficiary.current).shares;
}

const earned = new Map<string, { readonly wallet: PublicKey; cumulative: bigint }>();

/** Adds half of an epoch's pool for each of the two hotspots to who earned it. */
function earn(epoch: bigint, pool: bigint): RewardTree {
  for (const hotspot of [sold, kept])
    for (const { wallet, bps } of beneficiariesOf(hotspot, epoch)) {
      const entry = earned.get(wallet.toBase58()) ?? { wallet, cumulative: 0n };
      earned.set(wallet.toBase58(), entry);
      entry.cumulative += ((pool / 2n) * BigInt(bps)) / 10_000n;
    }
  return stage.tree([...earned.values()].map(({ wallet, cumulative }) => ({ wallet, cumulative })));
}

const trees: RewardTree[] = [];
const balances = () => [seller, neighbour, buyer].map((wallet) => stage.tokens(wallet));

describe("epoch one", () => {
  test("data credits are made at the price of the oracles, and burn the tokens they cost", () => {
    stage.price();
    for (const owner of [seller, neighbour, buyer]) stage.mintDataCredits(owner, 2_000_000n);
    // 2,000,000 data credits are 20 USD, at 0.5 USD a token 40 tokens.
    expect(balances()).toEqual([0, 1, 2].map(() => GENESIS_ATOMS - 40n * ATOMS));
  });

  test("two devices, Ed25519 and P-256, are onboarded and say where they are", () => {
    sold = stage.onboard(device, seller);
    kept = stage.onboard(p256, neighbour);
    for (const [hotspot, owner] of [
      [sold, seller],
      [kept, neighbour],
    ] as const) {
      const place = { cellPublic: CELL, commitment: REPORT, opening: null, region: 1, nonce: 1 };
      stage.must(acts.assertLocation(stage.at, hotspot, owner, place));
    }
    expect([seller, neighbour].map((owner) => stage.dataCredits(owner))).toEqual([1_900_000n, 1_900_000n]);
  });

  test("a customer's data credits go into escrow and are burnt for packets, each bill once", () => {
    stage.must(...acts.registerRouter(stage.at, buyer, route), acts.fundRouter(stage.at, buyer, route.key, 500_000n));
    const bill = { amount: 12_345n, epoch: stage.epoch, nonce: 1n };
    const burn = () => acts.burnRouter(stage.at, stage.network.burnAuthority, route.key, bill);
    stage.must(burn());
    stage.refuses("NonceOutOfOrder", burn());
    expect(stage.chain.tokens(acts.routerAccounts(stage.at, route.key).escrow)).toBe(487_655n);
    expect(stage.chain.supply(stage.at.dcMint)).toBe(6_000_000n - 4n * 50_000n - 12_345n);
  });

  test("the neighbour shares its rewards with a friend from the next epoch on", () => {
    const shares = [
      { wallet: neighbour, bps: 7_500 },
      { wallet: stage.wallet(60), bps: 2_500 },
    ];
    stage.must(acts.setBeneficiary(stage.at, kept, neighbour, shares));
    expect(beneficiariesOf(kept, first).map(({ wallet }) => wallet)).toEqual([neighbour]);
    expect(beneficiariesOf(kept, first + 1n)).toEqual(shares);
  });

  test("is issued once it is over: the schedule, and a seventh of what was burnt", () => {
    stage.refuses("EpochNotOver", acts.issueEpoch(stage.at, stage.payer, first));
    stage.warpToEpoch(first + 1n);
    stage.issue(first);
    stage.refuses("account already in use", acts.issueEpoch(stage.at, stage.payer, first));
    const epoch = stage.read<{ scheduled: bigint; reissued: bigint; pool: bigint; treasury: bigint }>(
      "rewards",
      "Epoch",
      calls.epochOf(stage.at.distributor, first),
    );
    const reissued = (120n * ATOMS) / 7n;
    const treasury = ((DAILY + reissued) * 7n) / 100n;
    expect(epoch).toMatchObject({ scheduled: DAILY, reissued, treasury, pool: DAILY + reissued - treasury });
    expect(stage.chain.tokens(calls.vaultOf(stage.at.gov, stage.at.tokenMint))).toBe(treasury);
    trees.push(earn(first, epoch.pool));
  });

  test("five oracles vote: one is wrong, four agree, and the window begins", () => {
    const tuple = stage.tuple(trees[0]!);
    const vote = (index: number, total = tuple.total) =>
      acts.voteRoot(stage.at, stage.network.oracles[index]!, first, 0, { ...tuple, total });
    stage.must(vote(4, tuple.total - 1n));
    for (const index of [0, 1, 2]) stage.must(vote(index));
    stage.refuses("NotApproved", acts.finalizeRoot(stage.at, first, 0));
    stage.must(vote(3));
    stage.refuses("VetoWindowOpen", acts.finalizeRoot(stage.at, first, 0));
  });
});

describe("epoch two", () => {
  test("the hotspot is sold within it: the seller earns to its end, the buyer from then on", () => {
    expect(stage.epoch).toBe(first + 1n);
    stage.must(...acts.transferHotspot(sold, seller, buyer), acts.syncOwner(stage.at, sold, buyer));
    expect(beneficiariesOf(sold, first + 1n).map(({ wallet }) => wallet)).toEqual([seller]);
    expect(beneficiariesOf(sold, first + 2n).map(({ wallet }) => wallet)).toEqual([buyer]);
    const shares = [{ wallet: seller, bps: 10_000 }];
    stage.refuses("OwnerNotSynced", acts.setBeneficiary(stage.at, sold, seller, shares));
  });

  test("meanwhile the first becomes final after its window, and pays who asks, once", () => {
    stage.chain.now += DAY_S;
    stage.must(acts.finalizeRoot(stage.at, first, 0));
    const before = stage.tokens(neighbour);
    stage.must(...stage.claim(trees[0]!, neighbour));
    const owed = trees[0]!.earnings.find(({ wallet }) => wallet.equals(neighbour))!.cumulative;
    expect(stage.tokens(neighbour) - before).toBe(owed);
    stage.refuses("NothingToClaim", ...stage.claim(trees[0]!, neighbour));
  });

  test("a root is vetoed in its window and another attempt agreed on, without the late oracle", () => {
    const epoch = first + 1n;
    expect(stage.epoch).toBe(epoch + 1n);
    stage.issue(epoch);
    const pool = stage.read<{ pool: bigint }>("rewards", "Epoch", calls.epochOf(stage.at.distributor, epoch)).pool;
    trees.push(earn(epoch, pool));
    const tuple = stage.tuple(trees[1]!);
    const stolen = stage.tree([{ wallet: stage.wallet(66), cumulative: tuple.total }]);
    stage.agree(epoch, 0, stage.tuple(stolen));
    stage.refuses("NotTheGuardian", acts.vetoRoot(stage.at, stage.wallet(67), epoch, 0));
    stage.must(acts.vetoRoot(stage.at, stage.network.guardian, epoch, 0));
    stage.chain.now += DAY_S;
    stage.refuses("NotApproved", acts.finalizeRoot(stage.at, epoch, 0));
    stage.must(acts.openAttempt(stage.at, stage.payer, epoch, 1));
    stage.agree(epoch, 1, tuple);
    const late = acts.voteRoot(stage.at, stage.network.oracles[4]!, epoch, 1, tuple);
    stage.refuses("VotingClosed", late);
    stage.chain.now += DAY_S;
    stage.must(acts.finalizeRoot(stage.at, epoch, 1));
  });
});

describe("governance", () => {
  const position = () => calls.positionOf(stage.at.gov, seller, 1n);
  const proposal = () => calls.proposalOf(stage.at.gov, 0n);
  const change = () => stage.call("registry", "setParameters", [NEXT_PARAMETERS, first + 20n], { admin: stage.at.gov });

  test("takes the network over in two steps", () => {
    stage.must(stage.call("registry", "proposeAdmin", [stage.at.gov], { admin: stage.network.admin }));
    stage.must(stage.call("registry", "acceptAdmin", [], { newAdmin: stage.at.gov }));
    stage.refuses(
      "NotTheAdmin",
      stage.call("registry", "setParameters", [NEXT_PARAMETERS, first + 20n], { admin: stage.network.admin }),
    );
  });

  test("changes the parameters by a vote, after the delay and not before", () => {
    const lock = { cliff: { end: stage.chain.now + 4n * 365n * DAY_S } };
    const accounts = { position: position(), owner: seller, payer: stage.payer };
    stage.must(
      stage.call("governance", "lock", [1n, 500_000n * ATOMS, lock], {
        ...accounts,
        from: calls.tokenAccount(stage.at, seller),
      }),
    );
    const propose = stage.call("governance", "propose", [0n, instructionHash([change()]), REPORT], {
      ...accounts,
      proposal: proposal(),
    });
    stage.refuses("TooLittleToPropose", propose);
    stage.chain.now += DAY_S;
    stage.must(propose);
    stage.must(
      stage.call("governance", "vote", [{ yes: {} }], {
        ...accounts,
        proposal: proposal(),
        vote: calls.voteOf(proposal(), position()),
      }),
    );
    stage.chain.now += 7n * DAY_S;
    stage.must(stage.call("governance", "finalizeProposal", [], { proposal: proposal() }));
    stage.refuses("WrongState", execute(stage.at, 0n, [change()]));
    stage.must(stage.call("governance", "queueProposal", [], { proposal: proposal() }));
    stage.refuses("TooEarly", execute(stage.at, 0n, [change()]));
    stage.chain.now += 2n * DAY_S;
    stage.must(execute(stage.at, 0n, [change()]));
    stage.refuses("WrongState", execute(stage.at, 0n, [change()]));
  });
});

describe("epoch three and after", () => {
  test("missed epochs are issued in order, and the new parameters hold from their epoch on", () => {
    stage.warpToEpoch(first + 21n);
    let refusals = 0;
    for (let epoch = first + 2n; epoch <= first + 20n; ) {
      const { error } = stage.chain.send(acts.issueEpoch(stage.at, stage.payer, epoch));
      if (error === null) epoch++;
      else {
        // So many at once are more than the guard makes in a day. Nothing is lost, it takes longer.
        expect(error).toBe("LimitExceeded");
        stage.chain.now += DAY_S / 4n;
        refusals++;
      }
    }
    expect(refusals).toBeGreaterThan(0);
    const hashOf = (epoch: bigint) =>
      stage.read<{ parameterHash: Uint8Array }>("rewards", "Epoch", calls.epochOf(stage.at.distributor, epoch))
        .parameterHash;
    expect(hashOf(first + 19n)).toEqual(PARAMETERS);
    expect(hashOf(first + 20n)).toEqual(NEXT_PARAMETERS);
  });

  test("one claim pays all that is left, whoever asks first", () => {
    const epoch = first + 2n;
    const pool = stage.read<{ pool: bigint }>("rewards", "Epoch", calls.epochOf(stage.at.distributor, epoch)).pool;
    trees.push(earn(epoch, pool));
    stage.agree(epoch, 0, stage.tuple(trees[2]!));
    stage.chain.now += DAY_S;
    stage.must(acts.finalizeRoot(stage.at, epoch, 0));
    const owed = new Map(trees[2]!.earnings.map(({ wallet, cumulative }) => [wallet.toBase58(), cumulative]));
    const before = new Map([...earned.values()].map(({ wallet }) => [wallet.toBase58(), stage.tokens(wallet)]));
    const paidAlready = trees[0]!.earnings.find(({ wallet }) => wallet.equals(neighbour))!.cumulative;
    for (const { wallet } of [...trees[2]!.earnings].toReversed()) stage.must(...stage.claim(trees[2]!, wallet));
    for (const { wallet } of trees[2]!.earnings) {
      const key = wallet.toBase58();
      const due = owed.get(key)! - (wallet.equals(neighbour) ? paidAlready : 0n);
      expect(stage.tokens(wallet) - before.get(key)!).toBe(due);
    }
    // The seller earned two epochs of the sold hotspot, the buyer one.
    expect(owed.get(seller.toBase58())!).toBeGreaterThan(2n * (POOL / 2n));
    expect(owed.get(buyer.toBase58())!).toBeGreaterThanOrEqual(POOL / 2n);
  });

  test("the books are closed to the unit", () => {
    const { distributor, tokenMint } = stage.at;
    const books = stage.read<{ issued: bigint; claimed: bigint; issuedTreasury: bigint; finalTotal: bigint }>(
      "rewards",
      "Distributor",
      distributor,
    );
    expect(books.claimed).toBe(books.finalTotal);
    expect(stage.chain.tokens(calls.vaultOf(distributor, tokenMint))).toBe(books.issued - books.claimed);
    const burned = 120n * ATOMS;
    expect(stage.chain.supply(tokenMint)).toBe(3n * GENESIS_ATOMS + books.issued + books.issuedTreasury - burned);
  });
});
