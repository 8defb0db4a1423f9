/** §4.2 Arithmetic, Oracle price, Breaker; findings M-7-2, M-8-1, I-9-2. */
import type { PublicKey } from "@solana/web3.js";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { ATOMS } from "../../src/sdk/network-plan.ts";
import { createAssociatedAccount } from "../../src/sdk/token-instructions.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { ed25519Device } from "../harness/device.ts";
import { type PriceUpdate, PYTH_FEED, priceUpdateAccount } from "../harness/price-update.ts";
import { newStage, type Stage } from "../harness/stage.ts";
import { DAY_S } from "../harness/test-network.ts";

const U64_MAX = 2n ** 64n - 1n;
let stage: Stage;
let owner: PublicKey;
let number = 32_000;

beforeEach(async () => {
  stage = await newStage();
  owner = stage.holder;
  number++;
});

const exactTokens = (tokens: bigint, leastDataCredits = 0n) => ({ exactTokens: { tokens, leastDataCredits } });
const exactCredits = (dataCredits: bigint, mostTokens = U64_MAX) => ({ exactDataCredits: { dataCredits, mostTokens } });
const mint = (conversion: object) => acts.mintDataCredits(stage.at, owner, stage.epoch, conversion);

describe("arithmetic", () => {
  beforeEach(() => {
    stage.price();
    stage.mintDataCredits(owner, 1_000_000n);
  });

  test("rejects zero amounts everywhere", () => {
    const route = stage.router(number, owner, 1_000n);
    const burn = { amount: 0n, epoch: stage.epoch, nonce: 1n };
    stage.refuses("ZeroAmount", mint(exactTokens(0n)));
    stage.refuses("ZeroAmount", mint(exactCredits(0n)));
    // So little that it would make nothing.
    stage.refuses("ZeroAmount", mint(exactTokens(1n)));
    stage.refuses("ZeroAmount", acts.fundRouter(stage.at, owner, route.key, 0n));
    stage.refuses("ZeroAmount", acts.burnRouter(stage.at, stage.network.burnAuthority, route.key, burn));
    const lock = stage.call("governance", "lock", [1n, 0n, { constant: { seconds: 86_400 * 30 } }], {
      position: calls.positionOf(stage.at.gov, owner, 1n),
      owner,
      from: calls.tokenAccount(stage.at, owner),
      payer: stage.payer,
    });
    stage.refuses("ZeroAmount", lock);
  });

  test("rejects u64::MAX everywhere, with a name for each", () => {
    const route = stage.router(number, owner, 1_000n);
    const burn = { amount: U64_MAX, epoch: stage.epoch, nonce: 1n };
    stage.refuses("AmountOverflow", mint(exactTokens(U64_MAX)));
    stage.refuses("AmountOverflow", mint(exactCredits(U64_MAX)));
    stage.refuses("AmountOverflow", acts.fundRouter(stage.at, owner, route.key, U64_MAX));
    stage.refuses("EscrowTooSmall", acts.burnRouter(stage.at, stage.network.burnAuthority, route.key, burn));
    stage.refuses(
      "NonceOutOfOrder",
      acts.burnRouter(stage.at, stage.network.burnAuthority, route.key, { ...burn, nonce: U64_MAX }),
    );
    stage.refuses("EpochNotNear", acts.openEpoch(stage.at, stage.payer, U64_MAX));
    stage.refuses("NotTheNextEpoch", acts.issueEpoch(stage.at, stage.payer, U64_MAX));
    const period = { startEpoch: U64_MAX, epochs: 1, total: 1n };
    stage.refuses(
      "PeriodBeyondLastEpoch",
      stage.call("rewards", "appendPeriods", [[period]], { admin: stage.network.admin }),
    );
    const huge = { startEpoch: 4_000_000n, epochs: 1, total: U64_MAX };
    stage.refuses("ScheduleOverflow", stage.call("rewards", "appendPeriods", [[huge]], { admin: stage.network.admin }));
    const empty = { startEpoch: 4_000_000n, epochs: 0, total: 1n };
    stage.refuses("EmptyPeriod", stage.call("rewards", "appendPeriods", [[empty]], { admin: stage.network.admin }));
  });

  test("rejects a bound that the price does not meet, to the unit", () => {
    // 0.5 USD a token: 50,000 data credits.
    stage.refuses("SlippageExceeded", mint(exactTokens(ATOMS, 50_001n)));
    stage.must(mint(exactTokens(ATOMS, 50_000n)));
    stage.refuses("SlippageExceeded", mint(exactCredits(50_000n, ATOMS - 1n)));
    stage.must(mint(exactCredits(50_000n, ATOMS)));
  });

  test("nobody gains by splitting or by rounding", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(2_000n, 5_000_000n), { minLength: 2, maxLength: 6 }), (parts) => {
        const spent = (conversion: object) => {
          const before = [stage.tokens(owner), stage.dataCredits(owner)] as const;
          stage.must(mint(conversion));
          return { tokens: before[0] - stage.tokens(owner), credits: stage.dataCredits(owner) - before[1] };
        };
        const total = parts.reduce((sum, part) => sum + part, 0n);
        const whole = spent(exactTokens(total)).credits;
        const split = parts.reduce((sum, part) => sum + spent(exactTokens(part)).credits, 0n);
        expect(split <= whole).toBe(true);
        // Back at the price paid for exactly as many: never cheaper.
        const { tokens } = spent(exactCredits(whole));
        expect(tokens <= total && tokens * 50_000n >= whole * ATOMS).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test("a hotspot that stays where it is pays nothing, and one that moves pays once (I-9-2)", () => {
    const device = ed25519Device(number);
    const hotspot = stage.onboard(device, owner);
    const place = (commitment: number, nonce: number) =>
      acts.assertLocation(stage.at, hotspot, owner, {
        cellPublic: 0x08828308281fffffn,
        commitment: new Uint8Array(32).fill(commitment),
        opening: null,
        region: 1,
        nonce,
      });
    const paid = (nonce: number, commitment: number) => {
      const before = stage.dataCredits(owner);
      stage.must(place(commitment, nonce));
      return before - stage.dataCredits(owner);
    };
    expect([paid(1, 1), paid(2, 1), paid(3, 2)]).toEqual([50_000n, 0n, 50_000n]);
    stage.refuses("NonceOutOfOrder", place(2, 3));
    stage.refuses("TooManyAsserts", place(2, 4));
    stage.warpToEpoch(stage.epoch + 1n);
    stage.refuses("NonceOutOfOrder", place(2, 5));
    expect(paid(4, 2)).toBe(0n);
  });

  test("rejects places, antennas and openings that are none", () => {
    const hotspot = stage.onboard(ed25519Device(number), owner);
    const place = (change: object) =>
      acts.assertLocation(stage.at, hotspot, owner, {
        cellPublic: 0x08828308281fffffn,
        commitment: new Uint8Array(32).fill(1),
        opening: null,
        region: 1,
        nonce: 1,
        ...change,
      });
    for (const cellPublic of [0n, U64_MAX, 0x08928308280fffffn]) stage.refuses("BadCell", place({ cellPublic }));
    stage.refuses("ZeroCommitment", place({ commitment: new Uint8Array(32) }));
    const opening = { salt: new Uint8Array(32), digits: Uint8Array.of(1, 2, 3, 4) };
    stage.refuses("OpeningMismatch", place({ opening }));
    const antenna = (gainDdbi: number, elevationM: number) =>
      stage.call("registry", "setAntenna", [{ gainDdbi, elevationM }], {
        hotspot,
        owner,
        nftAccount: calls.hotspotAccount(hotspot, owner),
      });
    for (const gain of [9, 151, -32_768, 32_767]) stage.refuses("GainOutOfRange", antenna(gain, 0));
    for (const elevation of [-501, 9_001]) stage.refuses("ElevationOutOfRange", antenna(50, elevation));
    stage.must(antenna(10, -500), antenna(150, 9_000));
  });
});

describe("the network's own price", () => {
  const submit = (oracle: number, priceE8: bigint, key?: PublicKey) =>
    acts.submitPrice(stage.at, key ?? stage.network.priceOracles[oracle]!, stage.epoch, priceE8);

  test("rejects prices out of range, of strangers, and of removed oracles", () => {
    stage.price();
    stage.refuses("PriceOutOfRange", submit(0, 0n));
    stage.refuses("PriceOutOfRange", submit(0, 10n ** 15n + 1n));
    stage.refuses("NotAPriceOracle", submit(0, 50_000_000n, stage.payer));
    const feed = { ...stage.network.plan.feed, oracles: stage.network.priceOracles.slice(1), quorum: 2 };
    stage.must(stage.call("dataCredits", "setFeed", [feed], { admin: stage.network.admin }));
    stage.refuses("NotAPriceOracle", submit(0, 50_000_000n));
  });

  test("rejects a jump further than a step, until so many steps have passed", () => {
    stage.price();
    stage.must(submit(2, 50_000_000n));
    // The median moves with two of three; a fifth is one step of a minute.
    stage.must(submit(0, 60_000_001n));
    stage.refuses("PriceStepTooLarge", submit(1, 60_000_001n));
    stage.must(submit(1, 60_000_000n));
    stage.must(submit(0, 100_000_000n));
    stage.refuses("PriceStepTooLarge", submit(1, 100_000_000n));
    stage.chain.now += 240n;
    stage.must(submit(1, 100_000_000n));
  });

  test("moves no further than a step, however often a majority of its oracles submits", () => {
    stage.price();
    const both = (priceE8: bigint) => [submit(0, priceE8), submit(1, priceE8)];
    stage.must(...both(60_000_000n));
    stage.refuses("PriceStepTooLarge", ...both(60_000_001n));
    stage.chain.now += 59n;
    stage.refuses("PriceStepTooLarge", ...both(72_000_000n));
    stage.must(...both(40_000_000n));
    stage.refuses("PriceStepTooLarge", ...both(39_999_999n));
    // A step that begins later is measured from the median it begins with.
    stage.chain.now += 1n;
    stage.must(...both(48_000_000n));
    stage.refuses("PriceStepTooLarge", ...both(48_000_001n));
  });

  test("rejects conversions before there is a price, a second after it is too old, and once the quorum is lost", () => {
    stage.must(acts.createDcAccount(stage.at, stage.payer, owner), acts.openEpoch(stage.at, stage.payer, stage.epoch));
    stage.refuses("NoPrice", mint(exactTokens(ATOMS)));
    stage.chain.now += 100n;
    stage.price();
    stage.chain.now += DAY_S;
    stage.must(acts.openEpoch(stage.at, stage.payer, stage.epoch));
    stage.must(mint(exactTokens(ATOMS)));
    stage.chain.now += 1n;
    stage.refuses("PriceTooOld", mint(exactTokens(ATOMS)));
    // One oracle alone is no quorum: what it says makes no price.
    stage.must(submit(0, 50_000_000n));
    stage.refuses("PriceTooOld", mint(exactTokens(ATOMS)));
    stage.must(submit(1, 50_000_000n));
    stage.must(mint(exactTokens(ATOMS)));
  });

  test("rejects a price of a time to come, once the clock goes back", () => {
    stage.must(acts.createDcAccount(stage.at, stage.payer, owner));
    stage.chain.now += 10n;
    stage.price();
    stage.chain.now -= 1n;
    stage.refuses("PriceOfTheFuture", acts.mintDataCredits(stage.at, owner, stage.epoch, exactTokens(ATOMS)));
  });

  test("rejects a price whose oracles lie too far apart, and does not write it down for the epoch", () => {
    stage.must(acts.createDcAccount(stage.at, stage.payer, owner), acts.openEpoch(stage.at, stage.payer, stage.epoch));
    stage.must(submit(0, 50_000_000n), submit(1, 52_600_000n));
    stage.refuses("PriceTooUncertain", mint(exactTokens(ATOMS)));
    const record = calls.epochRecordOf(stage.at.dcConfig, stage.epoch);
    expect(stage.read("dataCredits", "EpochRecord", record)).toMatchObject({ priceE8: 0n });
    stage.must(submit(1, 52_500_000n));
    expect(stage.read("dataCredits", "EpochRecord", record)).toMatchObject({ priceE8: 50_000_000n });
    stage.must(mint(exactTokens(ATOMS)));
    // Twice the doubt is taken off the price.
    expect(stage.dataCredits(owner)).toBe(45_000n);
  });
});

describe("a price of Pyth (M-8-1)", () => {
  let price: PublicKey;
  const put = (change: Partial<PriceUpdate>) => {
    const update = { price: 50_000_000n, confidence: 0n, exponent: -8, publishedAt: stage.chain.now };
    stage.chain.set(price, priceUpdateAccount({ ...update, ...change }));
  };
  const convert = () => acts.mintDataCredits(stage.at, owner, stage.epoch, exactTokens(ATOMS), { price });
  const record = () =>
    stage.call("dataCredits", "recordPrice", [], {
      epochRecord: calls.epochRecordOf(stage.at.dcConfig, stage.epoch),
      price,
    });

  beforeEach(() => {
    price = stage.wallet(91);
    const { network, at, payer } = stage;
    const parameters = { ...network.plan.dataCredits, priceSource: { pyth: { feedId: PYTH_FEED } }, maxPriceAgeS: 600 };
    stage.must(stage.call("dataCredits", "setParameters", [parameters], { admin: network.admin }));
    stage.must(acts.createDcAccount(at, payer, owner), acts.openEpoch(at, payer, stage.epoch));
    stage.chain.now += 10_000n;
  });

  test.each<[string, string, Partial<PriceUpdate>]>([
    ["another feed", "PriceFeedId", { feed: new Uint8Array(32).fill(1) }],
    ["a partly verified one", "PriceNotVerified", { level: 0 }],
    ["a negative one", "PriceOutOfRange", { price: -1n }],
    ["zero", "PriceOutOfRange", { price: 0n }],
    ["an exponent beyond all bounds", "PriceOutOfRange", { exponent: 40 }],
    ["one that is too large", "PriceOutOfRange", { price: 2n ** 62n, exponent: 0 }],
    ["one less certain than a twentieth", "PriceTooUncertain", { confidence: 2_500_001n }],
  ])("rejects %s", (_, error, change) => {
    put(change);
    stage.refuses(error, convert());
    put({});
    stage.must(convert());
  });

  test("rejects one second too old, and one of the future", () => {
    put({ publishedAt: stage.chain.now - 601n });
    stage.refuses("PriceTooOld", convert());
    put({ publishedAt: stage.chain.now + 1n });
    stage.refuses("PriceOfTheFuture", convert());
    put({ publishedAt: stage.chain.now - 600n });
    stage.must(convert());
  });

  test("rejects a price whose doubt eats it up, whatever the network allows", () => {
    const parameters = {
      ...stage.network.plan.dataCredits,
      priceSource: { pyth: { feedId: PYTH_FEED } },
      maxConfidenceBps: 10_000,
    };
    stage.must(stage.call("dataCredits", "setParameters", [parameters], { admin: stage.network.admin }));
    put({ confidence: 25_000_000n });
    stage.refuses("PriceTooUncertain", convert());
    put({ confidence: 24_999_999n });
    stage.refuses("ZeroAmount", convert());
  });

  test("is the same in any exponent (M-7-2)", () => {
    for (const [exponent, value] of [
      [-8, 50_000_000n],
      [-5, 50_000n],
      [-1, 5n],
      [-10, 5_000_000_000n],
    ] as const) {
      put({ price: value, exponent });
      const before = stage.dataCredits(owner);
      stage.must(convert());
      expect(stage.dataCredits(owner) - before).toBe(50_000n);
    }
  });

  test("is written down for its own epoch only, and only when it is newer", () => {
    put({ publishedAt: stage.chain.now - 5n });
    stage.must(record());
    stage.refuses("PriceNotNewer", record());
    stage.refuses("WrongPriceSource", acts.submitPrice(stage.at, stage.network.priceOracles[0]!, stage.epoch, 1n));
    stage.warpToEpoch(stage.epoch + 1n);
    stage.must(acts.openEpoch(stage.at, stage.payer, stage.epoch));
    put({ publishedAt: stage.chain.now - 1n });
    stage.refuses("WrongEpoch", record());
  });
});

describe("the breaker", () => {
  const LIMIT = 1_000n;
  const WINDOW = 1_000;
  let vault: PublicKey;
  let caller: PublicKey;
  const pay = (amount: bigint) =>
    stage.call("guard", "guardedTransfer", [amount], {
      guard: calls.guardOf(vault),
      vault,
      mint: stage.at.tokenMint,
      to: calls.tokenAccount(stage.at, owner),
      caller,
    });

  beforeEach(() => {
    caller = stage.wallet(70);
    vault = calls.vaultOf(caller, stage.at.tokenMint);
    const args = { admin: stage.network.admin, guardian: stage.network.guardian, limit: LIMIT, windowS: WINDOW };
    const accounts = { guard: calls.guardOf(vault), vault, mint: stage.at.tokenMint, caller, payer: stage.payer };
    const init = (change: object) =>
      stage.call("guard", "initVaultGuard", [{ ...args, lifetimeCap: 5_000n, ...change }], accounts);
    stage.refuses("ZeroWindow", init({ windowS: 0 }));
    stage.must(init({}), calls.transferTokens(calls.tokenAccount(stage.at, owner), vault, owner, 100_000n));
  });

  test("lets exactly the limit out, and not one more", () => {
    stage.refuses("LimitExceeded", pay(LIMIT + 1n));
    stage.must(pay(LIMIT));
    stage.refuses("LimitExceeded", pay(1n));
  });

  test("forgets at a constant rate, however often it is asked", () => {
    stage.must(pay(LIMIT));
    stage.chain.now += 500n;
    stage.refuses("LimitExceeded", pay(501n));
    for (let n = 0; n < 5; n++) stage.must(pay(100n));
    stage.refuses("LimitExceeded", pay(1n));
    stage.chain.now += 1_000n;
    stage.must(pay(LIMIT));
  });

  test("forgets nothing while the clock goes back, and nothing twice when it comes again", () => {
    stage.must(pay(LIMIT));
    stage.chain.now += 500n;
    stage.must(pay(500n));
    stage.chain.now -= 400n;
    stage.refuses("LimitExceeded", pay(1n));
    stage.chain.now += 400n;
    stage.refuses("LimitExceeded", pay(1n));
    stage.chain.now += 1n;
    stage.must(pay(1n));
    stage.refuses("LimitExceeded", pay(1n));
  });

  test("lets at most twice the limit out in any window, and that much it does", () => {
    stage.must(pay(LIMIT));
    let paid = LIMIT;
    for (let second = 1; second < WINDOW; second++) {
      stage.chain.now += 1n;
      stage.must(pay(1n));
      paid += 1n;
    }
    expect(paid).toBe(2n * LIMIT - 1n);
    stage.refuses("LimitExceeded", pay(1n));
  });

  test("keeps what it let out when its limit changes, and takes no window of nothing", () => {
    const set = (limit: bigint, windowS: number) =>
      stage.call("guard", "setLimits", [{ limit, windowS, guardian: stage.network.guardian }], {
        guard: calls.guardOf(vault),
        admin: stage.network.admin,
      });
    stage.must(pay(800n));
    stage.refuses("ZeroWindow", set(LIMIT, 0));
    stage.must(set(LIMIT, 10 * WINDOW));
    stage.refuses("LimitExceeded", pay(201n));
    stage.must(pay(200n));
    stage.must(set(0n, WINDOW));
    stage.chain.now += 1_000_000n;
    stage.refuses("LimitExceeded", pay(1n));
  });

  test("never lets more out than its cap, whatever the time", () => {
    for (let n = 0; n < 5; n++) {
      stage.must(pay(LIMIT));
      stage.chain.now += 10_000n;
    }
    stage.refuses("LifetimeCapExceeded", pay(1n));
  });

  test("rejects mints that somebody could move, tax or stop behind its back", () => {
    const mint = stage.wallet(71);
    const authority = stage.wallet(72);
    const account = stage.chain.account(stage.at.tokenMint)!;
    const data = Buffer.from(account.data);
    // Mint authority: ours; a freeze authority as well.
    data.writeUInt32LE(1, 0);
    data.set(authority.toBytes(), 4);
    data.writeUInt32LE(1, 46);
    stage.chain.set(mint, { ...account, data: new Uint8Array(data) });
    const args = { admin: owner, guardian: owner, limit: 1n, windowS: 1, lifetimeCap: 1n };
    const init = stage.call("guard", "initMintGuard", [args], {
      guard: calls.guardOf(mint),
      mint,
      mintAuthority: authority,
      caller,
      payer: stage.payer,
    });
    stage.refuses("FreezeAuthorityPresent", init);
  });
});

test("data credits cannot be transferred", () => {
  stage.price();
  stage.mintDataCredits(owner, 1_000n);
  const other = stage.wallet(73);
  stage.must(
    acts.createDcAccount(stage.at, stage.payer, other),
    createAssociatedAccount(stage.payer, other, stage.at.tokenMint),
  );
  const { at } = stage;
  const move = calls.transferChecked(calls.dcAccount(at, owner), at.dcMint, calls.dcAccount(at, other), owner, 1n, 0);
  stage.refuses("token NonTransferable", move);
});
