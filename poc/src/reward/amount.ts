/** The width of money: amounts are u64 base units on chain and bigint here. Refuses what does not fit. */
import { pocError } from "../errors.ts";

/** Greatest amount of base units a leaf, a vault or a table holds. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Returns `amount`; throws POC_BAD_AMOUNT when it is negative or does not fit u64. `what` names it in the error. */
export function assertAtoms(amount: bigint, what: string): bigint {
  if (amount < 0n || amount > U64_MAX) throw pocError("POC_BAD_AMOUNT", `${what}: ${amount} is not a u64`);
  return amount;
}

/** Exact sum of a column of amounts; may exceed u64. */
export function sumAtoms(amounts: BigUint64Array): bigint {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return sum;
}
