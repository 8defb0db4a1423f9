/** Who of a world has which fault (behaviour.ts): by rank of a hash, so that every kind occurs in a world of a few hundred. */
import type { Position } from "@earshot/geo";
import { FAULTS, type Fault, FEWEST_FOR_ALL_FAULTS } from "./behaviour.ts";
import type { ListedHotspot } from "./hotspots-csv.ts";
import { randomStream } from "./random.ts";
import { SpatialIndex } from "./spatial-index.ts";

/** A fault that nobody hears shows nothing: it is dealt to hotspots with another one within this, m. */
const COMPANY_WITHIN_M = 1500;
/** A fault for some of the list, first for those with company; undefined for the others. `positions` is undefined where unplaced. */
export function dealFaults(
  seed: string,
  listed: readonly ListedHotspot[],
  positions: readonly (Position | undefined)[],
): (Fault | undefined)[] {
  const index = new SpatialIndex(positions.map((position) => position ?? { x: 0, y: 0, z: 0 }));
  const ranked = listed
    .map(({ id }, hotspot) => {
      const position = positions[hotspot];
      const hasCompany = position !== undefined && index.within(position, COMPANY_WITHIN_M).length > 1;
      return { hotspot, rank: (hasCompany ? 0 : 1) + randomStream(seed, "fault", id).unit() };
    })
    .sort((a, b) => a.rank - b.rank);
  const faults = new Array<Fault | undefined>(listed.length).fill(undefined);
  let next = 0;
  for (const { fault, shareE4 } of FAULTS) {
    const share = (shareE4 / 10_000) * listed.length;
    const quota = listed.length >= FEWEST_FOR_ALL_FAULTS ? Math.ceil(share) : Math.floor(share);
    for (const { hotspot } of ranked.slice(next, next + quota)) faults[hotspot] = fault;
    next += quota;
  }
  return faults;
}
