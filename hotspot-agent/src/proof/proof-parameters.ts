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
  /** Data rate byte of beacons; 0 where the region's table decides. */
  readonly beaconDataRate: number;
}

/** Preset `earshot`: windows of 30 s, SF10 at 125 kHz. */
export const EARSHOT_PARAMETERS: ProofParameters = {
  times: DEFAULT_SORTITION,
  windowMs: 30_000,
  beaconDataRate: packDataRate(10, 125_000),
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
  if (beaconDataRate !== 0 && !isCanonicalDataRate(beaconDataRate)) return { problem: "the data rate is none" };
  const times = { entropyMs, intervalMs, transmitDelayMs, transmitSpreadMs };
  try {
    minutesPerInterval(times);
  } catch {
    return { problem: "the times do not fit together" };
  }
  const isPublic = network === NETWORK_NUMBERS.main || network === NETWORK_NUMBERS.test;
  if (isPublic && intervalMs < SHORTEST_PUBLIC_INTERVAL_MS) return { problem: "intervals are too short" };
  return { times, windowMs, beaconDataRate };
}

function hasHash(parameters: Readonly<Record<string, unknown>>, parameterHash: unknown): boolean {
  try {
    return sha256(canonicalJsonBytes(parameters)).toHex() === parameterHash;
  } catch {
    return false;
  }
}
