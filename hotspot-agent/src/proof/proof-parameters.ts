/**
 * What the agent must know of the network's rules: when challenges are, how long their window is, what a beacon is sent with.
 *
 * Read from the oracle's parameters, whose hash must be theirs; until an oracle answered, those of the preset `earshot` hold.
 * Numbers that would make a hotspot transmit more often than any public network does are refused on public networks.
 */
import {
  canonicalJsonBytes,
  DEFAULT_SORTITION,
  isCanonicalDataRate,
  minutesPerInterval,
  NETWORK_NUMBERS,
  packDataRate,
  type SortitionTimes,
  sha256,
} from "@earshot/poc/protocol";
import { asCount, asObject } from "./api-answers.ts";

export interface ProofParameters {
  readonly times: SortitionTimes;
  /** Reports count until this long after the transmission, ms. */
  readonly windowMs: number;
  /** Data rate byte of beacons where the region has none of its own. */
  readonly beaconDataRate: number;
  readonly regionDataRates: ReadonlyMap<string, number>;
}

/** The data rate byte of beacons in a region. */
export function beaconDataRateIn(region: string, parameters: ProofParameters): number {
  return parameters.regionDataRates.get(region) ?? parameters.beaconDataRate;
}

/** Preset `earshot`: windows of 30 s, SF10 at 125 kHz. */
export const EARSHOT_PARAMETERS: ProofParameters = {
  times: DEFAULT_SORTITION,
  windowMs: 30_000,
  beaconDataRate: packDataRate(10, 125_000),
  regionDataRates: new Map(),
};

/** Public networks never challenge more often than this, ms; private ones may run `demo`. */
const SHORTEST_PUBLIC_INTERVAL_MS = 3_600_000;

/** The parameters in a ParametersAnswer, or what is wrong with them. */
export function readParameters(
  answer: Readonly<Record<string, unknown>>,
  network: number,
): ProofParameters | { readonly problem: string } {
  const parameters = asObject(answer.parameters);
  const time = asObject(parameters?.time);
  const challenge = asObject(parameters?.challenge);
  if (parameters === undefined || time === undefined || challenge === undefined)
    return { problem: "members are missing" };
  if (!hasHash(parameters, answer.parameterHash)) return { problem: "the hash is another value's" };
  if (challenge.kind !== "sortition") return { problem: "challenges are not by sortition" };
  const entropyMs = asCount(time.entropyMs);
  const intervalMs = asCount(time.intervalMs);
  const transmitDelayMs = asCount(time.transmitDelayMs);
  const transmitSpreadMs = asCount(time.transmitSpreadMs);
  const windowMs = asCount(time.windowMs);
  const beaconDataRate = asCount(challenge.dataRate);
  if (entropyMs === undefined || intervalMs === undefined || windowMs === undefined || windowMs < 1) {
    return { problem: "a time is not a whole number of ms" };
  }
  if (transmitDelayMs === undefined || transmitSpreadMs === undefined || beaconDataRate === undefined) {
    return { problem: "a time or data rate is not a whole number" };
  }
  const regionDataRates = readRegions(challenge.regionDataRates);
  if (!isCanonicalDataRate(beaconDataRate) || regionDataRates === undefined) return { problem: "a data rate is none" };
  const times = { entropyMs, intervalMs, transmitDelayMs, transmitSpreadMs };
  try {
    minutesPerInterval(times);
  } catch {
    return { problem: "the times do not fit together" };
  }
  const isPublic = network === NETWORK_NUMBERS.main || network === NETWORK_NUMBERS.test;
  if (isPublic && intervalMs < SHORTEST_PUBLIC_INTERVAL_MS) return { problem: "intervals are too short" };
  return { times, windowMs, beaconDataRate, regionDataRates };
}

function readRegions(value: unknown): ReadonlyMap<string, number> | undefined {
  if (!Array.isArray(value)) return undefined;
  const rates = new Map<string, number>();
  for (const entry of value) {
    const object = asObject(entry);
    const dataRate = asCount(object?.dataRate);
    if (typeof object?.region !== "string" || dataRate === undefined || !isCanonicalDataRate(dataRate))
      return undefined;
    rates.set(object.region, dataRate);
  }
  return rates;
}

function hasHash(parameters: Readonly<Record<string, unknown>>, parameterHash: unknown): boolean {
  try {
    return sha256(canonicalJsonBytes(parameters)).toHex() === parameterHash;
  } catch {
    return false;
  }
}
