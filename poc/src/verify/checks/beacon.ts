/**
 * The beacon checks, Helium's B1 to B8 and ours, and the ordered list a preset asks for.
 *
 * `irregular_interval` means "not due": under sortition a beacon is due when the challenge it names is its sender's; under
 * reported entropy when its interval is later than that of the sender's last beacon.
 */
import { pocError } from "../../errors.ts";
import type { BeaconCheckName } from "../../parameters/network-parameters.ts";
import type { BeaconCheck, BeaconFacts } from "../beacon-facts.ts";
import { META } from "../hotspot-lines.ts";

function bar(name: BeaconCheckName, bit: number, measured: number, limit: number): BeaconCheck {
  return { name, fails: (facts) => (facts.meta & bit) !== 0, measured: () => measured, limit: () => limit };
}

const sinceZeroMs = (facts: BeaconFacts) => facts.receiveOffsetMs - facts.zeroOffsetMs;

const checks: readonly BeaconCheck[] = [
  bar("gateway_not_found", META.unregistered, 0, 1),
  bar("not_asserted", META.notAsserted, 0, 1),
  bar("denied", META.suspended, 1, 0),
  bar("invalid_capability", META.dataOnly, 0, 1),
  {
    name: "entropy_expired",
    fails: (facts) => facts.receiveOffsetMs < facts.firstOffsetMs || facts.receiveOffsetMs > facts.lastOffsetMs,
    measured: sinceZeroMs,
    limit: (facts) => facts.lastOffsetMs - facts.zeroOffsetMs,
  },
  {
    name: "late",
    fails: (facts) => facts.receiveOffsetMs > facts.lastOffsetMs,
    measured: sinceZeroMs,
    limit: (facts) => facts.lastOffsetMs - facts.zeroOffsetMs,
  },
  {
    name: "early",
    fails: (facts) => facts.receiveOffsetMs < facts.firstOffsetMs,
    measured: sinceZeroMs,
    limit: (facts) => facts.firstOffsetMs - facts.zeroOffsetMs,
  },
  {
    name: "irregular_interval",
    fails: (facts) => facts.interval < facts.firstInterval,
    measured: (facts) => facts.interval,
    limit: (facts) => facts.firstInterval,
  },
  {
    name: "invalid_packet",
    fails: (facts) => facts.proofStatus !== 0,
    measured: (facts) => facts.proofStatus,
    limit: () => 0,
  },
  { name: "duplicate", fails: (facts) => facts.place > 1, measured: (facts) => facts.place, limit: () => 1 },
  {
    name: "invalid_frequency",
    fails: (facts) => Math.abs(facts.frequencyHz - facts.challengeFrequencyHz) > facts.frequencyToleranceHz,
    measured: (facts) => Math.min(Math.abs(facts.frequencyHz - facts.challengeFrequencyHz), 0x7fffffff),
    limit: (facts) => facts.frequencyToleranceHz,
  },
  {
    name: "invalid_data_rate",
    fails: (facts) => facts.dataRate !== facts.challengeDataRate,
    measured: (facts) => facts.dataRate,
    limit: (facts) => facts.challengeDataRate,
  },
  {
    name: "invalid_power",
    fails: (facts) => facts.eirpDdbm > facts.maximumEirpDdbm,
    measured: (facts) => facts.eirpDdbm,
    limit: (facts) => facts.maximumEirpDdbm,
  },
];

/** The checks of a preset, in its order. Throws POC_BAD_PARAMETERS for an unknown or repeated name. */
export function beaconChecks(names: readonly BeaconCheckName[]): readonly BeaconCheck[] {
  if (new Set(names).size !== names.length) {
    throw pocError("POC_BAD_PARAMETERS", `beaconChecks: a name is repeated in ${names.join(", ")}`);
  }
  return names.map((name) => {
    const check = checks.find((candidate) => candidate.name === name);
    if (check === undefined) throw pocError("POC_BAD_PARAMETERS", `beaconChecks: no check is called "${name}"`);
    return check;
  });
}
