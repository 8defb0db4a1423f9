import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sumAtoms, U64_MAX } from "../../src/reward/amount.ts";
import { closeLedger, EMPTY_LEDGER, type Ledger, type Payments } from "../../src/reward/ledger.ts";
import { buildMerkleSumTree } from "../../src/reward/merkle-sum-tree.ts";
import { soaked } from "./vector-file.ts";

/** A wallet told apart by its first and its last byte, so that both halves of the comparison decide. */
function wallet(id: number): Uint8Array {
  const key = new Uint8Array(32);
  key[0] = id >> 2;
  key[31] = id & 3;
  return key;
}

function payments(rows: readonly (readonly [number, bigint])[]): Payments {
  return {
    wallets: new Uint8Array(rows.flatMap(([id]) => [...wallet(id)])),
    atoms: BigUint64Array.from(rows, ([, atoms]) => atoms),
  };
}

function entries(ledger: Ledger): [number, bigint, bigint][] {
  return [...ledger.cumulativeAtoms].map((cumulative, row) => [
    ledger.wallets[row * 32]! * 4 + ledger.wallets[row * 32 + 31]!,
    ledger.epochAtoms[row]!,
    cumulative,
  ]);
}

const TREASURY = 5;
const close = (previous: Ledger, rows: readonly (readonly [number, bigint])[], treasuryAtoms = 0n) =>
  closeLedger(previous, payments(rows), wallet(TREASURY), treasuryAtoms);

describe("the ledger", () => {
  test("sums an epoch's payments by wallet, in order of the wallets' bytes", () => {
    const ledger = close(
      EMPTY_LEDGER,
      [
        [9, 4n],
        [2, 1n],
        [9, 6n],
        [8, 3n],
      ],
      7n,
    );
    expect(entries(ledger)).toEqual([
      [2, 1n, 1n],
      [5, 7n, 7n],
      [8, 3n, 3n],
      [9, 10n, 10n],
    ]);
  });

  test("adds to what was earned before, keeps who earned nothing and lets in who is new", () => {
    const first = close(
      EMPTY_LEDGER,
      [
        [9, 4n],
        [2, 1n],
      ],
      7n,
    );
    expect(
      entries(
        close(first, [
          [1, 2n],
          [9, 5n],
          [10, 1n],
        ]),
      ),
    ).toEqual([
      [1, 2n, 2n],
      [2, 0n, 1n],
      [5, 0n, 7n],
      [9, 5n, 9n],
      [10, 1n, 1n],
    ]);
  });

  test("has the treasury from the first epoch, also with nothing, and nobody else without a base unit", () => {
    expect(entries(close(EMPTY_LEDGER, [[3, 0n]]))).toEqual([[TREASURY, 0n, 0n]]);
  });

  test("adds what the treasury is paid as a wallet to what is left for it", () => {
    expect(entries(close(EMPTY_LEDGER, [[TREASURY, 2n]], 3n))).toEqual([[TREASURY, 5n, 5n]]);
  });

  test("never falls, grows by exactly what was paid, and is always a tree", () => {
    const epoch = fc.record({
      rows: fc.array(fc.tuple(fc.integer({ min: 0, max: 15 }), fc.bigInt({ min: 0n, max: 1n << 50n })), {
        maxLength: 12,
      }),
      treasury: fc.bigInt({ min: 0n, max: 1n << 50n }),
    });
    fc.assert(
      fc.property(fc.array(epoch, { minLength: 1, maxLength: 5 }), (epochs) => {
        let ledger = EMPTY_LEDGER;
        for (const { rows, treasury } of epochs) {
          const next = close(ledger, rows, treasury);
          const paid = rows.reduce((sum, [, atoms]) => sum + atoms, treasury);
          expect(sumAtoms(next.epochAtoms)).toBe(paid);
          expect(sumAtoms(next.cumulativeAtoms)).toBe(sumAtoms(ledger.cumulativeAtoms) + paid);
          const after = new Map(entries(next).map(([id, , cumulative]) => [id, cumulative]));
          for (const [id, , cumulative] of entries(ledger)) expect(after.get(id)! >= cumulative).toBe(true);
          const tree = buildMerkleSumTree(wallet(0), next.wallets, next.cumulativeAtoms);
          expect(tree.root.totalAtoms).toBe(sumAtoms(next.cumulativeAtoms));
          expect(close(ledger, rows.toReversed(), treasury)).toEqual(next);
          ledger = next;
        }
      }),
      soaked(80),
    );
  });

  test("refuses wallets that are not 32 bytes for each amount", () => {
    const good = payments([[1, 1n]]);
    const short = { ...good, wallets: good.wallets.subarray(1) };
    expect(() => closeLedger(EMPTY_LEDGER, short, wallet(5), 0n)).toThrow("POC_BAD_LENGTH");
    const torn = { wallets: short.wallets, cumulativeAtoms: good.atoms };
    expect(() => closeLedger(torn, good, wallet(5), 0n)).toThrow("POC_BAD_LENGTH");
    expect(() => closeLedger(EMPTY_LEDGER, good, wallet(5).subarray(1), 0n)).toThrow("POC_BAD_LENGTH");
  });

  test("refuses a ledger out of order or with a wallet twice", () => {
    for (const ids of [
      [2, 1],
      [1, 1],
    ]) {
      const wrong = payments(ids.map((id) => [id, 1n] as const));
      const previous = { wallets: wrong.wallets, cumulativeAtoms: wrong.atoms };
      expect(() => closeLedger(previous, payments([]), wallet(5), 0n)).toThrow("POC_BAD_ENCODING");
    }
  });

  test("refuses a sum beyond u64 and a treasury amount that is none", () => {
    const full = close(EMPTY_LEDGER, [[1, U64_MAX]]);
    expect(() => close(full, [[1, 1n]])).toThrow("POC_BAD_AMOUNT");
    expect(() =>
      close(EMPTY_LEDGER, [
        [1, U64_MAX],
        [1, 1n],
      ]),
    ).toThrow("POC_BAD_AMOUNT");
    expect(() => close(EMPTY_LEDGER, [], -1n)).toThrow("POC_BAD_AMOUNT");
    expect(() => close(EMPTY_LEDGER, [], U64_MAX + 1n)).toThrow("POC_BAD_AMOUNT");
  });
});
