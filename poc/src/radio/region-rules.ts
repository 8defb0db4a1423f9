/**
 * What the law adds to a plan: time on air per transmission and share of time per sub-band.
 *
 * Sources: ETSI EN 300 220 (EU868), FCC 15.247 (US915), LoRaWAN Regional Parameters RP002 (AU915, AS923, KR920, IN865).
 * Where countries of one plan differ the strictest holds. Null means that no rule is recorded here, not that there is none:
 * CN470, EU433, RU864 and CD900-1A.
 */
import type { PlanName } from "./region.ts";

export interface SubBand {
  readonly fromHz: number;
  /** Exclusive. */
  readonly toHz: number;
  /** Greatest share of an hour on air, 1e-4; null when time is not limited. */
  readonly dutyCycleE4: number | null;
  /** Greatest EIRP where it differs from the plan's, 0.1 dBm; null where it does not. */
  readonly maxEirpDdbm: number | null;
}

export interface RegionRules {
  /** Longest single transmission, µs; null when not limited. */
  readonly maxTransmissionUs: number | null;
  readonly needsListenBeforeTalk: boolean;
  readonly subBands: readonly SubBand[];
}

const dwellUs = 400_000;
const fourSecondsUs = 4_000_000;

function subBand(fromHz: number, toHz: number, dutyCycleE4: number | null, maxEirpDdbm: number | null = null): SubBand {
  return { fromHz, toHz, dutyCycleE4, maxEirpDdbm };
}

const as923: RegionRules = {
  maxTransmissionUs: dwellUs,
  needsListenBeforeTalk: false,
  subBands: [subBand(915_000_000, 928_000_000, 100)],
};
const au915: RegionRules = { maxTransmissionUs: dwellUs, needsListenBeforeTalk: false, subBands: [] };

const rules: Partial<Record<PlanName, RegionRules>> = {
  EU868: {
    maxTransmissionUs: null,
    needsListenBeforeTalk: false,
    subBands: [
      subBand(863_000_000, 865_000_000, 10),
      subBand(865_000_000, 868_000_000, 100),
      subBand(868_000_000, 868_600_000, 100),
      subBand(868_700_000, 869_200_000, 10),
      subBand(869_400_000, 869_650_000, 1000, 290),
      subBand(869_700_000, 870_000_000, 100),
    ],
  },
  US915: { maxTransmissionUs: dwellUs, needsListenBeforeTalk: false, subBands: [] },
  AU915: au915,
  "AU915-SB1": au915,
  "AS923-1": as923,
  "AS923-1B": as923,
  "AS923-1C": as923,
  "AS923-2": as923,
  "AS923-3": as923,
  "AS923-4": as923,
  KR920: {
    maxTransmissionUs: fourSecondsUs,
    needsListenBeforeTalk: true,
    subBands: [subBand(920_900_000, 921_900_000, null, 100)],
  },
  IN865: { maxTransmissionUs: null, needsListenBeforeTalk: false, subBands: [] },
};

/** The recorded rules of a plan, or null when none are recorded. */
export function regionRules(planName: PlanName): RegionRules | null {
  return rules[planName] ?? null;
}

/** The sub-band a carrier lies in, or null: no rule of a sub-band applies. */
export function subBandOf(regionRules: RegionRules, frequencyHz: number): SubBand | null {
  return regionRules.subBands.find(({ fromHz, toHz }) => frequencyHz >= fromHz && frequencyHz < toHz) ?? null;
}

/** Whether one transmission of `airTimeUs` is short enough (equal passes). */
export function isShortEnough(regionRules: RegionRules, airTimeUs: number): boolean {
  return regionRules.maxTransmissionUs === null || airTimeUs <= regionRules.maxTransmissionUs;
}
