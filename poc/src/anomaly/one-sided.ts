/**
 * Graph: who hears others is heard by them.
 *
 * A hotspot that reports the beacons of many, while none of these ever reports one of its own, has its receptions from elsewhere:
 * from another place, over the internet, or from nobody. The counterpart must have been able to tell: it reported somebody in the epoch,
 * and the hotspot sent enough beacons that were valid.
 */
import type { OneSidedParameters } from "./anomaly-parameters.ts";
import type { Link } from "./link.ts";

/**
 * Whether the counterpart's silence speaks against the hotspot; null where it says nothing. `beacons`: valid ones of the hotspot in the
 * epoch; `counterpartReports`: whether the counterpart reported any beacon; `least`: beacons that must have gone unheard.
 */
export function isOneSided(
  parameters: OneSidedParameters,
  { sent, heard }: Link,
  beacons: number,
  counterpartReports: boolean,
  least = parameters.beacons,
): boolean | null {
  if (heard.receptions === 0) return null;
  if (sent.receptions > 0) return false;
  return counterpartReports && beacons >= least ? true : null;
}
