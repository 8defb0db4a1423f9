/** What the detectors' findings come to: weighted shares, and links that are not paid. */
import type { ShareSums } from "../epoch/share-sums.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { edgeCode, hotspotOfRow } from "../verify/witness-job.ts";

const ONE_E4 = 10_000n;

/**
 * Takes back the selection of receptions over void links. Writes into the partitions; of the receptions that are left each is worth what
 * it is worth among as many.
 */
export function dropVoidLinks(
  beaconers: Uint32Array,
  partitions: readonly PartitionVerdicts[],
  voidLinks: ReadonlySet<number>,
): void {
  if (voidLinks.size === 0) return;
  for (const { beaconOfGroup, rows, selected, selectedCount, starts } of partitions) {
    for (let group = 0; group < beaconOfGroup.length - 1; group++) {
      if (selectedCount[group] === 0) continue;
      const beaconer = beaconers[beaconOfGroup[group]];
      for (let row = starts[group]; row < starts[group + 1]; row++) {
        if (selected[row] === 0 || !voidLinks.has(edgeCode(beaconer, hotspotOfRow(rows, row)))) continue;
        selected[row] = 0;
        selectedCount[group]--;
      }
    }
  }
}

/** Shares times weight, 1e-12, rounded down; the same sums where no weights are given. */
export function weighShares(shares: ShareSums, weightE4: Uint16Array | undefined): ShareSums {
  if (weightE4 === undefined) return shares;
  weightE4.forEach((weight, hotspot) => {
    if (weight === 10_000) return;
    shares.beacon[hotspot] = weighShare(shares.beacon[hotspot], weight);
    shares.witness[hotspot] = weighShare(shares.witness[hotspot], weight);
  });
  return shares;
}

/** One share times a weight in 1e-4, rounded down. */
export function weighShare(share: bigint, weightE4: number): bigint {
  return (share * BigInt(weightE4)) / ONE_E4;
}
