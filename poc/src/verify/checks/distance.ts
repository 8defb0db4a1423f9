/**
 * Checks of how far apart the two are asserted: at least (Helium W12) and at most (W13).
 *
 * Distances are whole metres between cell centres; where a place is private, the end of what its cell allows that is worst for the report
 * (private-reach.ts). Helium's minimum counts H3 grid cells instead, and fails where H3 knows no grid
 * distance (-1); its maximum, floor(metres / 1000) ≤ 100, is 100,999 m.
 */
import type { WitnessCheck, WitnessFacts, WitnessLimits } from "../witness-facts.ts";

export const belowMinDistance = {
  name: "below_min_distance",
  fails: (facts: WitnessFacts, limits: WitnessLimits) =>
    limits.minimumGridCells > 0 ? facts.gridCells < limits.minimumGridCells : facts.nearestM < limits.minimumM,
  measured: (facts, limits) => (limits.minimumGridCells > 0 ? facts.gridCells : facts.nearestM),
  limit: (_facts, limits) => (limits.minimumGridCells > 0 ? limits.minimumGridCells : limits.minimumM),
} as const satisfies WitnessCheck;

export const maxDistanceExceeded = {
  name: "max_distance_exceeded",
  fails: (facts: WitnessFacts, limits: WitnessLimits) => facts.farthestM > limits.maximumM,
  measured: (facts) => facts.farthestM,
  limit: (_facts, limits) => limits.maximumM,
} as const satisfies WitnessCheck;
