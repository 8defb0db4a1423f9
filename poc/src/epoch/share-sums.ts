/**
 * Shares of every hotspot: reward units × density scale × cell weight of the place the beacon was sent from (HIP-15, HIP-17).
 *
 * All three factors are integers in 1e-4, so a share is an exact integer in 1e-12. Sums can pass 2^53 in a hostile epoch, so they are
 * kept as two doubles, high × 1e4 + low, each of which stays exact to 45 million proofs per hotspot.
 */
import { pocError } from "../errors.ts";
import type { RewardUnitTable } from "../score/reward-units.ts";
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
  const beaconHigh = new Float64Array(count);
  const beaconLow = new Float64Array(count);
  const witnessHigh = new Float64Array(count);
  const witnessLow = new Float64Array(count);
  for (const verdicts of partitions) {
    const { selected, hotspot, starts, selectedCount } = verdicts;
    for (let group = 0; group < verdicts.beaconOfGroup.length - 1; group++) {
      const paid = selectedCount[group];
      if (paid === 0) continue;
      const beaconer = context.beacons.hotspot[verdicts.beaconOfGroup[group]];
      const transmit = transmitE8[beaconer];
      if (transmit === 0) continue;
      const high = Math.floor(transmit / PART);
      const low = transmit - high * PART;
      beaconHigh[beaconer] += units.beaconerE4[paid] * high;
      beaconLow[beaconer] += units.beaconerE4[paid] * low;
      const witnessHighUnit = units.witnessE4[paid] * high;
      const witnessLowUnit = units.witnessE4[paid] * low;
      for (let row = starts[group]; row < starts[group + 1]; row++) {
        if (selected[row] === 0) continue;
        witnessHigh[hotspot[row]] += witnessHighUnit;
        witnessLow[hotspot[row]] += witnessLowUnit;
      }
    }
  }
  return { beacon: join(beaconHigh, beaconLow), witness: join(witnessHigh, witnessLow) };
}

function join(high: Float64Array, low: Float64Array): BigUint64Array {
  const sums = new BigUint64Array(high.length);
  for (let hotspot = 0; hotspot < high.length; hotspot++) {
    if (!Number.isSafeInteger(high[hotspot]) || !Number.isSafeInteger(low[hotspot])) {
      throw pocError("POC_INVARIANT", `shares of hotspot ${hotspot} passed what a double holds exactly`);
    }
    const whole = high[hotspot] * PART + low[hotspot];
    sums[hotspot] = Number.isSafeInteger(whole)
      ? BigInt(whole)
      : BigInt(high[hotspot]) * BigInt(PART) + BigInt(low[hotspot]);
  }
  return sums;
}
