/**
 * How often a frame is heard at all over a distance, from the Antwerp campaign: of all pairs of a message and one of the 19
 * receivers, the share that was received, by distance. The campaign file holds whole messages with every position known, so
 * the misses are in it; only messages that nobody heard are not, so these odds are those of a place with some coverage.
 * test/simulate/hearing-odds.test.ts counts them again from the committed file.
 *
 * What 14 dBm could not reach there is unknown, not modelled: more power makes a link stronger here, it never makes one.
 */

export interface HearingBand {
  /** Lower edge, m; the band ends where the next begins. */
  readonly fromM: number;
  /** Heard share of the pairs, 1e-4. */
  readonly oddsE4: number;
}

/** Antwerp: devices in the street, receivers on roofs. Ends at 15 km, where no honest pair is left. */
export const STREET_ODDS: readonly HearingBand[] = [
  { fromM: 0, oddsE4: 9954 },
  { fromM: 200, oddsE4: 9529 },
  { fromM: 500, oddsE4: 8523 },
  { fromM: 750, oddsE4: 7291 },
  { fromM: 1000, oddsE4: 3962 },
  { fromM: 1500, oddsE4: 2215 },
  { fromM: 2000, oddsE4: 1768 },
  { fromM: 3000, oddsE4: 859 },
  { fromM: 4000, oddsE4: 289 },
  { fromM: 5000, oddsE4: 224 },
  { fromM: 7000, oddsE4: 33 },
  { fromM: 10_000, oddsE4: 17 },
  { fromM: 15_000, oddsE4: 0 },
];

/** Share of the Grenoble tower's 12,614 frames that its three receivers beyond 10 km had on average, 1e-4. */
export const TOWER_FLOOR_E4 = 345;
/** The same of the 9,786 frames from Saint Eynard and the two receivers in its line of sight that were there throughout, 1e-4. */
export const LINE_OF_SIGHT_E4 = 5475;
/** Those two receivers are 4.6 and 5.7 km away; beyond this nothing is known of them, m. */
const LINE_OF_SIGHT_ENDS_M = 10_000;

/** One end on a tower: the street's odds, and never less than the Grenoble tower's. */
export const TOWER_ODDS: readonly HearingBand[] = STREET_ODDS.map(({ fromM, oddsE4 }) => ({
  fromM,
  oddsE4: fromM < 15_000 ? Math.max(oddsE4, TOWER_FLOOR_E4) : 0,
}));

/** Both ends on towers: never less than the line of sight of Saint Eynard as far as that was measured. */
export const LINE_OF_SIGHT_ODDS: readonly HearingBand[] = TOWER_ODDS.map(({ fromM, oddsE4 }) => ({
  fromM,
  oddsE4: fromM < LINE_OF_SIGHT_ENDS_M ? Math.max(oddsE4, LINE_OF_SIGHT_E4) : oddsE4,
}));

/** No link is looked for beyond this, m. */
export const FARTHEST_LINK_M = 15_000;

/** The odds at a distance, 0 to 1. */
export function hearingOdds(bands: readonly HearingBand[], distanceM: number): number {
  let odds = 0;
  for (const { fromM, oddsE4 } of bands) {
    if (distanceM < fromM) break;
    odds = oddsE4;
  }
  return odds / 10_000;
}
