/**
 * Powers of ten in steps of 0.05 dB without Math.pow or Math.log10, whose last bit differs between machines.
 *
 * 10^(1/200) is found by Newton's method in fixed point on BigInt (50 decimals), every other power by multiplication.
 * Each product is cut at 1e-50, so after at most 200 products the relative error stays below 1e-47; the double made from
 * it is the correctly rounded one unless the true value lies within 1e-47 of a tie between two doubles.
 */

/** Fixed-point one: 50 decimals. */
export const fixedOne = 10n ** 50n;

const stepsPerDecade = 200;

function multiply(a: bigint, b: bigint): bigint {
  return (a * b) / fixedOne;
}

function power(base: bigint, exponent: number): bigint {
  let result = fixedOne;
  for (let square = base, rest = exponent; rest > 0; rest >>= 1, square = multiply(square, square)) {
    if (rest & 1) result = multiply(result, square);
  }
  return result;
}

/** 10^(1/200): three Newton steps from 16 right digits give more than 50. */
function twoHundredthRootOfTen(): bigint {
  let root = 10_115_794_542_598_986n * 10n ** 34n;
  for (let step = 0; step < 3; step++) {
    const below = power(root, stepsPerDecade - 1);
    const excess = multiply(below, root) - 10n * fixedOne;
    root -= (excess * fixedOne) / (BigInt(stepsPerDecade) * below);
  }
  return root;
}

const decade: readonly bigint[] = (() => {
  const root = twoHundredthRootOfTen();
  const powers = [fixedOne];
  while (powers.length < stepsPerDecade) powers.push(multiply(powers[powers.length - 1], root));
  return powers;
})();

/**
 * 10^(steps/200), the power ratio of `steps` × 0.05 dB, as a fixed-point number with 50 decimals; `steps` is an integer
 * of either sign. Small ratios keep 50 decimals, so their relative error grows by ten every 10 dB below zero.
 */
export function powerRatio(steps: number): bigint {
  const decades = Math.floor(steps / stepsPerDecade);
  const value = decade[steps - decades * stepsPerDecade];
  return decades >= 0 ? value * 10n ** BigInt(decades) : value / 10n ** BigInt(-decades);
}

/** The double nearest to `value` / fixedOne for value ≥ 0: scaled by a power of two to keep the digits, then rounded once. */
export function toDouble(value: bigint): number {
  const scaleBits = 128;
  return Number((value << BigInt(scaleBits)) / fixedOne) * 2 ** -scaleBits;
}
