/**
 * Links that are not paid for: those that surely deny themselves; those that their own figures deny otherwise, where a hotspot has more than
 * a few of them; and those of a hotspot with its own owner where it has no link with anybody else.
 *
 * Surely: receptions of both directions, three of each and more, whose losses differ by more than the tolerance, or as many receptions one way
 * against as many beacons unheard the other way. No voices are asked, so nobody is suspected by it: a single neighbour can take a link from
 * a hotspot, but only the one with itself.
 */
import type { AnomalyParameters } from "./anomaly-parameters.ts";
import type { LinkColumns, SuspectLink } from "./link-columns.ts";
import type { LinkSet } from "./link-set.ts";
import { isOneSided } from "./one-sided.ts";
import { contradictsPlace } from "./placement.ts";
import { contradictsReciprocity, contradictsReciprocitySurely } from "./reciprocity-gap.ts";
import type { LinkTally } from "./tally-links.ts";

/** Adds the void links of a hotspot that is looked at closely. */
export function addVoidLinks(
  hotspot: number,
  links: LinkColumns,
  parameters: AnomalyParameters,
  tally: LinkTally,
  voidLinks: LinkSet,
): void {
  const isOwnOnly = tally.foreign[hotspot] === 0;
  let denied = 0;
  const { notable, notableCount } = links;
  for (let noted = 0; noted < notableCount; noted++)
    if (isDenied(hotspot, links.at(notable[noted]), parameters, tally)) denied++;
  if (denied === 0 && !isOwnOnly) return;
  const { voids } = parameters;
  const areDenied = denied >= voids.links && denied * 10_000 >= links.count * voids.shareE4;
  const asked = isOwnOnly ? links.count : notableCount;
  for (let one = 0; one < asked; one++) {
    const at = isOwnOnly ? one : notable[one];
    const link = links.at(at);
    const isVoid =
      isOwnOnly ||
      isSurelyDenied(hotspot, link, parameters, tally) ||
      (areDenied && isDenied(hotspot, link, parameters, tally));
    if (isVoid) voidLinks.add(hotspot, links.counterpart[at]);
  }
}

function isDenied(hotspot: number, link: SuspectLink, parameters: AnomalyParameters, tally: LinkTally): boolean {
  const { placement, reciprocity } = parameters;
  return (
    (link.mayBeStrong && contradictsPlace(placement, link)) ||
    contradictsReciprocity(reciprocity, link) === true ||
    isSurelyDenied(hotspot, link, parameters, tally)
  );
}

function isSurelyDenied(
  hotspot: number,
  link: SuspectLink,
  { oneSided, reciprocity }: AnomalyParameters,
  { beacons, heard }: LinkTally,
): boolean {
  if (contradictsReciprocitySurely(reciprocity, link)) return true;
  // A weak link is easily heard one way only; one that is heard again and again is not.
  if (link.heard.receptions < oneSided.surely) return false;
  return isOneSided(oneSided, link, beacons[hotspot], heard[link.counterpart] > 0, oneSided.surely) === true;
}
