/** The witness checks by name, and the ordered list a preset asks for. */
import { pocError } from "../errors.ts";
import type { WitnessCheckName } from "../parameters/network-parameters.ts";
import { belowMinDistance, maxDistanceExceeded } from "./checks/distance.ts";
import { deniedEdge, duplicate, selfWitness } from "./checks/identity.ts";
import { badRssi, badSnr, invalidDataRate, invalidFrequency, invalidRegion } from "./checks/radio.ts";
import { denied, gatewayNotFound, invalidCapability, notAsserted } from "./checks/registration.ts";
import { early, entropyExpired, late, tooLate } from "./checks/timing.ts";
import type { WitnessCheck } from "./witness-facts.ts";

const checks: readonly WitnessCheck[] = [
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
];

/** The checks of a preset, in its order. Throws POC_BAD_PARAMETERS for an unknown or repeated name. */
export function witnessChecks(names: readonly WitnessCheckName[]): readonly WitnessCheck[] {
  if (new Set(names).size !== names.length)
    throw pocError("POC_BAD_PARAMETERS", `witnessChecks: a name is repeated in ${names.join(", ")}`);
  return names.map((name) => {
    const check = checks.find((candidate) => candidate.name === name);
    if (check === undefined) throw pocError("POC_BAD_PARAMETERS", `witnessChecks: no check is called "${name}"`);
    return check;
  });
}
