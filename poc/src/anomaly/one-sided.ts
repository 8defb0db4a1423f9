/**
 * Graph: who hears others is heard by them.
 *
 * A hotspot that reports the beacons of many, while none of these ever reports one of its own, has its receptions from elsewhere:
 * from another place, over the internet, or from nobody. The counterpart must have been able to tell: it reported somebody in the epoch,
 * and the hotspot sent enough beacons that were valid.
 */
import type { OneSidedParameters } from "./anomaly-parameters.ts";
import type { Link } from "./link.ts";

/** What one must know of both ends besides their link. */
export interface Opportunity {
  /** Valid beacons of the hotspot in the epoch. */
  readonly beacons: number;
  /** Whether the counterpart reported any beacon in the epoch. */
  readonly counterpartReports: boolean;
}

/** Whether the counterpart's silence speaks against the hotspot; null where it says nothing. */
export function isOneSided(parameters: OneSidedParameters, link: Link, opportunity: Opportunity): boolean | null {
  if (link.heard.receptions === 0) return null;
  if (link.sent.receptions > 0) return false;
  return opportunity.counterpartReports && opportunity.beacons >= parameters.beacons ? true : null;
}
