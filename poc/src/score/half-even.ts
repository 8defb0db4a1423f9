/**
 * Exact rounding of a ratio of integers to the nearest integer, ties to even: how every share, scale, unit and weight in 1e-4
 * is rounded. Works on bigint, so the operands have no limit and no last bit to differ. Refuses a denominator below 1.
 */
import { pocError } from "../errors.ts";

/** `numerator / denominator` to the nearest integer, ties to even. Needs numerator ≥ 0 and denominator ≥ 1. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (numerator < 0n || denominator < 1n) {
    throw pocError("POC_BAD_AMOUNT", `cannot round ${numerator} / ${denominator}: needs a ratio of at least zero`);
  }
  const quotient = numerator / denominator;
  const twiceRest = 2n * (numerator - quotient * denominator);
  const isUp = twiceRest > denominator || (twiceRest === denominator && (quotient & 1n) === 1n);
  return isUp ? quotient + 1n : quotient;
}
