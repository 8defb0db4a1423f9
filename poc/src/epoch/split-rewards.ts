/**
 * Divides what a hotspot earned among the wallets of its split, to the last base unit.
 *
 * Beacon, reception and data pay are divided each by itself by largest remainder, the lower wallet first where remainders are equal, so
 * that the wallets' rows sum to the hotspot's in every column. Which wallets and shares is the registry's word (DESIGN, On chain).
 */
import { pocError } from "../errors.ts";
import { allocateByLargestRemainder } from "../reward/allocation.ts";
import type { Payments } from "../reward/ledger.ts";
import { WALLET_BYTES } from "../reward/wallet-order.ts";
import { allocateColumns, type Columns } from "./columns.ts";
import { NO_ROW, type rewardsTable, splitRewardsTable, type splitsTable } from "./tables.ts";

const KINDS = ["beacon_atoms", "witness_atoms", "data_atoms"] as const;

/** split-rewards.arrow: rows as in `splits`, which is in order of hotspot. `rewards` has hotspot h in row h. Throws POC_BAD_COLUMNS. */
export function splitRewards(
  splits: Columns<typeof splitsTable> | undefined,
  rewards: Columns<typeof rewardsTable>,
): Columns<typeof splitRewardsTable> {
  const rows = splits?.hotspot.length ?? 0;
  const paid = allocateColumns(splitRewardsTable, rows);
  if (splits === undefined) return paid;
  paid.hotspot.set(splits.hotspot);
  paid.wallet.set(splits.wallet);
  let end = 0;
  for (let start = 0; start < rows; start = end) {
    const hotspot = splits.hotspot[start];
    while (end < rows && splits.hotspot[end] === hotspot) end++;
    const shares = Uint32Array.from(splits.share_e4.subarray(start, end));
    if (hotspot >= rewards.hotspot.length - 1 || shares.every((share) => share === 0)) {
      throw pocError(
        "POC_BAD_COLUMNS",
        `splits: row ${start}: hotspot ${hotspot} is not there, or is shared by nobody`,
      );
    }
    for (const kind of KINDS) paid[kind].set(allocateByLargestRemainder(rewards[kind][hotspot], shares).amounts, start);
  }
  return paid;
}

/** What every wallet is paid: a hotspot's one wallet, or those of its split. The treasury's row, which is last, is not among them. */
export function paymentsOf(rewards: Columns<typeof rewardsTable>, split: Columns<typeof splitRewardsTable>): Payments {
  const isSplit = new Set(split.hotspot);
  const whole = rewards.hotspot.filter((hotspot) => hotspot !== NO_ROW && !isSplit.has(hotspot));
  const wallets = new Uint8Array((whole.length + split.hotspot.length) * WALLET_BYTES);
  const atoms = new BigUint64Array(whole.length + split.hotspot.length);
  whole.forEach((row, at) => {
    wallets.set(rewards.beneficiary.subarray(row * WALLET_BYTES, (row + 1) * WALLET_BYTES), at * WALLET_BYTES);
    atoms[at] = atomsOf(rewards, row);
  });
  wallets.set(split.wallet, whole.length * WALLET_BYTES);
  for (let row = 0; row < split.hotspot.length; row++) atoms[whole.length + row] = atomsOf(split, row);
  return { wallets, atoms };
}

function atomsOf(pay: Pick<Columns<typeof rewardsTable>, (typeof KINDS)[number]>, row: number): bigint {
  return pay.beacon_atoms[row] + pay.witness_atoms[row] + pay.data_atoms[row];
}
