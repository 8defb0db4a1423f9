/**
 * Splits an amount over integer weights to the last base unit, by largest remainder.
 *
 * Row i gets floor(B·wᵢ/W); the base units that leaves over go one each to the rows with the greatest remainder of B·wᵢ mod W,
 * the lower row first where remainders are equal. So every row is within one base unit of its quota, a greater weight never gets
 * less, and the order of rows (the caller's canonical order) matters only between equal weights or equal remainders. Without
 * any weight the whole amount is left over: the treasury's. Refuses weights that are not exact integers.
 *
 * Cost: one bigint product and division a row, plus one sort of doubles.
 */
import { pocError } from "../errors.ts";
import { assertAtoms } from "./amount.ts";

/** Integers of at least 0, below 2^53 in a Float64Array; zero earns nothing. */
export type Weights = Float64Array | Uint32Array | BigUint64Array;

export interface Allocation {
  /** Base units by row, rows as in the weights. */
  readonly amounts: BigUint64Array;
  /** The whole budget when no row has a weight, else 0: Σ amounts + leftOver = budget always. */
  readonly leftOverAtoms: bigint;
}

/** Splits `budgetAtoms` (u64) over `weights`. Throws POC_BAD_AMOUNT. */
export function allocateByLargestRemainder(budgetAtoms: bigint, weights: Weights): Allocation {
  assertAtoms(budgetAtoms, "budget to allocate");
  const rows = weights.length;
  const amounts = new BigUint64Array(rows);
  const total = sumWeights(weights);
  if (total === 0n) return { amounts, leftOverAtoms: budgetAtoms };

  // As doubles: exact while the total is below 2^53, else correctly rounded, hence still in order but with false ties.
  const remainders = new Float64Array(rows);
  let given = 0n;
  for (let row = 0; row < rows; row++) {
    const weight = weights[row]!;
    if (weight === 0 || weight === 0n) continue;
    const product = budgetAtoms * BigInt(weight);
    const quota = product / total;
    amounts[row] = quota;
    given += quota;
    remainders[row] = Number(product - quota * total);
  }
  const leftOver = Number(budgetAtoms - given);
  if (leftOver > 0) giveOneEach(amounts, remainders, leftOver, budgetAtoms, weights, total);
  return { amounts, leftOverAtoms: 0n };
}

/** Adds one base unit to the `count` rows with the greatest remainders; there are always more rows with one than that. */
function giveOneEach(
  amounts: BigUint64Array,
  remainders: Float64Array,
  count: number,
  budgetAtoms: bigint,
  weights: Weights,
  total: bigint,
): void {
  const threshold = remainders.slice().sort()[remainders.length - count]!;
  const tied: number[] = [];
  let open = count;
  for (let row = 0; row < remainders.length; row++) {
    if (remainders[row]! > threshold) {
      amounts[row]! += 1n;
      open--;
    } else if (remainders[row] === threshold) tied.push(row);
  }
  if (total > Number.MAX_SAFE_INTEGER) sortByExactRemainder(tied, budgetAtoms, weights, total);
  for (const row of tied.slice(0, open)) amounts[row]! += 1n;
}

function sortByExactRemainder(rows: number[], budgetAtoms: bigint, weights: Weights, total: bigint): void {
  const exact = new Map(rows.map((row) => [row, (budgetAtoms * BigInt(weights[row]!)) % total]));
  rows.sort((a, b) => {
    const ofA = exact.get(a)!;
    const ofB = exact.get(b)!;
    return ofA === ofB ? a - b : ofA > ofB ? -1 : 1;
  });
}

function sumWeights(weights: Weights): bigint {
  if (weights instanceof BigUint64Array) {
    let total = 0n;
    for (const weight of weights) total += weight;
    return total;
  }
  // Two exact halves of 26 and 27 bits: neither sum reaches 2^53 before 2^26 rows.
  let high = 0;
  let low = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row]!;
    if (!Number.isSafeInteger(weight) || weight < 0) {
      throw pocError("POC_BAD_AMOUNT", `row ${row}: weight ${weight} is not an integer from 0 below 2^53`);
    }
    const upper = Math.floor(weight / 0x4000000);
    high += upper;
    low += weight - upper * 0x4000000;
  }
  return (BigInt(high) << 26n) + BigInt(low);
}
