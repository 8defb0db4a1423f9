/**
 * Geometry: does a link agree with the places that its ends assert?
 *
 * One-sided, because two-sided fits of loss over distance fire on honest links (receivers hear only what beats their sensitivity). A
 * link that is long by the register and yet loses little beyond free space is shorter than it says. How little is a limit by
 * distance: honest links far out lose at least as much as `bands` say, by the lower end of what campaigns measured; near ones may lose
 * nothing, so nothing short of free space speaks against them. One such link proves nothing: reflections, gains and wrong places of the
 * other end all make them. The share of independent counterparts that see it does (ballot.ts).
 */
import type { PlacementParameters } from "./anomaly-parameters.ts";
import { type Link, meanDdb } from "./link.ts";

/** Least honest excess at a distance, 0.1 dB. */
export function leastExcessDdb({ bands }: PlacementParameters, distanceM: number): number {
  let least = bands[0].excessDdb;
  for (let band = 1; band < bands.length && distanceM >= bands[band].fromM; band++) least = bands[band].excessDdb;
  return least;
}

/** The lower mean excess of the two directions, 0.1 dB; null for a link without receptions. Either counts: one is the other end's own report. */
export function lowerExcessDdb({ sent, heard }: Link): number | null {
  const there = meanDdb(sent.excessSumDdb, sent);
  const back = meanDdb(heard.excessSumDdb, heard);
  if (there === null || back === null) return there ?? back;
  return Math.min(there, back);
}

/** Whether a link speaks against the place of its end. */
export function contradictsPlace(parameters: PlacementParameters, link: Link): boolean {
  const excess = lowerExcessDdb(link);
  return excess !== null && excess < leastExcessDdb(parameters, link.distanceM);
}

/** Whether a link that speaks against its place does so beyond what any honest one was measured to. */
export function isCertainlyWrong(parameters: PlacementParameters, link: Link): boolean {
  const excess = lowerExcessDdb(link);
  return contradictsPlace(parameters, link) && excess !== null && excess < parameters.certainDdb;
}
