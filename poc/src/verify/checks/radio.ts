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

export const invalidFrequency: WitnessCheck = {
  name: "invalid_frequency",
  fails: (facts, limits) => frequencyDifferenceHz(facts, limits) > limits.frequencyToleranceHz,
  measured: frequencyDifferenceHz,
  limit: (_facts, limits) => limits.frequencyToleranceHz,
};

export const invalidRegion: WitnessCheck = {
  name: "invalid_region",
  fails: (facts) => ((facts.meta ^ facts.beaconerMeta) & META.regionMask) !== 0,
  measured: (facts) => facts.meta & META.regionMask,
  limit: (facts) => facts.beaconerMeta & META.regionMask,
};

export const invalidDataRate: WitnessCheck = {
  name: "invalid_data_rate",
  fails: (facts) => facts.dataRate !== facts.beaconDataRate,
  measured: (facts) => facts.dataRate,
  limit: (facts) => facts.beaconDataRate,
};

export const badSnr: WitnessCheck = {
  name: "bad_snr",
  fails: (facts) => facts.snrDdb < facts.snrFloorDdb,
  measured: (facts) => facts.snrDdb,
  limit: (facts) => facts.snrFloorDdb,
};

export const badRssi: WitnessCheck = {
  name: "bad_rssi",
  fails: (facts) => facts.rssiDdbm > facts.boundDdbm,
  measured: (facts) => facts.rssiDdbm,
  limit: (facts) => facts.boundDdbm,
};
