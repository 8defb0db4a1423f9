/**
 * Physics: the loss of a link is the same in both directions, so two mean losses that differ tell of a figure that is not true:
 * an amplifier behind the reported power, an attenuator, a gain that is not the antenna's, or an RSSI that software wrote.
 *
 * Which end is wrong the link does not say; the end at which most links are so is (ballot.ts).
 */
import type { ReciprocityDetectorParameters } from "./anomaly-parameters.ts";
import { type Link, meanDdb } from "./link.ts";

/** Mean loss of the link as heard by the hotspot less as heard by the counterpart, 0.1 dB; null unless both heard. */
export function lossGapDdb({ sent, heard }: Link): number | null {
  const there = meanDdb(sent.lossSumDdb, sent);
  const back = meanDdb(heard.lossSumDdb, heard);
  return there === null || back === null ? null : back - there;
}

/** Whether the two directions contradict each other; null where only one is known. */
export function contradictsReciprocity(parameters: ReciprocityDetectorParameters, link: Link): boolean | null {
  const gap = lossGapDdb(link);
  return gap === null ? null : Math.abs(gap) > parameters.toleranceDdb;
}

/** Whether they do so by as much, and by as many receptions each way, as make a single link contradict itself. */
export function contradictsReciprocitySurely(parameters: ReciprocityDetectorParameters, link: Link): boolean {
  const { sent, heard } = link;
  if (Math.min(sent.receptions, heard.receptions) < parameters.surely) return false;
  const gap = lossGapDdb(link);
  return gap !== null && Math.abs(gap) > parameters.surelyDdb;
}
