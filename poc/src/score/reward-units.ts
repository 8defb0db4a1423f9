/**
 * HIP-15 reward units: what one proof of coverage is worth to its beaconer and to each of its paid witnesses.
 *
 * w is the number of valid *selected* witnesses, N the target (4), d the decay (0.8), cap = 2:
 *   beaconer: w = 0 → 0; w ≤ N → w/N; w > N → min(cap, 1 + (1 − d^(w−N)))
 *   witness:  w = 0 → nobody; w ≤ N → 1; w > N → min(cap, (N − (1 − d^(w−N))) / w)
 * so that a proof pays N + 1 units in all for any w ≥ N. Units are integers of 1e-4, rounded half-even once, from the exact
 * rational. The lowering of a beaconer's units by its share of invalid witnesses, also in HIP-15, was never in force and is not
 * here. Refuses parameters out of range.
 */
import { pocError } from "../errors.ts";
import type { UnitParameters } from "../parameters/network-parameters.ts";
import { divideHalfEven } from "./half-even.ts";

const ONE_E4 = 10_000;
const ONE_E4_BIG = 10_000n;

/** Units by number of paid witnesses; index w = 0 … maximum, value in 1e-4. */
export interface RewardUnitTable {
  readonly beaconerE4: Uint16Array;
  readonly witnessE4: Uint16Array;
}

/** Units of the beaconer of a proof with `w` paid witnesses, 1e-4. Throws POC_BAD_PARAMETERS or POC_BAD_AMOUNT (w not a count). */
export function beaconerUnitsE4(w: number, units: UnitParameters): number {
  checkUnits(w, units);
  const target = units.targetWitnesses;
  if (w <= target) return Number(divideHalfEven(BigInt(w) * ONE_E4_BIG, BigInt(target)));
  const { decayed, one } = decayPower(w - target, units.decayE4);
  return Math.min(units.capE4, Number(divideHalfEven((2n * one - decayed) * ONE_E4_BIG, one)));
}

/** Units of each paid witness of a proof that has `w` of them, 1e-4; 0 when there is none. Throws as `beaconerUnitsE4`. */
export function witnessUnitsE4(w: number, units: UnitParameters): number {
  checkUnits(w, units);
  const target = units.targetWitnesses;
  if (w === 0) return 0;
  if (w <= target) return ONE_E4;
  const { decayed, one } = decayPower(w - target, units.decayE4);
  const shared = BigInt(target) * one - (one - decayed);
  return Math.min(units.capE4, Number(divideHalfEven(shared * ONE_E4_BIG, one * BigInt(w))));
}

/** Both columns for w = 0 … `maximumWitnesses` (at most 1,000), computed once so that the engine only looks up. */
export function buildRewardUnitTable(units: UnitParameters, maximumWitnesses: number): RewardUnitTable {
  if (!Number.isInteger(maximumWitnesses) || maximumWitnesses < 0 || maximumWitnesses > 1_000) {
    throw pocError("POC_BAD_PARAMETERS", `a unit table holds 0 to 1000 witnesses, not ${maximumWitnesses}`);
  }
  const beaconerE4 = new Uint16Array(maximumWitnesses + 1);
  const witnessE4 = new Uint16Array(maximumWitnesses + 1);
  for (let w = 0; w <= maximumWitnesses; w++) {
    beaconerE4[w] = beaconerUnitsE4(w, units);
    witnessE4[w] = witnessUnitsE4(w, units);
  }
  return { beaconerE4, witnessE4 };
}

/** d^k as the exact ratio decayed / one. */
function decayPower(k: number, decayE4: number): { decayed: bigint; one: bigint } {
  return { decayed: BigInt(decayE4) ** BigInt(k), one: ONE_E4_BIG ** BigInt(k) };
}

function checkUnits(w: number, units: UnitParameters): void {
  const { targetWitnesses, decayE4, capE4 } = units;
  if (!Number.isInteger(w) || w < 0) throw pocError("POC_BAD_AMOUNT", `${w} is not a number of witnesses`);
  if (!Number.isInteger(targetWitnesses) || targetWitnesses < 1) {
    throw pocError(
      "POC_BAD_PARAMETERS",
      `units.targetWitnesses must be an integer of at least 1, not ${targetWitnesses}`,
    );
  }
  if (!Number.isInteger(decayE4) || decayE4 < 0 || decayE4 > ONE_E4) {
    throw pocError("POC_BAD_PARAMETERS", `units.decayE4 must be an integer from 0 to 10000, not ${decayE4}`);
  }
  // Below 1 the cap would cut proofs the formula leaves whole; above 65535 the table's column could not hold it.
  if (!Number.isInteger(capE4) || capE4 < ONE_E4 || capE4 > 0xffff) {
    throw pocError("POC_BAD_PARAMETERS", `units.capE4 must be an integer from 10000 to 65535, not ${capE4}`);
  }
}
