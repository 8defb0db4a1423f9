import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { earshot } from "../../src/parameters/presets/earshot.ts";
import { type ServedCells, servedCells } from "../../src/score/cell-served.ts";
import { soaked } from "../reward/vector-file.ts";
import {
  anyCarried,
  anyCellWeight,
  anyOwned,
  type Carried,
  history,
  naiveServed,
  type Owned,
  owners,
  pentagonNeighbours,
  torusNeighbours,
} from "./served-model.ts";

const rules = earshot.cellWeight!;
const EPOCH = 100;

function served(carried: readonly Carried[], owned: readonly Owned[] = [], parameters = rules): ServedCells {
  return servedCells(history(carried), owners(owned), EPOCH, parameters, torusNeighbours);
}

function at(cells: ServedCells, hi: number, lo: number): { servedE4: number; burntE4: number } | undefined {
  const row = [...cells.cellHi].findIndex((value, k) => value === hi && cells.cellLo[k] === lo);
  return row < 0 ? undefined : { servedE4: cells.servedE4[row]!, burntE4: cells.burntE4[row]! };
}

const carried = (payer: number, credits: number, hi = 2, lo = 2, epoch = EPOCH): Carried => ({
  epoch,
  hi,
  lo,
  payer,
  credits,
});

describe("demand of a cell", () => {
  test("counts a data credit whole in its cell and half in the six neighbours, nowhere else", () => {
    const cells = served([carried(1, 10), carried(2, 10), carried(3, 10)]);
    expect(cells.servedE4).toHaveLength(7);
    expect(at(cells, 2, 2)).toEqual({ servedE4: 300_000, burntE4: 300_000 });
    for (const [hi, lo] of [
      [2, 3],
      [3, 2],
      [3, 1],
      [2, 1],
      [1, 2],
      [1, 3],
    ] as const) {
      expect(at(cells, hi, lo)).toEqual({ servedE4: 150_000, burntE4: 150_000 });
    }
  });

  test("counts in the five neighbours of a pentagon", () => {
    const rows = [1, 2, 3].map((payer) => carried(payer, 2, 9, 0));
    const cells = servedCells(history(rows), owners([]), EPOCH, rules, pentagonNeighbours);
    expect([...cells.cellLo]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...cells.burntE4]).toEqual([60_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
  });

  test("lists cells in ascending order", () => {
    const cells = served([carried(1, 10, 5, 5), carried(1, 10, 0, 0)]);
    const keys = [...cells.cellHi].map((hi, k) => hi * 100 + cells.cellLo[k]!);
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("takes the scored epoch and the 29 before it, and no later one", () => {
    const credits = (epoch: number) => at(served([carried(1, 10, 2, 2, epoch)]), 2, 2)?.burntE4;
    expect(credits(EPOCH)).toBe(100_000);
    expect(credits(EPOCH - 29)).toBe(100_000);
    expect(credits(EPOCH - 30)).toBeUndefined();
    expect(credits(EPOCH + 1)).toBeUndefined();
  });

  test("is empty without traffic", () => {
    expect(served([]).cellHi).toHaveLength(0);
    expect(served([carried(1, 0)]).cellHi).toHaveLength(0);
  });
});

describe("self-traffic", () => {
  test("does not count in a cell whose disk holds a hotspot of the payer, and does elsewhere", () => {
    // Wallet 1 pays for traffic in (2, 2) and owns a hotspot in (2, 4), two steps away: (2, 3) and (1, 3) … touch both.
    const cells = served([carried(1, 9)], [{ hi: 2, lo: 4, owner: 1 }]);
    expect(at(cells, 2, 3)).toBeUndefined();
    expect(at(cells, 2, 2)?.burntE4).toBe(90_000);
    expect(at(cells, 3, 1)?.burntE4).toBe(45_000);
  });

  test("does not count anywhere in the disk of the carrying cell when the payer owns the hotspot there", () => {
    expect(served([carried(1, 9)], [{ hi: 2, lo: 2, owner: 1 }]).cellHi).toHaveLength(0);
  });

  test("leaves what others pay for the same cell", () => {
    const cells = served([carried(1, 9), carried(2, 6)], [{ hi: 2, lo: 2, owner: 1 }]);
    expect(at(cells, 2, 2)).toEqual({ servedE4: 20_000, burntE4: 60_000 });
  });
});

describe("one payer is a third", () => {
  const servedBy = (...credits: number[]) =>
    at(served(credits.map((amount, k) => carried(k + 1, amount))), 2, 2)!.servedE4 / 10_000;

  test("counts a third of a single payer's credits", () => {
    expect(servedBy(30)).toBe(10);
  });

  test("counts two thirds of two equal payers", () => {
    expect(servedBy(30, 30)).toBe(40);
  });

  test("leaves three equal payers whole", () => {
    expect(servedBy(30, 30, 30)).toBe(90);
  });

  test("cuts only who is above a third of the whole", () => {
    expect(servedBy(100, 20, 30)).toBe(50 + 20 + 30);
  });

  test("rounds the third down to 1e-4", () => {
    expect(at(served([carried(1, 1)]), 2, 2)!.servedE4).toBe(3_333);
  });
});

describe("properties of demand", () => {
  const world = fc.record({
    rows: fc.array(anyCarried, { maxLength: 30 }),
    owned: fc.array(anyOwned, { maxLength: 6 }),
    parameters: anyCellWeight,
  });

  test("equals the rule applied cell by cell", () => {
    fc.assert(
      fc.property(world, ({ rows, owned, parameters }) => {
        const cells = served(rows, owned, parameters);
        const expected = naiveServed(rows, owned, EPOCH, parameters);
        const actual = new Map(
          [...cells.cellHi].map((hi, k) => [
            `${hi}:${cells.cellLo[k]}`,
            { servedE4: cells.servedE4[k]!, burntE4: cells.burntE4[k]! },
          ]),
        );
        expect(actual).toEqual(expected);
      }),
      soaked(150),
    );
  });

  test("does not depend on the order of the rows", () => {
    fc.assert(
      fc.property(world, fc.infiniteStream(fc.nat()), ({ rows, owned, parameters }, stream) => {
        const shuffled = rows
          .map((row) => ({ row, key: stream.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ row }) => row);
        expect(served(shuffled, owned.toReversed(), parameters)).toEqual(served(rows, owned, parameters));
      }),
      soaked(100),
    );
  });

  test("no payer counts for more than the third of what counts there, and traffic is never worth less for more of it", () => {
    fc.assert(
      fc.property(world, anyCarried, ({ rows, parameters }, extra) => {
        const before = served(rows, [], parameters);
        const after = served([...rows, extra], [], parameters);
        [...before.cellHi].forEach((hi, k) => {
          const grown = at(after, hi, before.cellLo[k]!)!;
          expect(grown.servedE4).toBeGreaterThanOrEqual(before.servedE4[k]!);
          expect(grown.burntE4).toBeGreaterThanOrEqual(before.burntE4[k]!);
        });
        const { payer } = extra;
        const withoutPayer = served(
          rows.filter((row) => row.payer !== payer),
          [],
          parameters,
        );
        [...before.cellHi].forEach((hi, k) => {
          const others = at(withoutPayer, hi, before.cellLo[k]!)?.burntE4 ?? 0;
          const own = before.servedE4[k]! - Math.min(before.servedE4[k]!, others);
          expect(own * parameters.payerCapDivisor).toBeLessThanOrEqual(before.burntE4[k]!);
        });
      }),
      soaked(150),
    );
  });

  test("spreads at most the weight of a full disk of every credit carried", () => {
    fc.assert(
      fc.property(world, ({ rows, owned, parameters }) => {
        const cells = served(rows, owned, parameters);
        const carriedCredits = rows.reduce((sum, row) => sum + row.credits, 0);
        const spreadE4 = cells.burntE4.reduce((sum, value) => sum + value, 0);
        expect(spreadE4).toBeLessThanOrEqual(carriedCredits * (10_000 + 6 * parameters.neighbourE4));
      }),
      soaked(100),
    );
  });
});

describe("misuse", () => {
  test("refuses columns of different length", () => {
    const rows = history([carried(1, 10)]);
    const short = { ...rows, payer: new Uint32Array(0) };
    expect(() => servedCells(short, owners([]), EPOCH, rules, torusNeighbours)).toThrow("POC_BAD_COLUMNS");
    const noCells = { ...owners([{ hi: 0, lo: 0, owner: 1 }]), cellLo: new Uint32Array(0) };
    expect(() => servedCells(rows, noCells, EPOCH, rules, torusNeighbours)).toThrow("POC_BAD_COLUMNS");
  });

  test("refuses data credits that are not whole, negative or beyond an exact sum", () => {
    for (const credits of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => served([carried(1, credits)])).toThrow("POC_BAD_AMOUNT");
    }
    expect(() => served([carried(1, 2 ** 52), carried(2, 2 ** 52)])).toThrow("POC_BAD_AMOUNT");
  });

  test("refuses parameters out of range", () => {
    for (const wrong of [{ epochs: 0 }, { neighbourE4: 10_001 }, { neighbourE4: -1 }, { payerCapDivisor: 0 }]) {
      expect(() => served([carried(1, 1)], [], { ...rules, ...wrong })).toThrow("POC_BAD_PARAMETERS");
    }
  });
});
