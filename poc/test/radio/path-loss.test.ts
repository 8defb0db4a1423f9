import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixedOne, powerRatio, toDouble } from "../../src/radio/decibel.ts";
import {
  buildLossTable,
  fsplDb,
  HELIUM_SPEED_OF_LIGHT_M_PER_S,
  type LossTable,
  linkLossDdb,
  lossDdb,
  MAX_LOSS_DDB,
  SPEED_OF_LIGHT_M_PER_S,
} from "../../src/radio/path-loss.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const exact = buildLossTable(SPEED_OF_LIGHT_M_PER_S);
const helium = buildLossTable(HELIUM_SPEED_OF_LIGHT_M_PER_S);

/** Least k by bisection over the thresholds: slow and plain. */
function lossBySearch(table: LossTable, squared: number): number {
  let low = 0;
  let high = MAX_LOSS_DDB;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (squared <= table.thresholds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The double `steps` doubles above a positive one. */
function next(value: number, steps: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + BigInt(steps));
  return view.getFloat64(0);
}

/** A positive normal double as mantissa · 2^exponent. */
function parts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  return { mantissa: (bits & (2n ** 52n - 1n)) | (2n ** 52n), exponent: Number(bits >> 52n) - 1075 };
}

function shift(value: bigint, bits: number): bigint {
  return bits >= 0 ? value << BigInt(bits) : value >> BigInt(-bits);
}

/** π·10^digits by Machin's formula, 16·atan(1/5) − 4·atan(1/239). */
function piBy(digits: bigint): bigint {
  const guard = 10n ** 10n;
  const one = 10n ** digits * guard;
  const inverseTangent = (x: bigint) => {
    let sum = 0n;
    for (let term = one / x, n = 1n; term !== 0n; term /= -x * x, n += 2n) sum += term / n;
    return sum;
  };
  return (16n * inverseTangent(5n) - 4n * inverseTangent(239n)) / guard;
}

describe("fsplDb", () => {
  test.each([
    [300, 80.76],
    [1000, 91.22],
    [10_000, 111.22],
    [50_000, 125.2],
    [100_000, 131.22],
  ])("of %i m at 868.1 MHz is %f dB", (distanceM, db) => {
    expect(fsplDb(distanceM, 868_100_000)).toBeCloseTo(db, 2);
  });

  test("grows by 0.46 dB from 868.1 to 915 MHz", () => {
    expect(fsplDb(1000, 915_000_000) - fsplDb(1000, 868_100_000)).toBeCloseTo(0.46, 2);
  });
});

describe("powerRatio", () => {
  test("has exact decades and a root whose 200th power is ten to 45 digits", () => {
    expect(powerRatio(0)).toBe(fixedOne);
    expect(powerRatio(600)).toBe(1000n * fixedOne);
    expect(powerRatio(-200)).toBe(fixedOne / 10n);
    const last = (powerRatio(199) * powerRatio(1)) / fixedOne;
    const error = last - 10n * fixedOne;
    expect(error < 0n ? -error : error).toBeLessThan(10n ** 5n);
  });

  test("agrees with square roots, which every machine rounds alike", () => {
    expect(toDouble(powerRatio(100))).toBe(Math.sqrt(10));
    expect(toDouble(powerRatio(50))).toBeCloseTo(Math.sqrt(Math.sqrt(10)), 14);
    expect(toDouble(powerRatio(1))).toBe(1.0115794542598986);
  });
});

describe("lossDdb", () => {
  test.each([
    [300, 808],
    [1000, 913],
    [10_000, 1113],
    [50_000, 1252],
    [100_000, 1313],
  ])("of %i m at 868.1 MHz is %i, FSPL rounded up", (distanceM, ddb) => {
    expect(linkLossDdb(exact, distanceM, 868_100_000)).toBe(ddb);
  });

  test("with Helium's speed of light is never larger and now and then 0.1 dB smaller", () => {
    const differences = new Set<number>();
    for (let distanceM = 1; distanceM < 20_000; distanceM++) {
      differences.add(linkLossDdb(exact, distanceM, 868_100_000) - linkLossDdb(helium, distanceM, 868_100_000));
    }
    expect(differences).toEqual(new Set([0, 1]));
  });

  test("is 0 at no distance, at NaN and up to the first threshold", () => {
    expect(lossDdb(exact, 0)).toBe(0);
    expect(lossDdb(exact, Number.NaN)).toBe(0);
    expect(lossDdb(exact, exact.thresholds[0]!)).toBe(0);
    expect(lossDdb(exact, next(exact.thresholds[0]!, 1))).toBe(1);
  });

  test("stops at the end of the table", () => {
    expect(lossDdb(exact, exact.thresholds[MAX_LOSS_DDB]!)).toBe(MAX_LOSS_DDB);
    expect(lossDdb(exact, Number.MAX_VALUE)).toBe(MAX_LOSS_DDB);
    expect(lossDdb(exact, Number.POSITIVE_INFINITY)).toBe(MAX_LOSS_DDB);
    expect(linkLossDdb(exact, 40_075_017, 0xffff_ffff)).toBeLessThan(2000);
  });

  test.each([
    ["the exact speed of light", exact],
    ["Helium's", helium],
  ])("changes exactly at each threshold of the table for %s", (_, table) => {
    for (let k = 0; k < MAX_LOSS_DDB; k++) {
      const threshold = table.thresholds[k]!;
      expect(lossDdb(table, threshold)).toBe(k);
      expect(lossDdb(table, next(threshold, 1))).toBe(k + 1);
      expect(lossDdb(table, next(threshold, -1))).toBe(k);
    }
  });

  test("has correctly rounded thresholds: exact integers put 10^(k/100)·(c/4π)² within half a unit of the last place", () => {
    const digits = 60n;
    // (c/4π)^200, with π by Machin's formula: independent of the constant in the source.
    const left = 16n ** 100n * piBy(digits) ** 200n;
    const right = 299_792_458n ** 200n * 10n ** (200n * digits);
    for (let k = 0; k <= MAX_LOSS_DDB; k += 7) {
      const { mantissa, exponent } = parts(exact.thresholds[k]!);
      const wanted = right * 10n ** BigInt(k);
      // Halves of the mantissa keep integers: (2m ± 1)/2 · 2^exponent.
      const scale = (edge: bigint) => shift(edge ** 100n * left, 100 * (exponent - 1));
      expect(scale(2n * mantissa - 1n) <= wanted && wanted <= scale(2n * mantissa + 1n)).toBe(true);
    }
  });

  test("equals a search through the thresholds for any positive double", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, noNaN: true }),
        (squared) => lossDdb(exact, squared) === lossBySearch(exact, squared),
      ),
      { numRuns: 2000 * soak },
    );
  });

  test("equals ceil(10·FSPL) for real links unless FSPL is within 1e-9 of a step", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 21_000_000, noNaN: true }),
        fc.integer({ min: 137_000_000, max: 2_500_000_000 }),
        fc.constantFrom(exact, helium),
        (distanceM, frequencyHz, table) => {
          const ddb = 10 * fsplDb(distanceM, frequencyHz, table.speedOfLightMPerS);
          if (Math.abs(ddb - Math.round(ddb)) < 1e-9) return true;
          return linkLossDdb(table, distanceM, frequencyHz) === Math.max(0, Math.ceil(ddb));
        },
      ),
      { numRuns: 5000 * soak },
    );
  });

  test("never falls as the distance grows", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 2e7, noNaN: true }),
        fc.double({ min: 0, max: 2e7, noNaN: true }),
        fc.integer({ min: 400_000_000, max: 1_000_000_000 }),
        (a, b, frequencyHz) => {
          const near = linkLossDdb(exact, Math.min(a, b), frequencyHz);
          return near <= linkLossDdb(exact, Math.max(a, b), frequencyHz);
        },
      ),
    );
  });

  test("refuses a speed of light that is not whole metres a second", () => {
    for (const speed of [0, -1, 2.5, Number.NaN, 1e10])
      expect(() => buildLossTable(speed)).toThrow(/^POC_BAD_PARAMETERS/);
  });
});
