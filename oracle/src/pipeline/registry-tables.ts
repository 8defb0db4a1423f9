/**
 * The registry of an epoch as hotspots.arrow, splits.arrow and payers.arrow, from accounts that were read in that epoch or later.
 *
 * What is written to a hotspot holds from the next epoch on, and its account keeps the value before. A reading made while the epoch runs
 * therefore tells its registry whole. Later ones do as well, but for hotspots that were written to after the epoch that follows it: what
 * they held before may have been pushed out, and only the chain's history says that nothing was (record-facts.ts asks it).
 */
import { allocateColumns, hotspotsTable, payersTable } from "@earshot/poc";
import { type SplitShare, splitsOf } from "../epoch-folder/split-rows.ts";
import type { HotspotAccount } from "../registry/hotspot-account.ts";
import { type Timed, timedAt } from "../registry/timed.ts";
import type { EpochOpening } from "./epoch-facts.ts";

const KEY_BYTES = 33;

/** Hotspots as they were in an epoch: by (cell, key), those onboarded before it. Their accounts must not be unsure. */
export function hotspotsAt(
  accounts: Iterable<HotspotAccount>,
  epoch: number,
): Pick<EpochOpening, "hotspots" | "splits"> {
  const rows = [...accounts].filter(({ onboardedEpoch }) => onboardedEpoch < epoch);
  const cellOf = ({ location }: HotspotAccount) => timedAt(location, epoch).cell;
  rows.sort((a, b) => {
    const [one, other] = [cellOf(a), cellOf(b)];
    return one === other ? Buffer.compare(a.deviceKey, b.deviceKey) : one < other ? -1 : 1;
  });
  const hotspots = allocateColumns(hotspotsTable, rows.length);
  const shared: SplitShare[] = [];
  rows.forEach((account, row) => {
    const { cell, cellPublic, commitment, region } = timedAt(account.location, epoch);
    const { gainDdbi, elevationM } = timedAt(account.antenna, epoch);
    hotspots.key.set(account.deviceKey, row * KEY_BYTES);
    hotspots.gateway_id.set(account.gatewayId, row * 8);
    hotspots.owner.set(timedAt(account.owner, epoch), row * 32);
    const shares = timedAt(account.beneficiary, epoch);
    if (shares.length === 1) hotspots.beneficiary.set(shares[0]!.wallet, row * 32);
    else for (const { wallet, bps } of shares) shared.push({ hotspot: row, wallet, shareE4: bps });
    hotspots.cell[row] = cell;
    hotspots.cell_public[row] = cellPublic;
    // An open location needs no commitment: everybody sees what it would hide.
    if (cell === 0n) hotspots.location_commitment.set(commitment, row * 32);
    hotspots.gain_ddbi[row] = gainDdbi;
    hotspots.elevation_m[row] = elevationM;
    hotspots.region[row] = region;
    hotspots.capability[row] = account.kind === "full" ? 1 : 0;
    hotspots.suspended[row] = timedAt(account.suspended, epoch) ? 1 : 0;
    hotspots.first_epoch[row] = account.onboardedEpoch + 1;
  });
  return { hotspots, ...(shared.length === 0 ? {} : { splits: splitsOf(shared) }) };
}

/**
 * The epoch whose state an account still tells, where that is a later one than `epoch`: it holds for `epoch` as well if nothing was
 * written from `epoch` on until then. Undefined for an account that tells `epoch` itself.
 */
export function unsureUntil(account: HotspotAccount, epoch: number): number | undefined {
  if (account.onboardedEpoch >= epoch) return undefined;
  const { owner, location, antenna, suspended, beneficiary } = account;
  const timed: readonly Timed<unknown>[] = [owner, location, antenna, suspended, beneficiary];
  const last = Math.max(...timed.map(({ fromEpoch }) => fromEpoch)) - 1;
  return last > epoch ? last : undefined;
}

/** A payer as payers.arrow has it. */
export interface Payer {
  /** 33 bytes. */
  readonly key: Uint8Array;
  /** Wallet, 32 bytes. */
  readonly authority: Uint8Array;
}

/** payers.arrow. */
export function payersTableOf(payers: readonly Payer[]): EpochOpening["payers"] {
  const rows = [...payers].sort((a, b) => Buffer.compare(a.key, b.key));
  const columns = allocateColumns(payersTable, rows.length);
  rows.forEach(({ key, authority }, row) => {
    columns.key.set(key, row * KEY_BYTES);
    columns.payer.set(authority, row * 32);
  });
  return columns;
}
