import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { earshot } from "../../src/parameters/presets/earshot.ts";
import { sumAtoms, U64_MAX } from "../../src/reward/amount.ts";
import { payCoverage, payData, splitEpochBudget, treasuryAtoms } from "../../src/reward/epoch-budget.ts";
import { type DataCreditPrice, dataCreditPrice } from "../../src/score/data-credit-price.ts";
import { soaked } from "./vector-file.ts";

const { rewards } = earshot;
/** At $1 a token of 8 decimals, a data credit is worth 1,000 base units. */
const oneDollar = dataCreditPrice(100_000_000n, BigInt(rewards.atomsPerToken), BigInt(rewards.dataCreditUsdE8));

describe("the price of a data credit", () => {
  test("is $0.00001 in base units, exactly", () => {
    expect(oneDollar.atoms / oneDollar.dataCredits).toBe(1_000n);
    expect(dataCreditPrice(27_000_000n, 100_000_000n, 1_000n)).toEqual({
      atoms: 100_000_000_000n,
      dataCredits: 27_000_000n,
    });
  });
});

describe("the budget of an epoch", () => {
  test("is 60 % coverage and 40 % data", () => {
    expect(splitEpochBudget(1_000n, rewards)).toEqual({ coverageAtoms: 600n, dataAtoms: 400n });
  });

  test.each([
    [0n, 0n, 0n],
    [1n, 1n, 0n],
    [2n, 1n, 1n],
    [3n, 2n, 1n],
    [4n, 2n, 2n],
    [U64_MAX, 11_068_046_444_225_730_969n, 7_378_697_629_483_820_646n],
  ])("of %s base units is split by largest remainder", (budget, coverageAtoms, dataAtoms) => {
    expect(splitEpochBudget(budget, rewards)).toEqual({ coverageAtoms, dataAtoms });
  });

  test.each([
    [{ coverageE4: 6_000, dataE4: 3_999 }],
    [{ coverageE4: 10_001, dataE4: -1 }],
    [{ coverageE4: 6_000.5, dataE4: 3_999.5 }],
  ])("refuses the parts %o", (parts) => {
    expect(() => splitEpochBudget(1_000n, parts)).toThrow("POC_BAD_PARAMETERS");
  });
});

describe("data pay", () => {
  test("is the value of the copies when the part covers it, and the rest is left", () => {
    const pay = payData(10_000n, Float64Array.of(3, 0, 5), oneDollar);
    expect([...pay.amounts]).toEqual([3_000n, 0n, 5_000n]);
    expect([pay.paidAtoms, pay.unusedAtoms]).toEqual([8_000n, 2_000n]);
  });

  test("is the whole part, in proportion, when the value is more", () => {
    const pay = payData(4_000n, Float64Array.of(3, 0, 5), oneDollar);
    expect([...pay.amounts]).toEqual([1_500n, 0n, 2_500n]);
    expect([pay.paidAtoms, pay.unusedAtoms]).toEqual([4_000n, 0n]);
  });

  test("rounds the value of a hotspot's copies down", () => {
    const third: DataCreditPrice = { atoms: 1n, dataCredits: 3n };
    const pay = payData(100n, Float64Array.of(2, 3, 8), third);
    expect([...pay.amounts]).toEqual([0n, 1n, 2n]);
    expect(pay.unusedAtoms).toBe(97n);
  });

  test("is exact when value and part are equal", () => {
    const pay = payData(8_000n, Float64Array.of(3, 5), oneDollar);
    expect([...pay.amounts]).toEqual([3_000n, 5_000n]);
    expect(pay.unusedAtoms).toBe(0n);
  });

  test("stands a value beyond u64", () => {
    const absurd: DataCreditPrice = { atoms: U64_MAX, dataCredits: 1n };
    const pay = payData(10n, Float64Array.of(1e15, 1e15), absurd);
    expect([...pay.amounts]).toEqual([5n, 5n]);
  });

  test("never exceeds a row's value nor the part, and uses the part when the values reach it", () => {
    const anyPay = fc.record({
      part: fc.bigInt({ min: 0n, max: 1_000_000n }),
      credits: fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 30 }),
      price: fc.record({
        atoms: fc.bigInt({ min: 1n, max: 300n }),
        dataCredits: fc.bigInt({ min: 1n, max: 300n }),
      }),
    });
    fc.assert(
      fc.property(anyPay, ({ part, credits, price }) => {
        const pay = payData(part, Float64Array.from(credits), price);
        const values = credits.map((amount) => (BigInt(amount) * price.atoms) / price.dataCredits);
        expect(values.every((value, row) => pay.amounts[row]! <= value)).toBe(true);
        const total = values.reduce((sum, value) => sum + value, 0n);
        const isCovered = total < part;
        expect(sumAtoms(pay.amounts)).toBe(isCovered ? total : part);
        expect(pay.paidAtoms + pay.unusedAtoms).toBe(part);
      }),
      soaked(300),
    );
  });

  test("refuses data credits that are not whole and a price of nothing", () => {
    for (const credits of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => payData(10n, Float64Array.of(credits), oneDollar)).toThrow("POC_BAD_AMOUNT");
    }
    expect(() => payData(10n, Float64Array.of(1), { atoms: 1n, dataCredits: 0n })).toThrow("POC_BAD_AMOUNT");
    expect(() => payData(-1n, Float64Array.of(1), oneDollar)).toThrow("POC_BAD_AMOUNT");
  });
});

describe("coverage pay", () => {
  test("splits the pool over beacons and receptions alike", () => {
    const pay = payCoverage(100n, BigUint64Array.of(1n, 0n, 4n), BigUint64Array.of(2n, 3n, 0n));
    expect([...pay.beaconAmounts]).toEqual([10n, 0n, 40n]);
    expect([...pay.witnessAmounts]).toEqual([20n, 30n, 0n]);
    expect([pay.paidAtoms, pay.unearnedAtoms]).toEqual([100n, 0n]);
  });

  test("breaks ties by hotspot first, then beacon before reception", () => {
    const pay = payCoverage(3n, BigUint64Array.of(1n, 1n), BigUint64Array.of(1n, 1n));
    expect([...pay.beaconAmounts]).toEqual([1n, 1n]);
    expect([...pay.witnessAmounts]).toEqual([1n, 0n]);
  });

  test("leaves the pool when there is no share", () => {
    for (const rows of [0, 3]) {
      const pay = payCoverage(100n, new BigUint64Array(rows), new BigUint64Array(rows));
      expect([pay.paidAtoms, pay.unearnedAtoms]).toEqual([0n, 100n]);
    }
  });

  test("refuses columns of different length", () => {
    expect(() => payCoverage(1n, BigUint64Array.of(1n, 2n), BigUint64Array.of(1n))).toThrow("POC_BAD_COLUMNS");
  });
});

describe("the treasury", () => {
  test("makes every budget whole, whatever was earned", () => {
    const share = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 58n }));
    const anyEpoch = fc.record({
      budget: fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 0n, max: U64_MAX })),
      rows: fc.array(fc.record({ beacon: share, witness: share, credits: fc.integer({ min: 0, max: 1e6 }) }), {
        maxLength: 20,
      }),
    });
    fc.assert(
      fc.property(anyEpoch, ({ budget, rows }) => {
        const parts = splitEpochBudget(budget, rewards);
        const data = payData(
          parts.dataAtoms,
          Float64Array.from(rows, (row) => row.credits),
          oneDollar,
        );
        const coverage = payCoverage(
          parts.coverageAtoms + data.unusedAtoms,
          BigUint64Array.from(rows, (row) => row.beacon),
          BigUint64Array.from(rows, (row) => row.witness),
        );
        const paid = sumAtoms(data.amounts) + sumAtoms(coverage.beaconAmounts) + sumAtoms(coverage.witnessAmounts);
        expect(paid + treasuryAtoms(budget, data, coverage)).toBe(budget);
      }),
      soaked(300),
    );
  });

  test("refuses columns that pay more or less than they say", () => {
    const data = payData(400n, Float64Array.of(1), { atoms: 400n, dataCredits: 1n });
    const coverage = payCoverage(600n, BigUint64Array.of(1n), BigUint64Array.of(1n));
    expect(treasuryAtoms(1_000n, data, coverage)).toBe(0n);
    coverage.beaconAmounts[0]! += 1n;
    expect(() => treasuryAtoms(1_000n, data, coverage)).toThrow("POC_INVARIANT");
    coverage.beaconAmounts[0]! -= 2n;
    expect(() => treasuryAtoms(1_000n, data, coverage)).toThrow("POC_INVARIANT");
  });
});
