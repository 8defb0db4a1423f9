/**
 * §4.2 Signer, Owner/data matching, Type cosplay, Re-init, Arbitrary CPI, Duplicates, Bumps/PDA, Close/revive. The mutation harness tries the
 * same on every slot of every instruction; these are the cases with a story.
 */
import { PublicKey, SystemProgram, type TransactionInstruction } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { PROGRAM_IDS } from "../../src/sdk/addresses.ts";
import { createAssociatedAccount, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID } from "../../src/sdk/token-instructions.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { ed25519Device } from "../harness/device.ts";
import { IDLS } from "../harness/idl.ts";
import { PYTH_FEED, priceUpdateAccount } from "../harness/price-update.ts";
import { newStage, type Stage } from "../harness/stage.ts";
import { DAY_S } from "../harness/test-network.ts";

let stage: Stage;
let other: Stage;
let owner: PublicKey;
let hotspot: PublicKey;
const device = ed25519Device(31_000);

beforeEach(async () => {
  other = await newStage();
  stage = await newStage();
  owner = stage.holder;
  stage.price();
  stage.mintDataCredits(owner, 2_000_000n);
  hotspot = stage.onboard(device, owner);
});

/** The instruction with the signature of one account left out. */
function unsigned(instruction: TransactionInstruction, signer: PublicKey): TransactionInstruction {
  const keys = instruction.keys.map((key) => (key.pubkey.equals(signer) ? { ...key, isSigner: false } : key));
  return Object.assign(instruction, { keys });
}

const replaced = (instruction: TransactionInstruction, from: PublicKey, to: PublicKey) =>
  Object.assign(instruction, {
    keys: instruction.keys.map((key) => (key.pubkey.equals(from) ? { ...key, pubkey: to } : key)),
  });

test("signer: rejects every act of an authority that did not sign it", () => {
  const { at, network } = stage;
  const tree = stage.tree([{ wallet: owner, cumulative: 1n }]);
  const route = stage.router(31_001, owner, 1_000n);
  stage.warpToEpoch(stage.epoch + 1n);
  stage.issue(network.epoch);
  const oracle = network.oracles[4]!;
  stage.agree(network.epoch, 0, stage.tuple(tree));
  const burn = { amount: 1n, epoch: network.epoch, nonce: 1n };
  const acted: readonly (readonly [TransactionInstruction, PublicKey])[] = [
    [acts.voteRoot(at, oracle, network.epoch, 0, stage.tuple(tree)), oracle],
    [acts.vetoRoot(at, network.guardian, network.epoch, 0), network.guardian],
    [acts.burnRouter(at, network.burnAuthority, route.key, burn), network.burnAuthority],
    [acts.setBeneficiary(at, hotspot, owner, [{ wallet: owner, bps: 10_000 }]), owner],
    [
      stage.call("registry", "setParameters", [new Uint8Array(32).fill(1), stage.epoch + 9n], { admin: network.admin }),
      network.admin,
    ],
    [stage.call("rewards", "rotateOracles", [network.plan.oracles], { admin: network.admin }), network.admin],
  ];
  for (const [instruction, signer] of acted) stage.refuses("AccountNotSigner", unsigned(instruction, signer));
  const [, transfer] = acts.transferHotspot(hotspot, owner, stage.payer);
  stage.must(createAssociatedAccount(stage.payer, stage.payer, calls.hotspotMintOf(hotspot), TOKEN_2022_PROGRAM_ID));
  stage.refuses("missing required signature for instruction", unsigned(transfer!, owner));
});

describe("owner and data", () => {
  test("rejects a price account with the right bytes that another program owns", () => {
    const { at, network } = stage;
    const parameters = { ...network.plan.dataCredits, priceSource: { pyth: { feedId: PYTH_FEED } } };
    stage.must(stage.call("dataCredits", "setParameters", [parameters], { admin: network.admin }));
    const price = stage.wallet(90);
    const update = priceUpdateAccount({
      price: 50_000_000n,
      confidence: 0n,
      exponent: -8,
      publishedAt: stage.chain.now,
    });
    const mint = () =>
      acts.mintDataCredits(
        at,
        owner,
        stage.epoch,
        { exactTokens: { tokens: 10n ** 8n, leastDataCredits: 0n } },
        { price },
      );
    stage.chain.set(price, { ...update, owner: PROGRAM_IDS.governance });
    stage.refuses("PriceOwner", mint());
    stage.chain.set(price, update);
    stage.must(mint());
  });

  test("rejects the price feed of another network", () => {
    const price = calls.priceFeedOf(other.at.dcConfig);
    const conversion = { exactTokens: { tokens: 10n ** 8n, leastDataCredits: 0n } };
    stage.refuses("WrongPriceAccount", acts.mintDataCredits(stage.at, owner, stage.epoch, conversion, { price }));
  });

  test("rejects another network's rules for a hotspot, so that nobody moves for another's lower fee (I-9-1)", () => {
    const place = {
      cellPublic: 0x08828308281fffffn,
      commitment: new Uint8Array(32).fill(1),
      opening: null,
      region: 1,
      nonce: 1,
    };
    const { network, dcConfig, dcMint } = other.at;
    const assert = calls.call(stage.at, "registry", "assertLocation", [place], {
      hotspot,
      owner,
      nftAccount: calls.hotspotAccount(hotspot, owner),
      payer: owner,
      feeAccount: calls.dcAccount(stage.at, owner),
      network,
      dcConfig,
      dcMint,
    });
    stage.refuses("ForeignNetwork", assert);
  });

  test("rejects the hotspot's token account when it is empty, another's, or of another hotspot", () => {
    const { at } = stage;
    const second = stage.onboard(ed25519Device(31_002), owner);
    const antenna = (holder: PublicKey, account: PublicKey) =>
      calls.call(at, "registry", "setAntenna", [{ gainDdbi: 20, elevationM: 1 }], {
        hotspot,
        owner: holder,
        nftAccount: account,
      });
    const buyer = stage.wallet(60);
    stage.refuses("WrongTokenAccount", antenna(owner, calls.hotspotAccount(second, owner)));
    stage.refuses("WrongTokenAccount", antenna(owner, calls.dcAccount(at, owner)));
    stage.must(...acts.transferHotspot(hotspot, owner, buyer));
    stage.refuses("NotTheHolder", antenna(owner, calls.hotspotAccount(hotspot, owner)));
    stage.refuses("NotTheHolder", antenna(owner, calls.hotspotAccount(hotspot, buyer)));
    stage.refuses("OwnerNotSynced", antenna(buyer, calls.hotspotAccount(hotspot, buyer)));
    stage.must(acts.syncOwner(at, hotspot, buyer), antenna(buyer, calls.hotspotAccount(hotspot, buyer)));
  });

  test("rejects a payout to anybody but the wallet that earned it (C-6-1)", () => {
    const thief = stage.wallet(61);
    stage.must(createAssociatedAccount(stage.payer, thief, stage.at.tokenMint));
    const tree = stage.tree([{ wallet: owner, cumulative: 1_000n }]);
    stage.settle(stage.network.epoch, tree);
    const claim = stage.claim(tree, owner);
    const paid = replaced(claim.at(-1)!, calls.tokenAccount(stage.at, owner), calls.tokenAccount(stage.at, thief));
    stage.refuses("WrongPayoutAccount", ...claim.slice(0, -1), paid);
    stage.must(...stage.claim(tree, owner));
  });
});

test("type cosplay: rejects a maker as network, a root as distributor, and a claim of another distributor", () => {
  const { at } = stage;
  const admin = stage.wallet(53);
  const maker = calls.makerOf(at.network, "Acme");
  const accounts = { maker, stakeVault: calls.makerStakeOf(maker), admin };
  stage.must(stage.call("registry", "registerMaker", [{ name: "Acme", issuer: admin }], { ...accounts, payer: admin }));
  const holding = { hotspot, owner, nftAccount: calls.hotspotAccount(hotspot, owner) };
  const antenna = [{ gainDdbi: 20, elevationM: 1 }];
  stage.refuses(
    "AccountDiscriminatorMismatch",
    stage.call("registry", "setAntenna", antenna, { ...holding, network: maker }),
  );

  const tree = stage.tree([{ wallet: owner, cumulative: 1n }]);
  stage.settle(stage.network.epoch, tree);
  const root = calls.rootOf(at.distributor, stage.network.epoch, 0);
  const claim = stage.claim(tree, owner);
  stage.refuses("AccountDiscriminatorMismatch", ...claim.slice(0, -1), replaced(claim.at(-1)!, at.distributor, root));
  other.must(acts.openClaim(other.at, other.payer, owner));
  const foreign = calls.claimOf(other.at.distributor, owner);
  const own = calls.claimOf(at.distributor, owner);
  stage.refuses("ConstraintSeeds", ...claim.slice(0, -1), replaced(stage.claim(tree, owner).at(-1)!, own, foreign));
});

describe("re-initialisation", () => {
  test("rejects whatever exists being made again", () => {
    const { at, payer } = stage;
    const { epoch } = stage.network;
    stage.refuses("account already in use", ...acts.onboard(at, { device, owner, payer: owner }));
    stage.refuses("account already in use", acts.openEpoch(at, payer, epoch));
    stage.must(acts.openClaim(at, payer, owner));
    stage.refuses("account already in use", acts.openClaim(at, payer, owner));
    const admin = stage.network.admin;
    const creations = [
      stage.call("rewards", "initSchedule", [stage.network.plan.periods], { admin, payer }),
      stage.call("dataCredits", "initFeed", [stage.network.plan.feed], { admin, payer }),
    ];
    for (const creation of creations) stage.refuses("account already in use", creation);
    stage.warpToEpoch(epoch + 1n);
    stage.issue(epoch);
    stage.refuses("account already in use", acts.issueEpoch(at, payer, epoch));
  });

  test("an account that somebody sent lamports to is made all the same (audit #781, I-2-1)", () => {
    const { at, payer } = stage;
    const next = ed25519Device(31_003);
    const address = calls.hotspotOf(at.network, next.key);
    const epoch = stage.network.epoch;
    const made = [
      address,
      calls.hotspotMintOf(address),
      calls.hotspotAccount(address, owner),
      calls.epochRecordOf(at.dcConfig, epoch + 1n),
      calls.claimOf(at.distributor, owner),
      calls.epochOf(at.distributor, epoch),
      calls.rootOf(at.distributor, epoch, 0),
      ...Object.values(acts.routerAccounts(at, next.key)),
    ];
    for (const toPubkey of made)
      stage.must(SystemProgram.transfer({ fromPubkey: payer, toPubkey, lamports: 1_000_000 }));
    stage.onboard(next, owner);
    stage.router(31_003, owner, 100n);
    stage.must(acts.openEpoch(at, payer, epoch + 1n), acts.openClaim(at, payer, owner));
    stage.warpToEpoch(epoch + 1n);
    stage.issue(epoch);
    for (const account of made) expect(stage.chain.account(account)?.data.length).toBeGreaterThan(0);
  });
});

test("arbitrary CPI: rejects other programs in the place of token, guard and data-credit programs", () => {
  const { at } = stage;
  const route = stage.router(31_004, owner, 0n);
  const fund = () => acts.fundRouter(at, owner, route.key, 5n);
  stage.refuses("InvalidProgramId", replaced(fund(), PROGRAM_IDS.guard, PROGRAM_IDS.governance));
  stage.refuses("InvalidProgramId", replaced(fund(), TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID));
  const [check, onboarding] = acts.onboard(at, { device: ed25519Device(31_005), owner, payer: owner });
  const fake = replaced(onboarding!, PROGRAM_IDS.dataCredits, PROGRAM_IDS.governance);
  stage.refuses("InvalidProgramId", check!, fake);
  stage.warpToEpoch(stage.epoch + 1n);
  const issue = acts.issueEpoch(at, stage.payer, stage.network.epoch);
  stage.refuses("WrongTokenAccount", replaced(issue, TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID));
});

describe("duplicates", () => {
  test("rejects a transfer to itself (H-5-2, audit #869)", () => {
    const route = stage.router(31_006, owner, 500n);
    const { escrow } = acts.routerAccounts(stage.at, route.key);
    const fund = replaced(acts.fundRouter(stage.at, owner, route.key, 5n), calls.dcAccount(stage.at, owner), escrow);
    stage.refuses("SameAccount", fund);
    const vault = calls.vaultOf(stage.at.distributor, stage.at.tokenMint);
    const payout = stage.call("guard", "guardedTransfer", [1n], {
      guard: calls.guardOf(vault),
      vault,
      mint: stage.at.tokenMint,
      to: vault,
      caller: stage.at.distributor,
    });
    stage.refuses("SameAccount", payout);
  });

  test("rejects the same oracle twice in a set, the same wallet twice in a split, and a second vote", () => {
    const { at, network } = stage;
    const [one, two, three] = network.oracles as [PublicKey, PublicKey, PublicKey];
    const admin = network.admin;
    const twice = { oracles: [one, two, one], threshold: 3 };
    stage.refuses("BadOracleSet", stage.call("rewards", "rotateOracles", [twice], { admin }));
    const feed = { ...network.plan.feed, oracles: [one, one, two], quorum: 2 };
    stage.refuses("BadOracleSet", stage.call("dataCredits", "setFeed", [feed], { admin }));
    const shares = [5_000, 5_000].map((bps) => ({ wallet: three, bps }));
    stage.refuses("BadSplit", acts.setBeneficiary(at, hotspot, owner, shares));
    stage.warpToEpoch(stage.epoch + 1n);
    stage.issue(network.epoch);
    const tuple = stage.tuple(stage.tree([{ wallet: owner, cumulative: 1n }]));
    stage.must(acts.voteRoot(at, one, network.epoch, 0, tuple));
    stage.refuses("AlreadyVoted", acts.voteRoot(at, one, network.epoch, 0, tuple));
    stage.refuses("AlreadyVoted", acts.voteRoot(at, one, network.epoch, 0, { ...tuple, total: 0n }));
  });
});

describe("bumps and addresses", () => {
  test("rejects an address that another bump gives", () => {
    const { at, payer } = stage;
    const seeds = [Buffer.from("claim"), at.distributor.toBuffer(), owner.toBuffer()];
    const [canonical, bump] = PublicKey.findProgramAddressSync(seeds, PROGRAM_IDS.rewards);
    let lower = bump - 1;
    let second: PublicKey | undefined;
    for (; second === undefined; lower--)
      try {
        second = PublicKey.createProgramAddressSync([...seeds, Buffer.from([lower])], PROGRAM_IDS.rewards);
      } catch {
        // On the curve: no address of a program.
      }
    stage.refuses("ConstraintSeeds", replaced(acts.openClaim(at, payer, owner), canonical, second));
  });

  test("names of different lengths do not meet in one address: they are hashed", () => {
    const { network } = stage.at;
    const names = ["ab", "a", "b", "abc", "abc ", ""];
    expect(new Set(names.map((name) => calls.makerOf(network, name).toBase58())).size).toBe(names.length);
  });

  test("vaults of two callers share nothing: rejects one paying from the other's", () => {
    const { at } = stage;
    const [vault, treasury] = [calls.vaultOf(at.distributor, at.tokenMint), calls.vaultOf(at.gov, at.tokenMint)];
    const to = calls.tokenAccount(at, owner);
    const pay = (from: PublicKey, caller: PublicKey) =>
      stage.call("guard", "guardedTransfer", [1n], {
        guard: calls.guardOf(from),
        vault: from,
        mint: at.tokenMint,
        to,
        caller,
      });
    stage.refuses("NotTheCaller", pay(vault, at.gov));
    stage.refuses("NotTheCaller", pay(treasury, at.distributor));
  });

  test("a vault is the guard's alone: nobody else may close it (L-1-1), and a hotspot's mint is nobody's (M-5-2)", () => {
    const { at } = stage;
    const vault = calls.vaultOf(at.distributor, at.tokenMint);
    const data = Buffer.from(stage.chain.account(vault)!.data);
    expect(new PublicKey(data.subarray(32, 64)).equals(calls.guardOf(vault))).toBe(true);
    // No delegate, no close authority of its own.
    expect([data.readUInt32LE(72), data.readUInt32LE(129)]).toEqual([0, 0]);
    const mint = Buffer.from(stage.chain.account(calls.hotspotMintOf(hotspot))!.data);
    expect([mint.readUInt32LE(0), mint.readBigUInt64LE(36), mint[44], mint.readUInt32LE(46)]).toEqual([0, 1n, 0, 0]);
  });
});

describe("closing", () => {
  test("a closed root that is paid for again in the same transaction stays closed, and the rent goes to who paid it", async () => {
    const keeping = await newStage((plan) => ({ ...plan, distributor: { ...plan.distributor, rootRetention: 1 } }));
    const { at, network, payer } = keeping;
    const tree = keeping.tree([{ wallet: owner, cumulative: 1n }]);
    keeping.settle(network.epoch, tree);
    const root = calls.rootOf(at.distributor, network.epoch, 0);
    const close = (rentPayer: PublicKey) => keeping.call("rewards", "closeOldRoot", [], { root, rentPayer });
    keeping.refuses("RootRetained", close(payer));
    keeping.settle(network.epoch + 1n, tree);
    keeping.refuses("NotTheRentPayer", close(owner));
    const refund = SystemProgram.transfer({ fromPubkey: payer, toPubkey: root, lamports: 10_000_000 });
    const vote = acts.voteRoot(at, network.oracles[0]!, network.epoch, 0, keeping.tuple(tree));
    keeping.refuses("AccountOwnedByWrongProgram", close(payer), refund, vote);
    keeping.must(close(payer), refund);
    keeping.refuses("AccountOwnedByWrongProgram", vote);
  });

  test("no instruction closes what remembers payments, burns or devices", () => {
    const closing = Object.values(IDLS)
      .flatMap(({ instructions }) => instructions.map(({ name }) => name))
      .filter((name) => /close|withdraw|release/.test(name));
    expect(closing.toSorted()).toEqual(["close_old_root", "release_vote", "withdraw", "withdraw_stake"]);
    const tree = stage.tree([{ wallet: owner, cumulative: 1_000n }]);
    stage.settle(stage.network.epoch, tree);
    stage.must(...stage.claim(tree, owner));
    stage.refuses("account already in use", acts.openClaim(stage.at, stage.payer, owner));
    stage.refuses("NothingToClaim", ...stage.claim(tree, owner));
  });

  test("a position that is made again under its number counts for nothing in an older vote", () => {
    const { at, payer } = stage;
    const holder = stage.network.holders[1]!;
    const position = calls.positionOf(at.gov, holder, 1n);
    const accounts = { position, owner: holder };
    const end = stage.chain.now + 8n * DAY_S;
    const lock = (until: bigint) =>
      stage.call("governance", "lock", [1n, 500_000n * 10n ** 8n, { cliff: { end: until } }], {
        ...accounts,
        from: calls.tokenAccount(at, holder),
        payer,
      });
    stage.must(lock(end));
    const helper = { position: calls.positionOf(at.gov, owner, 1n), owner, payer };
    stage.must(
      stage.call("governance", "lock", [1n, 500_000n * 10n ** 8n, { constant: { seconds: 86_400 * 365 } }], {
        ...helper,
        from: calls.tokenAccount(at, owner),
      }),
    );
    stage.chain.now += 3n * DAY_S;
    const proposal = calls.proposalOf(at.gov, 0n);
    const hash = new Uint8Array(32).fill(1);
    stage.must(stage.call("governance", "propose", [0n, hash, hash], { ...helper, proposal }));
    stage.chain.now = end;
    stage.must(stage.call("governance", "withdraw", [], { ...accounts, to: calls.tokenAccount(at, holder) }));
    stage.must(lock(end + 30n * DAY_S));
    const vote = stage.call("governance", "vote", [{ yes: {} }], {
      ...accounts,
      proposal,
      vote: calls.voteOf(proposal, position),
      payer,
    });
    stage.refuses("NoWeight", vote);
  });
});
