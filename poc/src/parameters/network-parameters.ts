/**
 * The one versioned value a network runs under: every percentage, limit and order of checks, as data.
 *
 * It is hashed into every manifest and into every vote on chain, and only governance changes it. The engine reads rules from
 * here and nowhere else, so a preset (presets/*.ts) is data and never code. Integers only, so that the canonical JSON of a
 * value, and with it the parameter hash, has one form: shares and scales in 1e-4, power and gain in 0.1 dB, money as decimal
 * strings of base units.
 */
import type { AnomalyParameters } from "../anomaly/anomaly-parameters.ts";

/** Names of the beacon checks the engine knows; a preset lists those it applies, in order. */
export type BeaconCheckName =
  | "gateway_not_found"
  | "not_asserted"
  | "denied"
  | "entropy_expired"
  | "invalid_capability"
  | "irregular_interval"
  | "invalid_packet"
  | "duplicate"
  | "late"
  | "early"
  | "invalid_frequency"
  | "invalid_data_rate"
  | "invalid_power";

/** Names of the witness checks the engine knows; a preset lists those it applies, in order. */
export type WitnessCheckName =
  | "duplicate"
  | "gateway_not_found"
  | "not_asserted"
  | "denied"
  | "denied_edge"
  | "self_witness"
  | "entropy_expired"
  | "early"
  | "late"
  | "too_late"
  | "invalid_capability"
  | "invalid_frequency"
  | "invalid_region"
  | "invalid_data_rate"
  | "below_min_distance"
  | "max_distance_exceeded"
  | "bad_snr"
  | "bad_rssi";

export interface TimeParameters {
  /** Length of an epoch, ms; epochs are aligned to the Unix epoch. */
  readonly epochMs: number;
  /** One entropy value and at most one challenge of a hotspot per this long, ms. */
  readonly entropyMs: number;
  /** Every hotspot is challenged once per interval, ms. */
  readonly intervalMs: number;
  /** From the start of its minute to the earliest transmission, ms. */
  readonly transmitDelayMs: number;
  /** Transmissions of a minute are spread over this long, ms. */
  readonly transmitSpreadMs: number;
  /** Reports count until this long after transmission, ms of ingest time. */
  readonly windowMs: number;
  /** Reports may be ahead of the transmission by this much, ms; as long as an epoch: none is `early`. */
  readonly earlyToleranceMs: number;
  /** An epoch closes this long after its end, ms. */
  readonly graceMs: number;
  /** Votes on a root may be vetoed this long, ms. */
  readonly vetoMs: number;
}

export interface RegionDataRate {
  /** Name of the region: `EU868`. */
  readonly region: string;
  /** Data rate byte. */
  readonly dataRate: number;
}

/** Who beacons when follows from entropy and key. */
export interface SortitionChallengeParameters {
  /** `sortition`: derived from entropy and key. `reported-entropy`: the beaconer chooses when, and reports the entropy it used. */
  readonly kind: "sortition";
  /** Data rate byte of beacons: low nibble spreading factor, high nibble bandwidth (0 = 125 kHz). */
  readonly dataRate: number;
  /** Regions whose beacons have another data rate; none twice. */
  readonly regionDataRates: readonly RegionDataRate[];
}

/** The beaconer chooses when, and with which data rate of its region. */
export interface ReportedChallengeParameters {
  readonly kind: "reported-entropy";
}

export interface RadioParameters {
  /** Speed of light in the free-space formula, m/s. */
  readonly speedOfLightMPerS: number;
  /** `ddb`: gains count in 0.1 dB. `whole-dbi`: gains are truncated to whole dBi and power is in whole dBm, as Helium had it. */
  readonly gains: "ddb" | "whole-dbi";
  /** Added to the free-space bound before it judges, 0.1 dB. */
  readonly rssiToleranceDdb: number;
  /** Least SNR of SF5 to SF12, 0.1 dB. */
  readonly snrFloorDdb: readonly number[];
  /** Greatest difference of reported frequencies, Hz (equal passes). */
  readonly frequencyToleranceHz: number;
  /** `exact`, or `int32`: the difference wraps at 2^31 as in Helium's verifier. */
  readonly frequencyDifference: "exact" | "int32";
  /** `corrected`: regional plans with published slips put right. `upstream`: as published, with the EU433 slip. */
  readonly regionPlans: "corrected" | "upstream";
}

export interface DistanceParameters {
  /** `metres`: whole metres. `grid`: H3 grid cells between resolution-11 parents. */
  readonly minimumKind: "metres" | "grid";
  /** Least distance that passes: m, or grid cells. */
  readonly minimum: number;
  /** Greatest whole-metre distance that passes. */
  readonly maximumM: number;
  /** `position`: 1/256 m integer positions decide. `haversine`: where those leave a half metre open, the double formula does. */
  readonly rounding: "position" | "haversine";
}

export interface SelectionParameters {
  /** `entropy-rank`: by hash rank, one per resolution-11 cell before a second. `first-received`: by arrival. */
  readonly kind: "entropy-rank" | "first-received";
  /** Most witnesses of a beacon that are paid. */
  readonly maximumWitnesses: number;
}

export interface LagParameters {
  /** Greatest lag behind the beacon when it arrived first, ms. */
  readonly behindBeaconMs: number;
  /** Greatest lag behind the first witness when that arrived first, ms. */
  readonly behindWitnessMs: number;
}

export interface ReciprocityParameters {
  /**
   * Judged after the lists of checks (HIP-106): a beaconer that has not witnessed fails its whole proof as `gateway_no_valid_witnesses`,
   * a witness that has not beaconed fails as `gateway_no_valid_beacons`. `closed-state`: ages are those of the last closed epoch's
   * state, and a hotspot is excused while it is younger than the limit. `running`: timestamps move with every proof, in log order.
   */
  readonly kind: "closed-state" | "running";
  /** A hotspot must have beaconed (to be paid as a witness) and witnessed (as a beaconer) within this long, ms. */
  readonly withinMs: number;
}

export interface DensityLimit {
  readonly resolution: number;
  readonly neighbours: number;
  readonly target: number;
  readonly maximum: number;
}

export interface DensityParameters {
  /** By resolution: neighbours that may be full, target and maximum of hotspots a cell counts (HIP-17, HIP-104). */
  readonly limits: readonly DensityLimit[];
  /** `paid-proof`: hotspots with a paid proof this epoch. `recent-beacon`: with a reciprocal beacon within `withinMs` of the epoch's end. */
  readonly active: "paid-proof" | "recent-beacon";
  /** Under `recent-beacon`: how recent, ms. */
  readonly withinMs: number;
  /** Scale of a location that is not in the map, 1e-4. */
  readonly defaultScaleE4: number;
}

export interface UnitParameters {
  /** Witnesses up to which each is paid one unit (HIP-15). */
  readonly targetWitnesses: number;
  /** What each further witness adds, relative to the one before, 1e-4. */
  readonly decayE4: number;
  /** Most units of a beaconer or a witness, 1e-4. */
  readonly capE4: number;
}

export interface CellWeightParameters {
  /** Weight of a cell nobody uses, 1e-4. */
  readonly floorE4: number;
  /** Data credits at which a cell reaches half of what is above the floor. */
  readonly halfDataCredits: number;
  /** How much a data credit counts in a neighbouring cell, 1e-4. */
  readonly neighbourE4: number;
  /** Epochs a data credit counts, the one scored included. */
  readonly epochs: number;
  /** One payer is at most one part in so many of what a cell is served. */
  readonly payerCapDivisor: number;
}

export interface EmissionPeriod {
  readonly startEpoch: number;
  readonly epochs: number;
  /** Base units of the whole period, a decimal string. */
  readonly totalAtoms: string;
}

export interface CommonRewardParameters {
  /** What is issued, by period. */
  readonly emission: readonly EmissionPeriod[];
  /** Base units one token has: 1e8. */
  readonly atomsPerToken: string;
  /** Wallet of the treasury, 32 bytes as hex. */
  readonly treasury: string;
  /** Account the reward tree is bound to, 32 bytes as hex. */
  readonly distributor: string;
  /** Bytes a data credit buys. */
  readonly bytesPerDataCredit: number;
  /** Value of a data credit in 1e-8 USD: 1000. */
  readonly dataCreditUsdE8: number;
  /** Epochs in which a receipt and its confirmation may meet, that of the earlier one included; after that neither is billed. */
  readonly billWithinEpochs: number;
}

export interface WeightedRewardParameters extends CommonRewardParameters {
  /** `weighted`: ours. `helium`: buckets and rounding of the last Helium rules; what no hotspot gets is the treasury's. */
  readonly kind: "weighted";
  /** Part of the budget for coverage, 1e-4. */
  readonly coverageE4: number;
  /** Part of the budget for packets carried, 1e-4. */
  readonly dataE4: number;
}

export interface HeliumRewardParameters extends CommonRewardParameters {
  readonly kind: "helium";
  /** Part of the budget for beacons, 1e-4. */
  readonly beaconE4: number;
  /** Part of the budget for receptions of beacons, 1e-4. */
  readonly witnessE4: number;
  /** Part of the budget for packets carried, 1e-4. */
  readonly dataE4: number;
  /** How much of what data leaves goes to beacons, 1e-4; receptions get the rest. */
  readonly unusedToBeaconsE4: number;
}

export interface NetworkParameters {
  /** Version of this structure. */
  readonly version: 1;
  /** Name of the rule set. */
  readonly name: string;
  readonly time: TimeParameters;
  readonly challenge: SortitionChallengeParameters | ReportedChallengeParameters;
  /** Checks of a beacon report, in order. */
  readonly beaconChecks: readonly BeaconCheckName[];
  /** Checks of a witness report, in order. */
  readonly witnessChecks: readonly WitnessCheckName[];
  readonly radio: RadioParameters;
  readonly distance: DistanceParameters;
  /** Latency race of witnesses; null for none. */
  readonly lag: LagParameters | null;
  readonly selection: SelectionParameters;
  readonly reciprocity: ReciprocityParameters;
  readonly density: DensityParameters;
  readonly units: UnitParameters;
  /** Weight of a cell by its use; null where all weigh 1. */
  readonly cellWeight: CellWeightParameters | null;
  /** A cell whose valid witnesses all belong to the beaconer's owner earns nothing. */
  readonly foreignWitnessRequired: boolean;
  readonly rewards: WeightedRewardParameters | HeliumRewardParameters;
  /**
   * A hotspot that shows its resolution-8 cell and no finer one is judged from that cell, by the bound of each rule that is worst for it;
   * absent where such a hotspot counts as not asserted.
   */
  readonly privateLocations?: true;
  /** Detectors of spoofing and what they take; absent where there are none. */
  readonly anomaly?: AnomalyParameters;
}

/** Rules of the kind this network has: challenges by sortition, rewards by weight. */
export interface SortitionNetworkParameters extends NetworkParameters {
  readonly challenge: SortitionChallengeParameters;
  readonly rewards: WeightedRewardParameters;
}
