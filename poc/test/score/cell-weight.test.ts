import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CellWeightParameters } from "../../src/parameters/network-parameters.ts";
import { earshot } from "../../src/parameters/presets/earshot.ts";
import type { ServedCells } from "../../src/score/cell-served.ts";
import { burntAtoms, type CoverageCells, cellWeights, curveWeightE4 } from "../../src/score/cell-weight.ts";
import { type DataCreditPrice, dataCreditPrice } from "../../src/score/data-credit-price.ts";
import { soaked } from "../reward/vector-file.ts";
import { anyCellWeight } from "./served-model.ts";

const rules: CellWeightParameters = {
  floorE4: 2_500,
  halfDataCredits: 10_000,
  neighbourE4: 5_000,
  epochs: 30,
  payerCapDivisor: 3,
};
/** A token of 8 decimals at $1: a data credit is worth 1,000 base units. */
const oneDollar = dataCreditPrice(100_000_000n, 100_000_000n, 1_000n);

interface Row {
  readonly lo: number;
  readonly shares?: number;
  readonly servedE4?: number;
  readonly burntE4?: number;
}

function coverageOf(rows: readonly Row[]): CoverageCells {
  const covered = rows.filter((row) => row.shares !== undefined);
  return {
    cellHi: new Uint32Array(covered.length).fill(7),
    cellLo: Uint32Array.from(covered, (row) => row.lo),
    shares: Float64Array.from(covered, (row) => row.shares!),
  };
}

function servedOf(rows: readonly Row[]): ServedCells {
  const carried = rows.filter((row) => row.burntE4 !== undefined);
  return {
    cellHi: new Uint32Array(carried.length).fill(7),
    cellLo: Uint32Array.from(carried, (row) => row.lo),
    servedE4: Float64Array.from(carried, (row) => row.servedE4!),
    burntE4: Float64Array.from(carried, (row) => row.burntE4!),
  };
}

describe("the curve", () => {
  test("is the parameters of the preset earshot", () => {
    expect(earshot.cellWeight).toEqual(rules);
  });

  test.each([
    [0, 2_500],
    [10_000, 6_250],
    [30_000, 8_125],
    [90_000, 9_250],
    [999_990_000, 10_000],
  ])("of %d data credits weighs %d E-4", (credits, weightE4) => {
    expect(curveWeightE4(credits * 10_000, rules)).toBe(weightE4);
  });

  test("rounds a tie to even", () => {
    // Half credits of 1 over 1 + 1: (10000 − 9999) · ½ = 0.5 → 0; with a floor of 9997, 1.5 → 2.
    expect(curveWeightE4(10_000, { ...rules, floorE4: 9_999, halfDataCredits: 1 })).toBe(9_999);
    expect(curveWeightE4(10_000, { ...rules, floorE4: 9_997, halfDataCredits: 1 })).toBe(9_999);
  });
});

describe("the weight of a cell", () => {
  const rich = 10n ** 30n;
  const generous: DataCreditPrice = { atoms: rich, dataCredits: 1n };

  test("is the floor where nobody was served, the curve where the value burnt allows it", () => {
    const rows: Row[] = [
      { lo: 1, shares: 5 },
      { lo: 2, shares: 5, servedE4: 1e8, burntE4: 3e8 },
      { lo: 3, servedE4: 1e8, burntE4: 3e8 },
      { lo: 4, shares: 5, servedE4: 3e8, burntE4: 3e8 },
    ];
    const weights = cellWeights(coverageOf(rows), servedOf(rows), 1_000n, generous, rules);
    expect([...weights.weightE4]).toEqual([2_500, 6_250, 8_125]);
    expect([...weights.servedE4]).toEqual([0, 1e8, 3e8]);
  });

  test("rises above the floor by no more than the value burnt there", () => {
    // Two cells with equal shares U: base = 2 U · 0.25. Burnt in the second: 12,000 credits over 4 parts of disk and 30 epochs
    // = 100 credits = 100,000 base units. u · U · pool ≤ 100,000 · 2 U · 0.25 → u = 50,000 / 1,000,000 = 0.05.
    const rows: Row[] = [
      { lo: 1, shares: 8e8 },
      { lo: 2, shares: 8e8, servedE4: 12_000e4, burntE4: 12_000e4 },
    ];
    const weights = cellWeights(coverageOf(rows), servedOf(rows), 1_000_000n, oneDollar, rules);
    expect([...weights.weightE4]).toEqual([2_500, 3_000]);
  });

  test("is on the bound when the bound is whole, one step below when it is just missed", () => {
    const rows: Row[] = [{ lo: 1, shares: 8e8, servedE4: 12_000e4, burntE4: 12_000e4 }];
    const weightOf = (pool: bigint) =>
      cellWeights(coverageOf(rows), servedOf(rows), pool, oneDollar, rules).weightE4[0];
    expect(weightOf(1_000_000n)).toBe(2_750);
    expect(weightOf(1_000_001n)).toBe(2_749);
  });

  test("follows the curve where it pays nothing: no shares, or no pool", () => {
    const rows: Row[] = [
      { lo: 1, shares: 0, servedE4: 1e8, burntE4: 1e8 },
      { lo: 2, shares: 9 },
    ];
    expect(cellWeights(coverageOf(rows), servedOf(rows), 10n ** 15n, oneDollar, rules).weightE4[0]).toBe(6_250);
    const paid: Row[] = [{ lo: 1, shares: 9, servedE4: 1e8, burntE4: 1e8 }];
    expect(cellWeights(coverageOf(paid), servedOf(paid), 0n, oneDollar, rules).weightE4[0]).toBe(6_250);
  });

  test("is nothing to compute without coverage", () => {
    expect(cellWeights(coverageOf([]), servedOf([{ lo: 1, servedE4: 1, burntE4: 3 }]), 5n, oneDollar, rules)).toEqual({
      servedE4: new Float64Array(0),
      weightE4: new Uint16Array(0),
    });
  });
});

describe("properties of the weight", () => {
  const anyRow = fc.record({
    shares: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e4 }), fc.integer({ min: 1, max: 2 ** 50 })),
    burntE4: fc.integer({ min: 1, max: 2 ** 45 }),
    cut: fc.integer({ min: 1, max: 3 }),
  });
  const anyEpoch = fc.record({
    rows: fc
      .array(anyRow, { minLength: 1, maxLength: 12 })
      .map((rows) =>
        rows.map(({ shares, burntE4, cut }, lo): Row => ({ lo, shares, burntE4, servedE4: Math.floor(burntE4 / cut) })),
      ),
    pool: fc.bigInt({ min: 0n, max: 10n ** 15n }),
    price: fc.record({
      atoms: fc.bigInt({ min: 1n, max: 10n ** 6n }),
      dataCredits: fc.bigInt({ min: 1n, max: 10n ** 6n }),
    }),
    parameters: anyCellWeight,
  });

  test("stays between the floor and the curve", () => {
    fc.assert(
      fc.property(anyEpoch, ({ rows, pool, price, parameters }) => {
        const { weightE4 } = cellWeights(coverageOf(rows), servedOf(rows), pool, price, parameters);
        rows.forEach((row, k) => {
          expect(weightE4[k]).toBeGreaterThanOrEqual(parameters.floorE4);
          expect(weightE4[k]).toBeLessThanOrEqual(curveWeightE4(row.servedE4!, parameters));
        });
      }),
      soaked(300),
    );
  });

  test("lifts any set of cells by no more than the value burnt in them, against the floor and against having no weight", () => {
    fc.assert(
      fc.property(anyEpoch, fc.nat(), ({ rows, pool, price, parameters }, mask) => {
        const { weightE4 } = cellWeights(coverageOf(rows), servedOf(rows), pool, price, parameters);
        const floor = BigInt(parameters.floorE4);
        const shares = rows.map((row) => BigInt(row.shares!));
        const total = shares.reduce((sum, share, k) => sum + share * BigInt(weightE4[k]!), 0n);
        if (total === 0n) return;
        const chosen = rows.map((_, k) => k).filter((k) => (mask >> k) & 1);
        const atFloor = chosen.reduce((sum, k) => sum + shares[k]! * floor, 0n);
        const atWeight = chosen.reduce((sum, k) => sum + shares[k]! * BigInt(weightE4[k]!), 0n);
        const burntE4 = chosen.reduce((sum, k) => sum + rows[k]!.burntE4!, 0);
        const { numerator, denominator } = burntAtoms(burntE4, price, parameters);
        // Pay above the floor: pool · (atWeight − atFloor) / total ≤ burnt.
        expect(pool * (atWeight - atFloor) * denominator <= numerator * total).toBe(true);
        // Pay lost when these cells alone fall to the floor: pool · (atWeight / total − atFloor / totalAtFloor) ≤ burnt.
        const totalAtFloor = total - atWeight + atFloor;
        const lost = pool * (atWeight * totalAtFloor - atFloor * total);
        expect(lost * denominator <= numerator * total * totalAtFloor).toBe(true);
      }),
      soaked(300),
    );
  });

  test("is the greatest that the bound allows: one step more would break it or leave the curve", () => {
    fc.assert(
      fc.property(anyEpoch, ({ rows, pool, price, parameters }) => {
        const { weightE4 } = cellWeights(coverageOf(rows), servedOf(rows), pool, price, parameters);
        const base = rows.reduce((sum, row) => sum + BigInt(row.shares!), 0n) * BigInt(parameters.floorE4);
        rows.forEach((row, k) => {
          if (weightE4[k] === curveWeightE4(row.servedE4!, parameters)) return;
          const { numerator, denominator } = burntAtoms(row.burntE4!, price, parameters);
          const more = BigInt(weightE4[k]! - parameters.floorE4 + 1);
          expect(more * BigInt(row.shares!) * pool * denominator > numerator * base).toBe(true);
        });
      }),
      soaked(300),
    );
  });
});

describe("misuse", () => {
  const good = coverageOf([
    { lo: 1, shares: 1 },
    { lo: 2, shares: 1 },
  ]);
  const none = servedOf([]);

  test("refuses cells out of order, twice, or of another length than their shares", () => {
    const cells = (hi: number[], lo: number[]): CoverageCells => ({
      cellHi: Uint32Array.from(hi),
      cellLo: Uint32Array.from(lo),
      shares: Float64Array.of(1, 1),
    });
    for (const wrong of [cells([7, 7], [2, 1]), cells([7, 7], [1, 1]), cells([8, 7], [1, 2]), cells([7], [1])]) {
      expect(() => cellWeights(wrong, none, 1n, oneDollar, rules)).toThrow("POC_BAD_COLUMNS");
    }
    expect(cellWeights(cells([7, 8], [2, 1]), none, 1n, oneDollar, rules).weightE4).toHaveLength(2);
  });

  test("refuses shares that are not exact integers, a negative pool and a price of nothing", () => {
    for (const shares of [-1, 0.5, Number.NaN, 2 ** 53]) {
      const wrong = { ...good, shares: Float64Array.of(1, shares) };
      expect(() => cellWeights(wrong, none, 1n, oneDollar, rules)).toThrow("POC_BAD_AMOUNT");
    }
    expect(() => cellWeights(good, none, -1n, oneDollar, rules)).toThrow("POC_BAD_AMOUNT");
    expect(() => cellWeights(good, none, 1n, { atoms: 0n, dataCredits: 1n }, rules)).toThrow("POC_BAD_AMOUNT");
    expect(() => dataCreditPrice(0n, 100_000_000n, 1_000n)).toThrow("POC_BAD_AMOUNT");
  });

  test("refuses a floor of zero or above one and a half of zero", () => {
    for (const wrong of [{ floorE4: 0 }, { floorE4: 10_001 }, { floorE4: 0.25 }, { halfDataCredits: 0 }]) {
      expect(() => cellWeights(good, none, 1n, oneDollar, { ...rules, ...wrong })).toThrow("POC_BAD_PARAMETERS");
    }
  });
});
