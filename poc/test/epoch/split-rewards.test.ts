import fc from "fast-check";
import { expect, test } from "vitest";
import { paymentsOf, splitRewards } from "../../src/epoch/split-rewards.ts";
import { allocateColumns, NO_ROW, rewardsTable, splitsTable } from "../../src/index.ts";

const KINDS = ["beacon_atoms", "witness_atoms", "data_atoms"] as const;
const wallet = (byte: number) => new Uint8Array(32).fill(byte);

/** Rewards by hotspot and the treasury's row; splits as [hotspot, wallet byte, share]. */
function epoch(
  atoms: readonly (readonly [bigint, bigint, bigint])[],
  shares: readonly (readonly [number, number, number])[],
) {
  const rewards = allocateColumns(rewardsTable, atoms.length + 1);
  atoms.forEach((paid, row) => {
    rewards.hotspot[row] = row;
    KINDS.forEach((kind, at) => {
      rewards[kind][row] = paid[at]!;
    });
    if (!shares.some(([hotspot]) => hotspot === row)) rewards.beneficiary.set(wallet(200 + row), row * 32);
  });
  rewards.hotspot[atoms.length] = NO_ROW;
  rewards.data_atoms[atoms.length] = 1_000n;
  const splits = allocateColumns(splitsTable, shares.length);
  shares.forEach(([hotspot, byte, share], row) => {
    splits.hotspot[row] = hotspot;
    splits.wallet.set(wallet(byte), row * 32);
    splits.share_e4[row] = share;
  });
  return { rewards, splits };
}

test("a split is paid by largest remainder in every column, the lower wallet first on equal remainders", () => {
  const { rewards, splits } = epoch(
    [[101n, 3n, 1n]],
    [
      [0, 1, 5_000],
      [0, 2, 5_000],
    ],
  );
  const paid = splitRewards(splits, rewards);
  expect([...paid.beacon_atoms]).toEqual([51n, 50n]);
  expect([...paid.witness_atoms]).toEqual([2n, 1n]);
  expect([...paid.data_atoms]).toEqual([1n, 0n]);
});

test("payments are the wallets of hotspots that share nothing, then those of splits; the treasury is not among them", () => {
  const { rewards, splits } = epoch(
    [
      [10n, 0n, 0n],
      [7n, 0n, 3n],
    ],
    [
      [1, 1, 2_500],
      [1, 2, 7_500],
    ],
  );
  const payments = paymentsOf(rewards, splitRewards(splits, rewards));
  expect([...payments.atoms]).toEqual([10n, 3n, 7n]);
  expect([payments.wallets[0], payments.wallets[32], payments.wallets[64]]).toEqual([200, 1, 2]);
});

test("without splits everything goes to the one wallet of each hotspot", () => {
  const { rewards } = epoch([[4n, 5n, 6n]], []);
  const payments = paymentsOf(rewards, splitRewards(undefined, rewards));
  expect([...payments.atoms]).toEqual([15n]);
});

test("the rows of a split sum to the hotspot's in every column, and nobody is a base unit from their share", () => {
  const amount = fc.bigInt({ min: 0n, max: (1n << 60n) - 1n });
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.tuple(amount, amount, amount), fc.option(cuts)), { minLength: 1, maxLength: 8 }),
      (all) => {
        const shares = all.flatMap(([, own], hotspot) =>
          own === null
            ? []
            : [0, ...own.toSorted((a, b) => a - b), 10_000]
                .map((cut, at, ends) => [hotspot, at, cut - (ends[at - 1] ?? 0)] as const)
                .slice(1),
        );
        const { rewards, splits } = epoch(
          all.map(([atoms]) => atoms),
          shares,
        );
        const paid = splitRewards(splits, rewards);
        all.forEach(([atoms, own], hotspot) => {
          if (own === null) return;
          KINDS.forEach((kind, at) => {
            let sum = 0n;
            paid.hotspot.forEach((of, row) => {
              if (of !== hotspot) return;
              sum += paid[kind][row]!;
              const quota = (atoms[at]! * BigInt(splits.share_e4[row]!)) / 10_000n;
              expect(paid[kind][row]! - quota === 0n || paid[kind][row]! - quota === 1n).toBe(true);
            });
            expect(sum).toBe(atoms[at]!);
          });
        });
        const payments = paymentsOf(rewards, paid);
        const whole = all.reduce((sum, [atoms]) => sum + atoms[0] + atoms[1] + atoms[2], 0n);
        expect(payments.atoms.reduce((sum, atoms) => sum + atoms, 0n)).toBe(whole);
      },
    ),
  );
});

test("a split of a hotspot that is not there, or among nobody, is refused with a code", () => {
  for (const share of [[1, 1, 10_000] as const, [0, 1, 0] as const]) {
    const { rewards, splits } = epoch([[4n, 5n, 6n]], [share]);
    expect(() => splitRewards(splits, rewards)).toThrow("POC_BAD_COLUMNS");
  }
});
