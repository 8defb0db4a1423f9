/** The witness checks by name and by code, and the order a preset asks for. */
import { pocError } from "../errors.ts";
import type { WitnessCheckName } from "../parameters/network-parameters.ts";
import { belowMinDistance, maxDistanceExceeded } from "./checks/distance.ts";
import { deniedEdge, duplicate, selfWitness } from "./checks/identity.ts";
import { badRssi, badSnr, invalidDataRate, invalidFrequency, invalidRegion } from "./checks/radio.ts";
import { denied, gatewayNotFound, invalidCapability, notAsserted } from "./checks/registration.ts";
import { early, entropyExpired, late, tooLate } from "./checks/timing.ts";
import { REASON } from "./reason.ts";
import type { RowVerdicts, WitnessCheck, WitnessFacts, WitnessLimits } from "./witness-facts.ts";

/** Every check the engine knows; the place in this list is its code. */
const CHECKS = [
  duplicate,
  gatewayNotFound,
  notAsserted,
  denied,
  deniedEdge,
  selfWitness,
  entropyExpired,
  early,
  late,
  tooLate,
  invalidCapability,
  invalidFrequency,
  invalidRegion,
  invalidDataRate,
  belowMinDistance,
  maxDistanceExceeded,
  badSnr,
  badRssi,
] as const satisfies readonly WitnessCheck[];

/** Reason number of each check, by code. */
export const CHECK_REASONS = Uint8Array.from(CHECKS, (check) => REASON[check.name]);

/** The codes of a preset's checks, in its order. Throws POC_BAD_PARAMETERS for an unknown or repeated name. */
export function witnessCheckOrder(names: readonly WitnessCheckName[]): Uint8Array {
  if (new Set(names).size !== names.length) {
    throw pocError("POC_BAD_PARAMETERS", `witnessChecks: a name is repeated in ${names.join(", ")}`);
  }
  return Uint8Array.from(names, (name) => {
    const code = CHECKS.findIndex((candidate) => candidate.name === name);
    if (code < 0) throw pocError("POC_BAD_PARAMETERS", `witnessChecks: no check is called "${name}"`);
    return code;
  });
}

/**
 * Writes the figures of a failed check to a row of the verdicts. A switch and not a call through the list: each call then has one
 * target, which the compiler writes out.
 */
export function figuresOf(
  code: number,
  facts: WitnessFacts,
  limits: WitnessLimits,
  row: number,
  out: RowVerdicts,
): void {
  let measured = 0;
  let limit = 0;
  switch (code) {
    case 0:
      measured = duplicate.measured(facts);
      limit = duplicate.limit();
      break;
    case 1:
      measured = gatewayNotFound.measured();
      limit = gatewayNotFound.limit();
      break;
    case 2:
      measured = notAsserted.measured();
      limit = notAsserted.limit();
      break;
    case 3:
      measured = denied.measured();
      limit = denied.limit();
      break;
    case 4:
      measured = deniedEdge.measured();
      limit = deniedEdge.limit();
      break;
    case 5:
      measured = selfWitness.measured(facts);
      limit = selfWitness.limit(facts);
      break;
    case 6:
      measured = entropyExpired.measured(facts);
      limit = entropyExpired.limit(facts);
      break;
    case 7:
      measured = early.measured(facts);
      limit = early.limit(facts);
      break;
    case 8:
      measured = late.measured(facts);
      limit = late.limit(facts);
      break;
    case 9:
      measured = tooLate.measured(facts);
      limit = tooLate.limit(facts);
      break;
    case 10:
      measured = invalidCapability.measured();
      limit = invalidCapability.limit();
      break;
    case 11:
      measured = invalidFrequency.measured(facts, limits);
      limit = invalidFrequency.limit(facts, limits);
      break;
    case 12:
      measured = invalidRegion.measured(facts);
      limit = invalidRegion.limit(facts);
      break;
    case 13:
      measured = invalidDataRate.measured(facts);
      limit = invalidDataRate.limit(facts);
      break;
    case 14:
      measured = belowMinDistance.measured(facts, limits);
      limit = belowMinDistance.limit(facts, limits);
      break;
    case 15:
      measured = maxDistanceExceeded.measured(facts);
      limit = maxDistanceExceeded.limit(facts, limits);
      break;
    case 16:
      measured = badSnr.measured(facts);
      limit = badSnr.limit(facts);
      break;
    case 17:
      measured = badRssi.measured(facts);
      limit = badRssi.limit(facts);
      break;
    default:
      throw unknownCode(code);
  }
  out.reason[row] = CHECK_REASONS[code];
  out.measured[row] = measured;
  out.limit[row] = limit;
}

/** Whether the check of a code fails; a switch for the same reason. */
export function failsCheck(code: number, facts: WitnessFacts, limits: WitnessLimits): boolean {
  switch (code) {
    case 0:
      return duplicate.fails(facts);
    case 1:
      return gatewayNotFound.fails(facts);
    case 2:
      return notAsserted.fails(facts);
    case 3:
      return denied.fails(facts);
    case 4:
      return deniedEdge.fails(facts);
    case 5:
      return selfWitness.fails(facts);
    case 6:
      return entropyExpired.fails(facts);
    case 7:
      return early.fails(facts);
    case 8:
      return late.fails(facts);
    case 9:
      return tooLate.fails(facts);
    case 10:
      return invalidCapability.fails(facts);
    case 11:
      return invalidFrequency.fails(facts, limits);
    case 12:
      return invalidRegion.fails(facts);
    case 13:
      return invalidDataRate.fails(facts);
    case 14:
      return belowMinDistance.fails(facts, limits);
    case 15:
      return maxDistanceExceeded.fails(facts, limits);
    case 16:
      return badSnr.fails(facts);
    case 17:
      return badRssi.fails(facts);
    default:
      throw unknownCode(code);
  }
}

function unknownCode(code: number): Error {
  return pocError("POC_INVARIANT", `no witness check has code ${code}`);
}
