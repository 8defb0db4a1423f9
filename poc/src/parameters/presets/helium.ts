/**
 * Preset `helium`: the last IoT proof-of-coverage rules of Helium (spring 2026, retired by HIP-149), flaws included, so that the
 * engine can be compared with known answers. Not a rule set to run a network on: see docs/reference/helium-preset.md.
 */
import type { HeliumRewardParameters, NetworkParameters } from "../network-parameters.ts";
import { earshot, HIP_104_LIMITS } from "./earshot.ts";

const HOUR_MS = 3_600_000;
// Helium's verifier had no detectors, only a list that was made elsewhere, and its register no private places.
const { anomaly: _anomaly, privateLocations: _privateLocations, ...rules } = earshot;
const { coverageE4: _coverageE4, dataE4: _dataE4, ...commonRewards } = earshot.rewards;

export const helium: NetworkParameters & { readonly rewards: HeliumRewardParameters } = {
  ...rules,
  name: "helium",
  time: { ...earshot.time, windowMs: 180_000, earlyToleranceMs: 0, graceMs: 30 * 60_000 },
  challenge: { kind: "reported-entropy" },
  beaconChecks: [
    "gateway_not_found",
    "not_asserted",
    "denied",
    "entropy_expired",
    "invalid_capability",
    "irregular_interval",
    "invalid_packet",
  ],
  witnessChecks: [
    "duplicate",
    "gateway_not_found",
    "not_asserted",
    "denied",
    "denied_edge",
    "self_witness",
    "entropy_expired",
    "too_late",
    "invalid_capability",
    "invalid_frequency",
    "invalid_region",
    "below_min_distance",
    "max_distance_exceeded",
    "bad_rssi",
  ],
  radio: {
    speedOfLightMPerS: 299_800_000,
    gains: "whole-dbi",
    rssiToleranceDdb: 0,
    snrFloorDdb: [-32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768],
    frequencyToleranceHz: 100_000,
    frequencyDifference: "int32",
    regionPlans: "upstream",
  },
  distance: { minimumKind: "grid", minimum: 8, maximumM: 100_999, rounding: "haversine" },
  lag: { behindBeaconMs: 4000, behindWitnessMs: 1500 },
  selection: { kind: "first-received", maximumWitnesses: 14 },
  reciprocity: { kind: "running", withinMs: 48 * HOUR_MS },
  density: { limits: HIP_104_LIMITS, active: "recent-beacon", withinMs: 61 * HOUR_MS, defaultScaleE4: 2000 },
  cellWeight: null,
  foreignWitnessRequired: false,
  // Operations 7 %, oracles 7 % and delegators 6 % are the treasury's here.
  rewards: {
    ...commonRewards,
    kind: "helium",
    beaconE4: 600,
    witnessE4: 2400,
    dataE4: 5000,
    unusedToBeaconsE4: 2000,
  },
};
