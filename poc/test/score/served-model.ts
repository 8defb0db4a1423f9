/** A small world of hexagons for tests of demand: cells are (row, column) of a torus, wallets small numbers. */
import fc from "fast-check";
import type { CellWeightParameters } from "../../src/parameters/network-parameters.ts";
import type { HotspotOwners, ServedHistory } from "../../src/score/cell-served.ts";

/** Rows and columns of the torus: wide enough that the six neighbours of a cell differ. */
export const TORUS = 6;

const STEPS = [
  [0, 1],
  [1, 0],
  [1, -1],
  [0, -1],
  [-1, 0],
  [-1, 1],
] as const;

/** Six neighbours on the torus. */
export function torusNeighbours(hi: number, lo: number, outHi: Uint32Array, outLo: Uint32Array): number {
  STEPS.forEach(([down, right], k) => {
    outHi[k] = (hi + down + TORUS) % TORUS;
    outLo[k] = (lo + right + TORUS) % TORUS;
  });
  return STEPS.length;
}

/** A cell with five neighbours, all with the same tag, as around a pentagon; the pentagon is (9, 0), the others (9, 1 … 5). */
export function pentagonNeighbours(hi: number, lo: number, outHi: Uint32Array, outLo: Uint32Array): number {
  const around = lo === 0 ? [1, 2, 3, 4, 5] : [0, lo === 1 ? 5 : lo - 1, lo === 5 ? 1 : lo + 1];
  around.forEach((other, k) => {
    outHi[k] = hi;
    outLo[k] = other;
  });
  return around.length;
}

export interface Carried {
  readonly epoch: number;
  readonly hi: number;
  readonly lo: number;
  readonly payer: number;
  readonly credits: number;
}

export interface Owned {
  readonly hi: number;
  readonly lo: number;
  readonly owner: number;
}

export function history(rows: readonly Carried[]): ServedHistory {
  return {
    epoch: Uint32Array.from(rows, (row) => row.epoch),
    cellHi: Uint32Array.from(rows, (row) => row.hi),
    cellLo: Uint32Array.from(rows, (row) => row.lo),
    payer: Uint32Array.from(rows, (row) => row.payer),
    dataCredits: Float64Array.from(rows, (row) => row.credits),
  };
}

export function owners(rows: readonly Owned[]): HotspotOwners {
  return {
    cellHi: Uint32Array.from(rows, (row) => row.hi),
    cellLo: Uint32Array.from(rows, (row) => row.lo),
    owner: Uint32Array.from(rows, (row) => row.owner),
  };
}

const coordinate = fc.integer({ min: 0, max: TORUS - 1 });
const wallet = fc.integer({ min: 1, max: 5 });

export const anyCarried: fc.Arbitrary<Carried> = fc.record({
  epoch: fc.integer({ min: 95, max: 103 }),
  hi: coordinate,
  lo: coordinate,
  payer: wallet,
  credits: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5_000_000 })),
});

export const anyOwned: fc.Arbitrary<Owned> = fc.record({ hi: coordinate, lo: coordinate, owner: wallet });

export const anyCellWeight: fc.Arbitrary<CellWeightParameters> = fc.record({
  floorE4: fc.integer({ min: 1, max: 10_000 }),
  halfDataCredits: fc.integer({ min: 1, max: 100_000 }),
  neighbourE4: fc.integer({ min: 0, max: 10_000 }),
  epochs: fc.integer({ min: 1, max: 6 }),
  payerCapDivisor: fc.integer({ min: 1, max: 4 }),
});

/** Demand by cell, "hi:lo" → 1e-4 data credits, computed row by row and cell by cell from the words of the rule. */
export function naiveServed(
  carried: readonly Carried[],
  owned: readonly Owned[],
  epoch: number,
  parameters: CellWeightParameters,
): Map<string, { servedE4: number; burntE4: number }> {
  const result = new Map<string, { servedE4: number; burntE4: number }>();
  for (let hi = 0; hi < TORUS; hi++) {
    for (let lo = 0; lo < TORUS; lo++) {
      const inDisk = (otherHi: number, otherLo: number) => {
        if (otherHi === hi && otherLo === lo) return "cell";
        const outHi = new Uint32Array(6);
        const outLo = new Uint32Array(6);
        torusNeighbours(hi, lo, outHi, outLo);
        return outHi.some((value, k) => value === otherHi && outLo[k] === otherLo) ? "neighbour" : "outside";
      };
      const byPayer = new Map<number, number>();
      for (const row of carried) {
        const place = inDisk(row.hi, row.lo);
        const isSelfPaid = owned.some((own) => own.owner === row.payer && inDisk(own.hi, own.lo) !== "outside");
        if (place === "outside" || isSelfPaid || row.epoch > epoch || row.epoch <= epoch - parameters.epochs) continue;
        const shareE4 = place === "cell" ? 10_000 : parameters.neighbourE4;
        byPayer.set(row.payer, (byPayer.get(row.payer) ?? 0) + row.credits * shareE4);
      }
      const burntE4 = [...byPayer.values()].reduce((sum, value) => sum + value, 0);
      const capE4 = Number(BigInt(burntE4) / BigInt(parameters.payerCapDivisor));
      const servedE4 = [...byPayer.values()].reduce((sum, value) => sum + Math.min(value, capE4), 0);
      if (burntE4 > 0) result.set(`${hi}:${lo}`, { servedE4, burntE4 });
    }
  }
  return result;
}
