/** The rows of splits.arrow and, in the same order, of split-rewards.arrow: made from shares, and found by hotspot. */
import { allocateColumns, type Columns, splitsTable } from "@earshot/poc";
import { lowerBound } from "./lower-bound.ts";

const WALLET_BYTES = 32;

/** A part of a hotspot's rewards. */
export interface SplitShare {
  /** Row in hotspots.arrow. */
  readonly hotspot: number;
  /** 32 bytes. */
  readonly wallet: Uint8Array;
  readonly shareE4: number;
}

/** splits.arrow from shares in any order. */
export function splitsOf(shares: readonly SplitShare[]): Columns<typeof splitsTable> {
  const rows = shares.toSorted((a, b) => a.hotspot - b.hotspot || Buffer.compare(a.wallet, b.wallet));
  const splits = allocateColumns(splitsTable, rows.length);
  rows.forEach(({ hotspot, wallet, shareE4 }, row) => {
    splits.hotspot[row] = hotspot;
    splits.wallet.set(wallet, row * WALLET_BYTES);
    splits.share_e4[row] = shareE4;
  });
  return splits;
}

/** The rows of a hotspot, given the `hotspot` column; none for one that pays a single wallet. */
export function splitRowsOf(hotspots: Uint32Array, hotspot: number): readonly number[] {
  const rowOf = (wanted: number) => lowerBound(hotspots.length, (row) => hotspots[row] < wanted);
  const first = rowOf(hotspot);
  return Array.from({ length: rowOf(hotspot + 1) - first }, (_, at) => first + at);
}
