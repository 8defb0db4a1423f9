/**
 * How the budget of an epoch is paid out under the `weighted` rules (DESIGN "Pay"): a coverage part and a data part.
 *
 * Data pays each hotspot the value of the billed copies it carried, rounded down, at the epoch's recorded price, or its share
 * of the data part when that is less; what data does not use returns to coverage. Coverage is split over weighted shares. What
 * nobody earned is the treasury's: Σ paid + treasury = budget, checked here for every epoch. In order:
 *
 *   splitEpochBudget → payData → (cell weights need the coverage pool) → payCoverage → treasury
 *
 * Refuses parts that do not sum to one.
 */
import { pocError } from "../errors.ts";
import type { WeightedRewardParameters } from "../parameters/network-parameters.ts";
import { checkDataCreditPrice, type DataCreditPrice } from "../score/data-credit-price.ts";
import { allocateByLargestRemainder, type Weights } from "./allocation.ts";
import { assertAtoms, sumAtoms, U64_MAX } from "./amount.ts";

const ONE_E4 = 10_000;

export interface BudgetParts {
  readonly coverageAtoms: bigint;
  readonly dataAtoms: bigint;
}

export interface DataPay {
  /** Base units by row, rows as given: never more than the value of the row's data credits. */
  readonly amounts: BigUint64Array;
  readonly paidAtoms: bigint;
  /** What the data part did not need: goes to coverage. */
  readonly unusedAtoms: bigint;
}

export interface CoveragePay {
  /** For beacons and for receptions, base units by hotspot, rows as given. */
  readonly beaconAmounts: BigUint64Array;
  readonly witnessAmounts: BigUint64Array;
  readonly paidAtoms: bigint;
  /** The whole pool when there is no share at all, else 0: the treasury's. */
  readonly unearnedAtoms: bigint;
}

/** Splits a budget (u64) into its two parts by largest remainder. Throws POC_BAD_PARAMETERS or POC_BAD_AMOUNT. */
export function splitEpochBudget(
  budgetAtoms: bigint,
  parts: Pick<WeightedRewardParameters, "coverageE4" | "dataE4">,
): BudgetParts {
  const { coverageE4, dataE4 } = parts;
  const isPart = (part: number) => Number.isInteger(part) && part >= 0;
  if (!isPart(coverageE4) || !isPart(dataE4) || coverageE4 + dataE4 !== ONE_E4) {
    throw pocError("POC_BAD_PARAMETERS", `coverage ${coverageE4} and data ${dataE4} must be parts that sum to 10000`);
  }
  const { amounts } = allocateByLargestRemainder(budgetAtoms, Uint32Array.of(coverageE4, dataE4));
  return { coverageAtoms: amounts[0]!, dataAtoms: amounts[1]! };
}

/**
 * Pays the data part over hotspots' billed data credits (whole numbers below 2^53). Each row's value is rounded down first and
 * is also its weight when the part is too small, so that no rounding can lift a row above its value. Throws POC_BAD_AMOUNT.
 */
export function payData(
  dataAtoms: bigint,
  dataCredits: Float64Array | Uint32Array | BigUint64Array,
  price: DataCreditPrice,
): DataPay {
  assertAtoms(dataAtoms, "data part");
  checkDataCreditPrice(price);
  const values = new BigUint64Array(dataCredits.length);
  for (let row = 0; row < values.length; row++) {
    const credits = dataCredits[row]!;
    if (credits === 0 || credits === 0n) continue;
    if (typeof credits === "number" && (!Number.isSafeInteger(credits) || credits < 0)) {
      throw pocError("POC_BAD_AMOUNT", `row ${row}: ${credits} is not a whole number of data credits`);
    }
    const value = (BigInt(credits) * price.atoms) / price.dataCredits;
    // Beyond u64 a value is beyond any budget; the cut only evens out rows that could each take the whole part.
    values[row] = value > U64_MAX ? U64_MAX : value;
  }
  const total = sumAtoms(values);
  const paidAtoms = total < dataAtoms ? total : dataAtoms;
  const { amounts } = allocateByLargestRemainder(paidAtoms, values);
  return { amounts, paidAtoms, unusedAtoms: dataAtoms - paidAtoms };
}

/**
 * Pays the coverage pool over the weighted shares of hotspots in canonical order, beacons and receptions of one hotspot side by
 * side. Throws POC_BAD_COLUMNS for columns of different length.
 */
export function payCoverage(
  poolAtoms: bigint,
  beaconShares: BigUint64Array,
  witnessShares: BigUint64Array,
): CoveragePay {
  const hotspots = beaconShares.length;
  if (witnessShares.length !== hotspots) {
    throw pocError("POC_BAD_COLUMNS", `${hotspots} rows of beacon shares, ${witnessShares.length} of witness shares`);
  }
  const weights: Weights = new BigUint64Array(hotspots * 2);
  for (let row = 0; row < hotspots; row++) {
    weights[row * 2] = beaconShares[row]!;
    weights[row * 2 + 1] = witnessShares[row]!;
  }
  const { amounts, leftOverAtoms } = allocateByLargestRemainder(poolAtoms, weights);
  const beaconAmounts = new BigUint64Array(hotspots);
  const witnessAmounts = new BigUint64Array(hotspots);
  for (let row = 0; row < hotspots; row++) {
    beaconAmounts[row] = amounts[row * 2]!;
    witnessAmounts[row] = amounts[row * 2 + 1]!;
  }
  return { beaconAmounts, witnessAmounts, paidAtoms: poolAtoms - leftOverAtoms, unearnedAtoms: leftOverAtoms };
}

/**
 * What is the treasury's: the budget less every amount in the given columns, counted again from the columns themselves.
 * Throws POC_INVARIANT when they hold more than the budget, or when the rest is not what coverage left unearned.
 */
export function treasuryAtoms(budgetAtoms: bigint, data: DataPay, coverage: CoveragePay): bigint {
  const paid = sumAtoms(data.amounts) + sumAtoms(coverage.beaconAmounts) + sumAtoms(coverage.witnessAmounts);
  const rest = budgetAtoms - paid;
  if (rest < 0n || rest !== coverage.unearnedAtoms) {
    throw pocError("POC_INVARIANT", `budget ${budgetAtoms}, paid ${paid}, unearned ${coverage.unearnedAtoms}`);
  }
  return rest;
}
