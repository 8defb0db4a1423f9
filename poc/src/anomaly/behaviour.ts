/**
 * Behaviour: counts over a window that decays, shrunk towards good conduct where there is little of it.
 *
 * Counted are receipts that the payer refuted (the MIC fails: nobody sent that packet) against those that were paid, and forks of the
 * upload chain (two uploads of one number: one key in two machines). A count decays by the same factor each epoch, so that the window
 * has no edge and the state no rows of old epochs.
 */

/** Decayed counts in 1/16, so that small ones do not stick. */
export interface Conduct {
  readonly good16: number;
  readonly bad16: number;
}

export const CONDUCT_UNIT = 16;
const ONE_E4 = 10_000;
/** What fits the state's columns. */
const MOST_16 = 0xffff_ffff;

/** The counts after an epoch: what is left of the old ones, and the new. */
export function nextConduct(before: Conduct, good: number, bad: number, keptE4: number): Conduct {
  return {
    good16: Math.min(MOST_16, Math.floor((before.good16 * keptE4) / ONE_E4) + good * CONDUCT_UNIT),
    bad16: Math.min(MOST_16, Math.floor((before.bad16 * keptE4) / ONE_E4) + bad * CONDUCT_UNIT),
  };
}

/** Share of bad conduct as if `prior` more good acts had been seen, 1e-4, rounded down. */
export function badShareE4({ good16, bad16 }: Conduct, prior: number): number {
  const all = good16 + bad16 + prior * CONDUCT_UNIT;
  return all === 0 ? 0 : Math.floor((bad16 * ONE_E4) / all);
}
