/**
 * Preset `earshot`: the rules of this network and the default.
 *
 * SNR floors are the least values real receivers reported in eight measurement campaigns (docs/reference/parameters.md), less 1.5 dB.
 * The RSSI tolerance is what the same campaigns leave between the strongest honest reception and free space at 14 dBm EIRP.
 */
import { HALVING_SCHEDULE } from "../../reward/halving-schedule.ts";
import type { SortitionNetworkParameters } from "../network-parameters.ts";
import { earshotDetectors } from "./detectors.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** HIP-104 targets: neighbours, target, maximum per resolution. */
export const HIP_104_LIMITS = [
  { resolution: 10, neighbours: 2, target: 1, maximum: 1 },
  { resolution: 9, neighbours: 2, target: 1, maximum: 1 },
  { resolution: 8, neighbours: 2, target: 1, maximum: 1 },
  { resolution: 7, neighbours: 4, target: 5, maximum: 10 },
  { resolution: 6, neighbours: 4, target: 25, maximum: 50 },
  { resolution: 5, neighbours: 4, target: 100, maximum: 200 },
  { resolution: 4, neighbours: 2, target: 500, maximum: 1000 },
] as const;

/** HIP-17 targets, before HIP-104. */
export const HIP_17_LIMITS = [
  { resolution: 10, neighbours: 2, target: 1, maximum: 1 },
  { resolution: 9, neighbours: 2, target: 1, maximum: 2 },
  { resolution: 8, neighbours: 2, target: 1, maximum: 4 },
  { resolution: 7, neighbours: 2, target: 5, maximum: 20 },
  { resolution: 6, neighbours: 1, target: 25, maximum: 100 },
  { resolution: 5, neighbours: 1, target: 100, maximum: 400 },
  { resolution: 4, neighbours: 1, target: 250, maximum: 800 },
] as const;

export const earshot: SortitionNetworkParameters = {
  version: 1,
  name: "earshot",
  time: {
    epochMs: DAY_MS,
    entropyMs: MINUTE_MS,
    intervalMs: 6 * HOUR_MS,
    transmitDelayMs: 30_000,
    transmitSpreadMs: 30_000,
    windowMs: 30_000,
    // Never: of several ingests' copies the earliest counts, and one that lies would make everybody's reports early (ADR 0006).
    earlyToleranceMs: DAY_MS,
    graceMs: 15 * MINUTE_MS,
    vetoMs: 6 * HOUR_MS,
  },
  challenge: { kind: "sortition", dataRate: 10, regionDataRates: [] },
  beaconChecks: [
    "gateway_not_found",
    "not_asserted",
    "denied",
    "invalid_capability",
    "irregular_interval",
    "invalid_packet",
    "duplicate",
    "late",
    "early",
    "invalid_frequency",
    "invalid_data_rate",
    "invalid_power",
  ],
  witnessChecks: [
    "duplicate",
    "gateway_not_found",
    "not_asserted",
    "denied",
    "self_witness",
    "invalid_capability",
    "late",
    "early",
    "invalid_region",
    "invalid_frequency",
    "invalid_data_rate",
    "below_min_distance",
    "max_distance_exceeded",
    "bad_snr",
    "bad_rssi",
  ],
  radio: {
    speedOfLightMPerS: 299_792_458,
    gains: "ddb",
    rssiToleranceDdb: 100,
    snrFloorDdb: [-75, -100, -120, -143, -175, -197, -233, -263],
    frequencyToleranceHz: 100_000,
    frequencyDifference: "exact",
    regionPlans: "corrected",
  },
  distance: { minimumKind: "metres", minimum: 300, maximumM: 100_000, rounding: "position" },
  lag: null,
  selection: { kind: "entropy-rank", maximumWitnesses: 14 },
  reciprocity: { kind: "closed-state", withinMs: 48 * HOUR_MS },
  density: { limits: HIP_104_LIMITS, active: "paid-proof", withinMs: 0, defaultScaleE4: 2000 },
  units: { targetWitnesses: 4, decayE4: 8000, capE4: 20_000 },
  cellWeight: { floorE4: 2500, halfDataCredits: 10_000, neighbourE4: 5000, epochs: 30, payerCapDivisor: 3 },
  foreignWitnessRequired: true,
  privateLocations: true,
  rewards: {
    kind: "weighted",
    emission: HALVING_SCHEDULE,
    coverageE4: 6000,
    dataE4: 4000,
    atomsPerToken: "100000000",
    treasury: "0000000000000000000000000000000000000000000000000000000000000000",
    distributor: "0000000000000000000000000000000000000000000000000000000000000000",
    bytesPerDataCredit: 24,
    dataCreditUsdE8: 1000,
    billWithinEpochs: 2,
  },
  anomaly: earshotDetectors,
};
