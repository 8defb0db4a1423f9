/** What the detectors' findings come to: weighted shares, and links that are not paid. */
import type { ShareSums } from "../epoch/share-sums.ts";
import type { PartitionVerdicts } from "../epoch/verify-partition.ts";
import { hotspotOfRow } from "../verify/witness-job.ts";
import type { LinkSet } from "./link-set.ts";

const ONE_E4 = 10_000n;

/**
 * Takes back the selection of receptions over void links, of `hotspots` hotspots. Writes into the partitions; of the receptions that are left
 * each is worth what it is worth among as many.
 */
export function dropVoidLinks(
  beaconers: Uint32Array,
  partitions: readonly PartitionVerdicts[],
  voidLinks: LinkSet,
  hotspots: number,
): void {
  if (voidLinks.isEmpty) return;
  const { first, counterpart } = voidLinks.byHotspot(hotspots);
  // The last beaconer, counted from 1, with which each hotspot has a void link.
  const voidWith = new Uint32Array(hotspots);
  for (const { beaconOfGroup, rows, selected, selectedCount, starts } of partitions) {
    for (let group = 0; group < beaconOfGroup.length - 1; group++) {
      const beaconer = beaconers[beaconOfGroup[group]];
      const end = first[beaconer + 1];
      if (selectedCount[group] === 0 || first[beaconer] === end) continue;
      for (let at = first[beaconer]; at < end; at++) voidWith[counterpart[at]] = beaconer + 1;
      for (let row = starts[group]; row < starts[group + 1]; row++) {
        if (selected[row] === 0 || voidWith[hotspotOfRow(rows, row)] !== beaconer + 1) continue;
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
