/**
 * Checks of what was received: frequency (Helium W10), region (W11), data rate, SNR floor and the free-space bound (W14).
 *
 * Helium narrowed the frequency difference to int32, so differences from 2^31 Hz wrapped and passed; `frequencyInt32` keeps that.
 */
import { META } from "../hotspot-lines.ts";
import type { WitnessCheck, WitnessFacts, WitnessLimits } from "../witness-facts.ts";

function frequencyDifferenceHz(facts: WitnessFacts, limits: WitnessLimits): number {
  const difference = Math.abs(facts.frequencyHz - facts.beaconFrequencyHz);
  return limits.frequencyInt32 ? difference | 0 : Math.min(difference, 0x7fffffff);
}

export const invalidFrequency = {
  name: "invalid_frequency",
  fails: (facts: WitnessFacts, limits: WitnessLimits) =>
    frequencyDifferenceHz(facts, limits) > limits.frequencyToleranceHz,
  measured: frequencyDifferenceHz,
  limit: (_facts, limits) => limits.frequencyToleranceHz,
} as const satisfies WitnessCheck;

export const invalidRegion = {
  name: "invalid_region",
  fails: (facts: WitnessFacts) => ((facts.meta ^ facts.beaconerMeta) & META.regionMask) !== 0,
  measured: (facts) => facts.meta & META.regionMask,
  limit: (facts) => facts.beaconerMeta & META.regionMask,
} as const satisfies WitnessCheck;

export const invalidDataRate = {
  name: "invalid_data_rate",
  fails: (facts: WitnessFacts) => facts.dataRate !== facts.beaconDataRate,
  measured: (facts) => facts.dataRate,
  limit: (facts) => facts.beaconDataRate,
} as const satisfies WitnessCheck;

export const badSnr = {
  name: "bad_snr",
  fails: (facts: WitnessFacts) => facts.snrDdb < facts.snrFloorDdb,
  measured: (facts) => facts.snrDdb,
  limit: (facts) => facts.snrFloorDdb,
} as const satisfies WitnessCheck;

export const badRssi = {
  name: "bad_rssi",
  fails: (facts: WitnessFacts) => facts.rssiDdbm > facts.boundDdbm,
  measured: (facts) => facts.rssiDdbm,
  limit: (facts) => facts.boundDdbm,
} as const satisfies WitnessCheck;
