/**
 * Shares of every hotspot: reward units × density scale × cell weight of the place the beacon was sent from (HIP-15, HIP-17).
 *
 * All three factors are integers in 1e-4, so a share is an exact integer in 1e-12. Sums can pass 2^53 in a hostile epoch, so they are
 * kept as two doubles, high × 1e4 + low, each of which stays exact to 45 million proofs per hotspot.
 */

import { pocError } from "../errors.ts";
import type { RewardUnitTable } from "../score/reward-units.ts";
import { hotspotOfRow } from "../verify/witness-job.ts";
import type { EpochContext } from "./epoch-context.ts";
import type { PartitionVerdicts } from "./verify-partition.ts";

/** Exact sums by hotspot row, 1e-12. */
export interface ShareSums {
  readonly beacon: BigUint64Array;
  readonly witness: BigUint64Array;
}

const PART = 10_000;

/** `transmitE8`: scale × weight of each hotspot's location, 1e-8. */
export function sumShares(
  context: EpochContext,
  partitions: readonly PartitionVerdicts[],
  units: RewardUnitTable,
  transmitE8: Float64Array,
): ShareSums {
  const count = context.hotspots.count;
  // High and low part of a hotspot side by side: one cache line for both.
  const beacon = new Float64Array(2 * count);
  const witness = new Float64Array(2 * count);
  for (const verdicts of partitions) {
    const { selected, rows, starts, selectedCount } = verdicts;
    for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
      const paid = selectedCount[group];
      if (paid === 0) continue;
      const beaconer = context.beacons.hotspot[verdicts.beaconOfGroup[group]];
      const transmit = transmitE8[beaconer];
      if (transmit === 0) continue;
      const high = Math.floor(transmit / PART);
      const low = transmit - high * PART;
      beacon[2 * beaconer] += units.beaconerE4[paid] * high;
      beacon[2 * beaconer + 1] += units.beaconerE4[paid] * low;
      const witnessHigh = units.witnessE4[paid] * high;
      const witnessLow = units.witnessE4[paid] * low;
      for (let row = starts[group]; row < starts[group + 1]; row++) {
        if (selected[row] === 0) continue;
        const place = 2 * hotspotOfRow(rows, row);
        witness[place] += witnessHigh;
        witness[place + 1] += witnessLow;
      }
    }
  }
  return { beacon: join(beacon), witness: join(witness) };
}

function join(parts: Float64Array): BigUint64Array {
  const sums = new BigUint64Array(parts.length / 2);
  for (let hotspot = 0; hotspot < sums.length; hotspot++) {
    const high = parts[2 * hotspot];
    const low = parts[2 * hotspot + 1];
    if (!Number.isSafeInteger(high) || !Number.isSafeInteger(low)) {
      throw pocError("POC_INVARIANT", `shares of hotspot ${hotspot} passed what a double holds exactly`);
    }
    const whole = high * PART + low;
    sums[hotspot] = Number.isSafeInteger(whole) ? BigInt(whole) : BigInt(high) * BigInt(PART) + BigInt(low);
  }
  return sums;
}
