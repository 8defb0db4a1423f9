/**
 * Geometry: who is heard far away is heard nearby.
 *
 * A hotspot whose links are nearly all far, while those that stand next to its asserted place neither hear it nor are heard by it, is not
 * there. Only asked of hotspots with mostly far links, because a hotspot in a cellar that has few links at all is silent to most of
 * its neighbours and honest. Neighbours vote that took part in the epoch, that is reported a beacon and were heard themselves.
 */
import type { SilenceParameters } from "./anomaly-parameters.ts";

/** Whether enough of a hotspot's links are far for its neighbours to be asked. */
export function isHeardFarAway(parameters: SilenceParameters, distancesM: readonly number[]): boolean {
  const far = distancesM.filter((distanceM) => distanceM >= parameters.farM).length;
  return far > 0 && far * 10_000 >= distancesM.length * parameters.farShareE4;
}
