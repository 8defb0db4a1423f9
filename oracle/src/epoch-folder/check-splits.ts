/** What splits.arrow must say: who shares a hotspot's rewards, and that nobody's is divided twice or in part. */
import type { EpochInput } from "@earshot/poc";
import { checkAscending, compareBytes, type Refuse } from "./check-tables.ts";

const WALLET_BYTES = 32;
const ONE_E4 = 10_000;
/** Most wallets of a split (programs/registry, MAX_SHARES). */
const MAX_SHARES = 6;

/**
 * Checks that rows ascend by (hotspot, wallet), that a hotspot's are two to six and sum to one, and that its row in hotspots.arrow names no
 * other wallet: the one form of a split. Throws ORC_BAD_ROW.
 */
export function checkSplits({ hotspots, splits }: Pick<EpochInput, "hotspots" | "splits">, refuse: Refuse): void {
  const rows = splits?.hotspot.length ?? 0;
  const isSplit = new Uint8Array(hotspots.region.length);
  if (splits !== undefined) {
    checkAscending("splits", "wallet", rows, refuse, (row) =>
      splits.hotspot[row] !== splits.hotspot[row - 1]
        ? splits.hotspot[row] - splits.hotspot[row - 1]
        : compareBytes(splits.wallet, row, row - 1, WALLET_BYTES),
    );
    for (let start = 0; start < rows; ) {
      const hotspot = splits.hotspot[start];
      if (hotspot >= isSplit.length) refuse("splits", "hotspot", start, `${hotspot} of ${isSplit.length} rows`);
      let sum = 0;
      let end = start;
      for (; end < rows && splits.hotspot[end] === hotspot; end++) {
        if (splits.share_e4[end] === 0) refuse("splits", "share_e4", end, "a share of nothing");
        if (isZero(splits.wallet, end)) refuse("splits", "wallet", end, "no wallet");
        sum += splits.share_e4[end];
      }
      if (end - start < 2 || end - start > MAX_SHARES)
        refuse("splits", "hotspot", start, `${end - start} wallets, 2 to ${MAX_SHARES} expected`);
      if (sum !== ONE_E4) refuse("splits", "share_e4", start, `shares sum to ${sum}, not to ${ONE_E4}`);
      isSplit[hotspot] = 1;
      start = end;
    }
  }
  for (let row = 0; row < isSplit.length; row++) {
    if (isSplit[row] === 1 && !isZero(hotspots.beneficiary, row))
      refuse("hotspots", "beneficiary", row, "has a wallet and a split");
  }
}

function isZero(wallets: Uint8Array, row: number): boolean {
  return wallets.subarray(row * WALLET_BYTES, (row + 1) * WALLET_BYTES).every((byte) => byte === 0);
}
