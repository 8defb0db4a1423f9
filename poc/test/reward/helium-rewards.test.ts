import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { helium } from "../../src/parameters/presets/helium.ts";
import { sumAtoms, U64_MAX } from "../../src/reward/amount.ts";
import {
  dataCreditsToBonesE15,
  type HeliumRewards,
  type HeliumShares,
  heliumRewards,
  operationsAfterHip149,
} from "../../src/reward/helium-rewards.ts";
import { soaked } from "./vector-file.ts";

const ONE_E15 = 10n ** 15n;
const rules = helium.rewards;

function rewardsOf(emissions: bigint, price: bigint, shares: HeliumShares): HeliumRewards {
  return heliumRewards(emissions, price, shares, rules);
}

function sharesOf(beacon: number[], witness: number[], dataCredits: number[]): HeliumShares {
  return {
    beaconE8: Float64Array.from(beacon),
    witnessE8: Float64Array.from(witness),
    dataCredits: Float64Array.from(dataCredits),
  };
}

/** "3703.703703703703704" → fixed point of 15 decimals. */
function e15(text: string): bigint {
  const [whole, fraction = ""] = text.split(".");
  return BigInt(whole! + fraction.padEnd(15, "0"));
}

// Expected values: Python's decimal module with the 28 digits that Helium's oracle computes in.
const worked = [
  {
    name: "data below its cap",
    emissions: 10_000_000_000n,
    price: 27_000_000n,
    shares: sharesOf([100_000_000, 57_330_000, 4_262], [60_670_000, 20_000_000, 0], [1_000, 7, 0]),
    perShare: ["1016469047.329356700496726", "7929857811.201557327750460", "3703.703703703703704"],
    beacon: [1_016_469_047n, 582_741_704n, 43_321n],
    witness: [4_811_044_734n, 1_585_971_562n, 0n],
    data: [3_703_703n, 25_925n, 0n],
    unallocated: 4n,
    operations: 700_000_000n,
  },
  {
    name: "data near its cap",
    emissions: 10_000_000_000n,
    price: 27_000_000n,
    shares: sharesOf([100_000_000, 57_330_000, 4_262], [60_670_000, 20_000_000, 0], [1_000_000, 7_000, 1]),
    perShare: ["542840016.202785718302942", "4234899384.322961861080120", "3703.703703703703704"],
    beacon: [542_840_016n, 311_210_181n, 23_135n],
    witness: [2_569_313_456n, 846_979_876n, 0n],
    data: [3_703_703_703n, 25_925_925n, 3_703n],
    unallocated: 5n,
    operations: 700_000_000n,
  },
  {
    name: "a day of 2,440 tokens at a price that divides badly",
    emissions: 244_000_000_000n,
    price: 50_000_003n,
    shares: sharesOf([191_410_000, 1, 33], [205_700_000, 99_999_999, 7], [12_345, 678, 9]),
    perShare: ["20393281577.032042103515807", "51075939069.903411099355910", "1999.999880000007200"],
    beacon: [39_034_780_266n, 203n, 6_729n],
    witness: [105_063_206_666n, 51_075_938_559n, 3_575n],
    data: [24_689_998n, 1_355_999n, 17_999n],
    unallocated: 6n,
    operations: 17_080_000_000n,
  },
];

describe("a Helium day", () => {
  test.each(worked)("pays $name as 28-digit decimals do", (day) => {
    const rewards = rewardsOf(day.emissions, day.price, day.shares);
    expect([rewards.beaconPerShareE15, rewards.witnessPerShareE15, rewards.dataPerCreditE15]).toEqual(
      day.perShare.map(e15),
    );
    expect([...rewards.beaconAtoms]).toEqual(day.beacon);
    expect([...rewards.witnessAtoms]).toEqual(day.witness);
    expect([...rewards.dataAtoms]).toEqual(day.data);
    expect(rewards.unallocatedPocAtoms).toBe(day.unallocated);
    expect(rewards.operationsAtoms).toBe(day.operations);
    expect(rewards.unallocatedOracleAtoms).toBe(day.operations);
  });
});

describe("the value of data credits", () => {
  test("is exact where the price divides it", () => {
    expect(dataCreditsToBonesE15(1n, 100_000_000n, rules)).toBe(1_000n * ONE_E15);
  });

  test("is rounded up at the 15th decimal", () => {
    expect(dataCreditsToBonesE15(1n, 27_000_000n, rules)).toBe(e15("3703.703703703703704"));
    expect(dataCreditsToBonesE15(1n, 30_000_000n, rules)).toBe(e15("3333.333333333333334"));
    expect(dataCreditsToBonesE15(0n, 27_000_000n, rules)).toBe(0n);
  });

  test("refuses a price of zero", () => {
    expect(() => dataCreditsToBonesE15(1n, 0n, rules)).toThrow("POC_BAD_AMOUNT");
    expect(() => dataCreditsToBonesE15(-1n, 1n, rules)).toThrow("POC_BAD_AMOUNT");
  });
});

describe("the buckets", () => {
  test("pay all of the cap pro rata when data is worth more", () => {
    const rewards = rewardsOf(10_000_000_000n, 27_000_000n, sharesOf([1e8, 0], [1e8, 0], [3_000_000_000, 1e9]));
    expect([...rewards.dataAtoms]).toEqual([3_750_000_000n, 1_250_000_000n]);
    expect([rewards.beaconAtoms[0], rewards.witnessAtoms[0]]).toEqual([600_000_000n, 2_400_000_000n]);
  });

  test("are the same on both sides of a value that equals the cap", () => {
    // At $1 a data credit is 1,000 bones; the cap of 2,000,000 is 1,000,000, that is 1,000 data credits.
    const paid = (dataCredits: number) => rewardsOf(2_000_000n, 100_000_000n, sharesOf([1e8], [1e8], [dataCredits]));
    expect(paid(1_000).dataAtoms[0]).toBe(1_000_000n);
    expect(paid(1_000).beaconAtoms[0]).toBe(120_000n);
    // Above the cap a data credit is worth the cap over their number: rounded up for 1,001 of them, down for 1,007.
    expect(paid(1_001).dataAtoms[0]).toBe(1_000_000n);
    expect(paid(1_007).dataAtoms[0]).toBe(999_999n);
    expect(paid(999).dataAtoms[0]).toBe(999_000n);
    expect(paid(999).beaconAtoms[0]).toBe(120_200n);
    expect(paid(999).witnessAtoms[0]).toBe(480_800n);
  });

  test("keep a bucket that has no shares", () => {
    const rewards = rewardsOf(1_003n, 100_000_000n, sharesOf([], [], []));
    expect(rewards.paidAtoms).toBe(0n);
    expect(rewards.unallocatedPocAtoms).toBe(802n);
    expect(rewards.operationsAtoms).toBe(70n);
    expect([rewards.beaconPerShareE15, rewards.witnessPerShareE15, rewards.dataPerCreditE15]).toEqual([0n, 0n, 0n]);
  });

  test("floor what a hotspot earns for beacons, receptions and data each for itself", () => {
    // 101 emitted: 16.16 for two whole beacon shares and 64.64 for one reception share.
    const rewards = rewardsOf(101n, 27_000_000n, sharesOf([1e8, 5e7, 5e7], [1e8, 0, 0], [0, 0, 0]));
    expect(rewards.beaconPerShareE15).toBe(e15("8.08"));
    expect([...rewards.beaconAtoms]).toEqual([8n, 4n, 4n]);
    expect([...rewards.witnessAtoms]).toEqual([64n, 0n, 0n]);
    expect(rewards.unallocatedPocAtoms).toBe(0n);
  });

  test("round the value of a share half-even at the 15th decimal", () => {
    // Without data 0.16 E goes to beacons. 0.16 / 2^k in units of 1e-15 is 5^13 · 2^(17 − k): whole up to k = 17, a tie at 18.
    const perShare = (e: bigint, shares: number) =>
      rewardsOf(e, 1n, sharesOf([shares * 1e8], [0], [0])).beaconPerShareE15;
    expect(perShare(1n, 2 ** 15)).toBe(4n * 5n ** 13n);
    expect(perShare(1n, 2 ** 18)).toBe((5n ** 13n - 1n) / 2n);
    expect(perShare(3n, 2 ** 18)).toBe((3n * 5n ** 13n + 1n) / 2n);
  });
});

describe("properties of a Helium day", () => {
  test("books as unallocated exactly what is missing to 80 %, at most a bone for each payment", () => {
    const share = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e10 }));
    const row = fc.record({ beacon: share, witness: share, data: fc.integer({ min: 0, max: 1e6 }) });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 14n }),
        fc.bigInt({ min: 1n, max: 10n ** 10n }),
        fc.array(row, { minLength: 1, maxLength: 12 }),
        (emissions, price, rows) => {
          const shares = sharesOf(
            [1e8, ...rows.map(({ beacon }) => beacon)],
            [1e8, ...rows.map(({ witness }) => witness)],
            [0, ...rows.map(({ data }) => data)],
          );
          const rewards = rewardsOf(emissions, price, shares);
          const paid = sumAtoms(rewards.beaconAtoms) + sumAtoms(rewards.witnessAtoms) + sumAtoms(rewards.dataAtoms);
          const poc = (emissions * 80n) / 100n;
          expect(rewards.paidAtoms).toBe(paid);
          expect(paid + rewards.unallocatedPocAtoms).toBe(poc);
          expect(rewards.unallocatedPocAtoms).toBeLessThanOrEqual(BigInt(3 * (rows.length + 1)));
        },
      ),
      soaked(200),
    );
  });
});

describe("operations after HIP-149", () => {
  test("take what data does not, of 87 %", () => {
    expect(operationsAfterHip149(1_000n, 100n)).toBe(770n);
    expect(operationsAfterHip149(101n, 0n)).toBe(87n);
    expect(() => operationsAfterHip149(100n, 88n)).toThrow("POC_BAD_AMOUNT");
  });
});

describe("misuse", () => {
  test("refuses columns of different length and values that are not exact integers", () => {
    expect(() => rewardsOf(1n, 1n, sharesOf([1], [1, 2], [1]))).toThrow("POC_BAD_COLUMNS");
    expect(() => rewardsOf(1n, 1n, sharesOf([1], [1], []))).toThrow("POC_BAD_COLUMNS");
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => rewardsOf(1n, 1n, sharesOf([value], [1], [1]))).toThrow("POC_BAD_AMOUNT");
      expect(() => rewardsOf(1n, 1n, sharesOf([1], [value], [1]))).toThrow("POC_BAD_AMOUNT");
      expect(() => rewardsOf(1n, 1n, sharesOf([1], [1], [value]))).toThrow("POC_BAD_AMOUNT");
    }
  });

  test("refuses a price of zero and emissions that are not a u64", () => {
    expect(() => rewardsOf(1n, 0n, sharesOf([], [], []))).toThrow("POC_BAD_AMOUNT");
    expect(() => rewardsOf(-1n, 1n, sharesOf([], [], []))).toThrow("POC_BAD_AMOUNT");
    expect(() => rewardsOf(U64_MAX + 1n, 1n, sharesOf([], [], []))).toThrow("POC_BAD_AMOUNT");
  });
});
