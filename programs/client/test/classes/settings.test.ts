/** Bad input to what admins set: every value that cannot be, each by its own error; and mints that no guard takes. */
import type { PublicKey } from "@solana/web3.js";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TOKEN_2022_PROGRAM_ID } from "../../src/sdk/token-instructions.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { PYTH_FEED, priceUpdateAccount } from "../harness/price-update.ts";
import { newStage, type Stage } from "../harness/stage.ts";

let stage: Stage;
let admin: PublicKey;

beforeAll(async () => {
  stage = await newStage();
  admin = stage.network.admin;
});

describe("rejects", () => {
  test("settings of data credits without an age, and with more doubt than all of the price", () => {
    const set = (change: object) =>
      stage.call("dataCredits", "setParameters", [{ ...stage.network.plan.dataCredits, ...change }], { admin });
    stage.refuses("BadParameter", set({ maxPriceAgeS: 0 }));
    stage.refuses("BadParameter", set({ maxConfidenceBps: 10_001 }));
    stage.must(set({}));
  });

  test("a feed without steps or age, and a quorum that is no majority or more than all", () => {
    const set = (change: object) =>
      stage.call("dataCredits", "setFeed", [{ ...stage.network.plan.feed, ...change }], { admin });
    for (const name of ["maxSubmissionAgeS", "maxStepBps", "stepSeconds"])
      stage.refuses("BadParameter", set({ [name]: 0 }));
    const { oracles } = stage.network.plan.feed;
    for (const change of [
      { quorum: 1 },
      { quorum: 4 },
      { oracles: [] },
      { oracles: [oracles[0]!, ...oracles.slice(0, 2)] },
    ])
      stage.refuses("BadOracleSet", set(change));
    stage.must(set({}));
  });

  test("windows of no time for roots and logs, another interval of log heads, averages over no epoch, and more than all for the treasury", () => {
    const { distributor, issue } = stage.network.plan;
    for (const name of ["vetoSeconds", "logSeconds", "rootRetention"])
      stage.refuses("BadSetting", stage.call("rewards", "setConfig", [{ ...distributor, [name]: 0 }], { admin }));
    // A longer interval would number the next head below those on record, and no oracle could record one for years.
    for (const logSeconds of [distributor.logSeconds - 1, distributor.logSeconds + 1, 2 ** 32 - 1])
      stage.refuses(
        "LogIntervalFixed",
        stage.call("rewards", "setConfig", [{ ...distributor, logSeconds }], { admin }),
      );
    const set = (change: object) =>
      stage.call("rewards", "setIssueSettings", [{ ...issue, ...change }, stage.epoch + 1n], { admin });
    stage.refuses("BadSetting", set({ averageEpochs: 0 }));
    stage.refuses("BadSetting", set({ treasuryBps: 10_001 }));
    stage.must(set({ treasuryBps: 10_000 }));
  });

  test("periods of the present, that overlap, are empty, or never end", () => {
    const append = (startEpoch: bigint, epochs = 10, total = 100n) =>
      stage.call("rewards", "appendPeriods", [[{ startEpoch, epochs, total }]], { admin });
    const [last] = stage.network.plan.periods;
    const free = last!.startEpoch + BigInt(last!.epochs);
    stage.refuses("PeriodNotInTheFuture", append(stage.epoch));
    stage.refuses("PeriodsOverlap", append(free - 1n));
    stage.refuses("EmptyPeriod", append(free, 0));
    stage.refuses("PeriodBeyondLastEpoch", append(2n ** 64n - 1n));
    stage.must(append(free));
    stage.refuses("PeriodsOverlap", append(free + 9n));
  });

  test("a network whose first epoch is over before it begins", async () => {
    await expect(newStage((plan) => ({ ...plan, firstEpoch: plan.firstEpoch - 1n }))).rejects.toThrow(
      /^FirstEpochOver\n/,
    );
  });

  test("bytes that are no price of Pyth, though its program owns them", () => {
    const price = stage.wallet(92);
    const parameters = { ...stage.network.plan.dataCredits, priceSource: { pyth: { feedId: PYTH_FEED } } };
    stage.must(stage.call("dataCredits", "setParameters", [parameters], { admin }));
    stage.must(acts.openEpoch(stage.at, stage.payer, stage.epoch));
    const epochRecord = calls.epochRecordOf(stage.at.dcConfig, stage.epoch);
    const whole = priceUpdateAccount({ price: 1n, confidence: 0n, exponent: 0, publishedAt: stage.chain.now });
    const record = () => stage.call("dataCredits", "recordPrice", [], { epochRecord, price });
    for (const data of [
      new Uint8Array(0),
      whole.data.subarray(0, 8),
      whole.data.subarray(0, 124),
      whole.data.with(0, 1),
    ]) {
      stage.chain.set(price, { ...whole, data: new Uint8Array(data) });
      stage.refuses("PriceMalformed", record());
    }
    stage.chain.set(price, whole);
    stage.must(record());
  });
});

describe("a guard takes no mint that somebody could move, tax, hide or stop behind its back", () => {
  // Numbers and sizes of Token-2022's extensions of mints. Source: spl-token-2022, extension/mod.rs.
  const HARMLESS = [["non-transferable", 9, 0]] as const;
  const HARMFUL = [
    ["a transfer fee", 1, 108],
    ["a close authority", 3, 32],
    ["confidential transfers", 4, 65],
    ["frozen accounts", 6, 1],
    ["interest", 10, 52],
    ["a permanent delegate", 12, 32],
    ["a transfer hook", 14, 64],
    ["a scaled amount", 25, 56],
    ["a pause", 26, 33],
  ] as const;
  let mint: PublicKey;
  let number = 300;

  beforeEach(() => {
    mint = stage.wallet(number++);
  });

  /** Writes a mint with one extension, and asks a guard to take it. */
  function init(type: number, bytes: number) {
    const authority = stage.wallet(72);
    const data = Buffer.alloc(166 + 4 + bytes);
    data.writeUInt32LE(1, 0);
    data.set(authority.toBytes(), 4);
    data[44] = 8;
    data[45] = 1;
    data[165] = 1;
    data.writeUInt16LE(type, 166);
    data.writeUInt16LE(bytes, 168);
    stage.chain.set(mint, { lamports: 10_000_000n, owner: TOKEN_2022_PROGRAM_ID, data: new Uint8Array(data) });
    const args = { admin, guardian: admin, limit: 1n, windowS: 1, lifetimeCap: 1n };
    const tokenProgram = TOKEN_2022_PROGRAM_ID;
    const accounts = {
      guard: calls.guardOf(mint),
      mint,
      mintAuthority: authority,
      caller: stage.wallet(73),
      tokenProgram,
    };
    return stage.call("guard", "initMintGuard", [args], { ...accounts, payer: stage.payer });
  }

  test.each(HARMFUL)("%s", (_, type, bytes) => {
    stage.refuses("MintExtensionForbidden", init(type, bytes));
  });

  test.each(HARMLESS)("but one that is %s", (_, type, bytes) => {
    stage.must(init(type, bytes));
  });
});
