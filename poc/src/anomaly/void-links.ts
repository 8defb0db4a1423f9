/**
 * Links that are not paid for: those that their own figures deny, where a hotspot has more than a few of them, and those of a hotspot
 * with its own owner where it has no link with anybody else.
 */
import { edgeCode } from "../verify/witness-job.ts";
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import type { LinkColumns, SuspectLink } from "./link-columns.ts";
import { isOneSided } from "./one-sided.ts";
import { contradictsPlace } from "./placement.ts";
import { contradictsReciprocity } from "./reciprocity-gap.ts";
import type { LinkTally } from "./tally-links.ts";

/** Adds the void links of a hotspot, as `edgeCode`. */
export function addVoidLinks(
  hotspot: number,
  links: LinkColumns,
  parameters: AnomalyParameters,
  tally: LinkTally,
  voidLinks: Set<number>,
): void {
  const isOwnOnly = tally.foreign[hotspot] === 0;
  let denied = 0;
  for (let at = 0; at < links.count; at++) if (isDenied(hotspot, links.at(at), parameters, tally)) denied++;
  const { voids } = parameters;
  const areDenied = denied >= voids.links && denied * 10_000 >= links.count * voids.shareE4;
  if (!areDenied && !isOwnOnly) return;
  for (let at = 0; at < links.count; at++)
    if (isOwnOnly || isDenied(hotspot, links.at(at), parameters, tally))
      voidLinks.add(edgeCode(hotspot, links.counterpart[at]));
}

function isDenied(
  hotspot: number,
  link: SuspectLink,
  { placement, reciprocity, oneSided }: AnomalyParameters,
  { beacons, heard }: LinkTally,
): boolean {
  if (contradictsPlace(placement, link) || contradictsReciprocity(reciprocity, link) === true) return true;
  // A weak link is easily heard one way only; one that is heard again and again is not.
  if (link.heard.receptions < oneSided.surely) return false;
  return isOneSided(oneSided, link, beacons[hotspot], heard[link.counterpart] > 0, oneSided.surely) === true;
}
