/**
 * Graph: two hotspots that everybody hears equally well stand in one place, whatever they assert.
 *
 * Compared are the losses to every counterpart that has a link with either of them. Two places a kilometre apart share some
 * counterparts, and with few of those do they share the loss too: shadowing differs by 8 to 10 dB between places. Attenuators, split antennas
 * and software that reports one reception for many keys leave the losses equal, or equal but for a constant, which is taken out by the median.
 */
import type { TwinsParameters } from "./anomaly-parameters.ts";

/** Loss to a counterpart, 0.1 dB, by the counterpart's id; one direction for both hotspots. */
export type LossByCounterpart = ReadonlyMap<number, number>;

export interface Likeness {
  /** Counterparts that hear both within the tolerance. */
  readonly agreeing: readonly number[];
  /** Counterparts of one of them, or with different losses. */
  readonly differing: readonly number[];
}

/** Compares two hotspots; `constant` of the two is the lower median of their differences. */
export function compareLosses(parameters: TwinsParameters, a: LossByCounterpart, b: LossByCounterpart): Likeness {
  const differences: { readonly counterpart: number; readonly differenceDdb: number }[] = [];
  const differing: number[] = [];
  for (const [counterpart, lossDdb] of a) {
    const other = b.get(counterpart);
    if (other === undefined) differing.push(counterpart);
    else differences.push({ counterpart, differenceDdb: lossDdb - other });
  }
  for (const counterpart of b.keys()) if (!a.has(counterpart)) differing.push(counterpart);
  const sorted = differences.map(({ differenceDdb }) => differenceDdb).sort((x, y) => x - y);
  const constant = sorted[(sorted.length - 1) >> 1] ?? 0;
  const agreeing: number[] = [];
  for (const { counterpart, differenceDdb } of differences) {
    if (Math.abs(differenceDdb - constant) <= parameters.withinDdb) agreeing.push(counterpart);
    else differing.push(counterpart);
  }
  return { agreeing, differing };
}
