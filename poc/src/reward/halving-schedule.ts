/**
 * The halving emission that Helium began (HIP-20), as data for presets: 60 million tokens of 8 decimals in the year from
 * 1 August 2019, half as much from 1 August of every second, odd, year.
 *
 * One period is one emission year, because the published amount per day differs between years of 365 and 366 days. It ends on
 * 31 July 2053, with the last halving that a whole number of base units allows (6·10^15 = 3·5^15·2^16).
 */
import type { EmissionPeriod } from "../parameters/network-parameters.ts";

/** 2019-08-01 in days since 1970-01-01. */
const FIRST_EPOCH = 18_109;
const FIRST_YEAR = 2019;
/** 60 million tokens in units of 1e-8. */
const FIRST_YEAR_ATOMS = 6_000_000_000_000_000n;
const YEARS = 34;
const YEARS_PER_HALVING = 2;

/** Emission years from 1 August 2019 to 31 July 2053. */
export const HALVING_SCHEDULE: readonly EmissionPeriod[] = halvingYears();

function halvingYears(): EmissionPeriod[] {
  const periods: EmissionPeriod[] = [];
  let startEpoch = FIRST_EPOCH;
  for (let index = 0; index < YEARS; index++) {
    // The 29 February of an emission year is the next calendar year's; no century year without one lies in the range.
    const epochs = (FIRST_YEAR + index + 1) % 4 === 0 ? 366 : 365;
    const halvings = BigInt(Math.floor(index / YEARS_PER_HALVING));
    periods.push({ startEpoch, epochs, totalAtoms: String(FIRST_YEAR_ATOMS >> halvings) });
    startEpoch += epochs;
  }
  return periods;
}
