/**
 * Rewards of one day under the last Helium rules before HIP-149, bucket by bucket and rounding by rounding.
 *
 * Of the day's emissions E (preset `helium`): beacons 6 %, witnesses 24 %, data at most 50 %, operations 7 %, oracles 7 % (booked as unallocated,
 * minted to nobody), delegators 6 % (paid on chain, not here). Data that does not reach its cap leaves the rest to beacons and
 * witnesses, 20 : 80. Fractions live in 15 decimals:
 *   value of data credits   rounded up at 15 decimals;
 *   value of one share      bucket / shares, half-even at 15 decimals, 0 without shares;
 *   pay                     floor(value of a share × shares), beacons, witnesses and data each for itself;
 *   unallocated             floor(0.80 E − everything paid);  operations  floor(0.07 E).
 * So, unlike ours, the sum falls short of E by what the floors cut. Helium divides 28-digit decimals; here the division is
 * exact, which can differ only past the 15th decimal of an amount of more than 13 digits. Refuses a price of zero.
 */
import { pocError } from "../errors.ts";
import type { HeliumRewardParameters } from "../parameters/network-parameters.ts";
import { divideHalfEven } from "../score/half-even.ts";
import { assertAtoms, sumAtoms } from "./amount.ts";

/** Fixed point of 15 decimals. */
const ONE_E15 = 1_000_000_000_000_000n;
/** Fractions are in 1e-4. */
const ONE_E4 = 10_000n;
/** Parts that no hotspot gets and the parameters therefore do not hold: 7 % each. */
const OPERATIONS_E4 = 700;
const ORACLES_E4 = 700;
/** Shares are scale × units, both of 4 decimals. */
const SHARE_ONE_E8 = 100_000_000n;

/** One row per hotspot. */
export interface HeliumShares {
  /** Σ scale × units, 1e-8, integers. */
  readonly beaconE8: Float64Array;
  readonly witnessE8: Float64Array;
  /** Billed data credits, integers. */
  readonly dataCredits: Float64Array;
}

export interface HeliumRewards {
  /** Bones by hotspot. */
  readonly beaconAtoms: BigUint64Array;
  readonly witnessAtoms: BigUint64Array;
  readonly dataAtoms: BigUint64Array;
  /** Σ of the three columns. */
  readonly paidAtoms: bigint;
  readonly unallocatedPocAtoms: bigint;
  readonly unallocatedOracleAtoms: bigint;
  readonly operationsAtoms: bigint;
  /** Bones for one whole share (1.0) and for one data credit, 15 decimals. */
  readonly beaconPerShareE15: bigint;
  readonly witnessPerShareE15: bigint;
  readonly dataPerCreditE15: bigint;
}

/**
 * Value of data credits in bones, 15 decimals, rounded up; `priceUsdE8` is the price of a token in 1e-8 USD. With a data credit of
 * $0.00001 and 1e8 bones a token: bones = data credits · 1e-5 · 1e8 · 1e8 / price.
 */
export function dataCreditsToBonesE15(
  dataCredits: bigint,
  priceUsdE8: bigint,
  { dataCreditUsdE8, atomsPerToken }: Pick<HeliumRewardParameters, "dataCreditUsdE8" | "atomsPerToken">,
): bigint {
  if (priceUsdE8 < 1n || dataCredits < 0n) {
    throw pocError("POC_BAD_AMOUNT", `${dataCredits} data credits at a price of ${priceUsdE8}`);
  }
  const value = dataCredits * BigInt(dataCreditUsdE8) * BigInt(atomsPerToken) * ONE_E15;
  return (value + priceUsdE8 - 1n) / priceUsdE8;
}

/** Rewards of a day that emits `emissionsAtoms` bones. Throws POC_BAD_AMOUNT or POC_BAD_COLUMNS. */
export function heliumRewards(
  emissionsAtoms: bigint,
  priceUsdE8: bigint,
  shares: HeliumShares,
  rules: HeliumRewardParameters,
): HeliumRewards {
  assertAtoms(emissionsAtoms, "emissions");
  const hotspots = shares.beaconE8.length;
  if (shares.witnessE8.length !== hotspots || shares.dataCredits.length !== hotspots) {
    throw pocError("POC_BAD_COLUMNS", `${hotspots} rows of beacon shares, other lengths of witness or data`);
  }
  const totalCredits = sumExact(shares.dataCredits);
  const { beaconE4, witnessE4, dataE4, unusedToBeaconsE4 } = rules;
  const cap = partE15(emissionsAtoms, dataE4);
  const value = dataCreditsToBonesE15(totalCredits, priceUsdE8, rules);
  const isCapped = value > cap;
  const used = isCapped ? cap : value;
  const unused = cap - used;
  // Exact: a 15-decimal amount times a part is rounded only by the division that follows.
  const unusedToBeaconsE19 = unused * BigInt(unusedToBeaconsE4);
  const beaconBucketE19 = partE15(emissionsAtoms, beaconE4) * ONE_E4 + unusedToBeaconsE19;
  const witnessBucketE19 = (partE15(emissionsAtoms, witnessE4) + unused) * ONE_E4 - unusedToBeaconsE19;

  const beaconPerShareE15 = perShareE15(beaconBucketE19 * SHARE_ONE_E8, sumExact(shares.beaconE8));
  const witnessPerShareE15 = perShareE15(witnessBucketE19 * SHARE_ONE_E8, sumExact(shares.witnessE8));
  const dataPerCreditE15 = perShareE15(used * ONE_E4, totalCredits);
  const beaconAtoms = payFloors(shares.beaconE8, beaconPerShareE15, SHARE_ONE_E8);
  const witnessAtoms = payFloors(shares.witnessE8, witnessPerShareE15, SHARE_ONE_E8);
  const dataAtoms = payFloors(shares.dataCredits, dataPerCreditE15, 1n);
  const paidAtoms = sumAtoms(beaconAtoms) + sumAtoms(witnessAtoms) + sumAtoms(dataAtoms);
  const poc = partE15(emissionsAtoms, beaconE4 + witnessE4 + dataE4) / ONE_E15;
  return {
    beaconAtoms,
    witnessAtoms,
    dataAtoms,
    paidAtoms,
    // floor(0.80 E − paid) = floor(0.80 E) − paid, for paid is whole. Values rounded up can in theory pay a bone more than that.
    unallocatedPocAtoms: poc > paidAtoms ? poc - paidAtoms : 0n,
    unallocatedOracleAtoms: partE15(emissionsAtoms, ORACLES_E4) / ONE_E15,
    operationsAtoms: partE15(emissionsAtoms, OPERATIONS_E4) / ONE_E15,
    beaconPerShareE15,
    witnessPerShareE15,
    dataPerCreditE15,
  };
}

/** Operations fund after HIP-149 retired proofs: floor(0.37 E + 0.50 E − paid for data). Throws POC_BAD_AMOUNT below zero. */
export function operationsAfterHip149(emissionsAtoms: bigint, paidDataAtoms: bigint): bigint {
  return assertAtoms((emissionsAtoms * 87n) / 100n - paidDataAtoms, "operations fund");
}

function partE15(emissionsAtoms: bigint, partE4: number): bigint {
  return emissionsAtoms * BigInt(partE4) * (ONE_E15 / ONE_E4);
}

/** `bucketE19` / `shares`, 15 decimals half-even; 0 when there are no shares. */
function perShareE15(bucketE19: bigint, shares: bigint): bigint {
  return shares === 0n ? 0n : divideHalfEven(bucketE19, shares * ONE_E4);
}

function payFloors(shares: Float64Array, perShareE15: bigint, shareOne: bigint): BigUint64Array {
  const amounts = new BigUint64Array(shares.length);
  const divisor = shareOne * ONE_E15;
  for (let row = 0; row < shares.length; row++) {
    const share = shares[row]!;
    if (share === 0) continue;
    amounts[row] = assertAtoms((BigInt(share) * perShareE15) / divisor, "reward");
  }
  return amounts;
}

function sumExact(column: Float64Array): bigint {
  let sum = 0n;
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw pocError("POC_BAD_AMOUNT", `row ${row}: ${value} is not an integer from 0 below 2^53`);
    }
    sum += BigInt(value);
  }
  return sum;
}
