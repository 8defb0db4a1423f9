/**
 * Graph: two hotspots that everybody hears equally well stand in one place, whatever they assert.
 *
 * Compared are the losses to every counterpart that has a link with either of them. A counterpart of only one of the two tells them apart.
 * Of the others those tell that are clearly nearer to one of the asserted places: free space alone makes that one lose less. If the
 * losses are alike all the same, nearer to each other than to what free space asks for, the two are in one place; where the ground is
 * open and all losses are alike, nobody is clearly nearer, or the losses differ as the places do. Attenuators, split antennas and software that
 * reports one reception for many keys leave the losses equal but for a constant, which is taken out by the median.
 */
import type { TwinsParameters } from "./anomaly-parameters.ts";

/** What is lost to a counterpart, and what free space takes over the asserted distance, 0.1 dB. */
export interface TwinLoss {
  readonly lossDdb: number;
  readonly freeSpaceDdb: number;
}

/** By the counterpart's id; one direction for both hotspots. */
export type LossByCounterpart = ReadonlyMap<number, TwinLoss>;

export interface Likeness {
  /** Counterparts that hear both alike and should not. */
  readonly agreeing: readonly number[];
  /** Counterparts of one of them, or that hear the two as different as their places are. */
  readonly differing: readonly number[];
}

function lowerMedian(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}

/** Compares two hotspots; the constant between them is the lower median of their differences. */
export function compareLosses(parameters: TwinsParameters, a: LossByCounterpart, b: LossByCounterpart): Likeness {
  const common: { readonly counterpart: number; readonly differenceDdb: number; readonly expectedDdb: number }[] = [];
  const differing: number[] = [];
  for (const [counterpart, one] of a) {
    const other = b.get(counterpart);
    if (other === undefined) differing.push(counterpart);
    else {
      const expectedDdb = one.freeSpaceDdb - other.freeSpaceDdb;
      common.push({ counterpart, differenceDdb: one.lossDdb - other.lossDdb, expectedDdb });
    }
  }
  for (const counterpart of b.keys()) if (!a.has(counterpart)) differing.push(counterpart);
  const constant = lowerMedian(common.map(({ differenceDdb }) => differenceDdb));
  // The median would take out of the losses what counterparts on one side have in common: so it is taken out of what is expected too.
  const expectedConstant = lowerMedian(common.map(({ expectedDdb }) => expectedDdb));
  const agreeing: number[] = [];
  for (const { counterpart, differenceDdb, expectedDdb } of common) {
    const expected = expectedDdb - expectedConstant;
    if (Math.abs(expected) < parameters.tellingDdb) continue;
    const rest = differenceDdb - constant;
    const isAlike = Math.abs(rest) <= parameters.withinDdb && 2 * rest * Math.sign(expected) < Math.abs(expected);
    if (isAlike) agreeing.push(counterpart);
    else differing.push(counterpart);
  }
  return { agreeing, differing };
}
