/**
 * Helium's last rules as plain functions of plain values: the oracle of the columnar engine. Slow on purpose: floats, h3-js, no tables.
 *
 * Each function answers one check of iot_verifier at its last proof-of-coverage revision. Distances come from h3-js, logarithms from
 * Math, so a figure may differ from the engine's in the last bit; verdicts must not.
 */
import {
  cellToLatLng,
  cellToParent,
  getResolution,
  greatCircleDistance,
  gridDistance,
  isValidCell,
  UNITS,
} from "h3-js";

export const ENTROPY_LIFE_S = 180;
export const BEACON_INTERVAL_MS = 6 * 3600 * 1000;
export const RECIPROCITY_MS = 48 * 3600 * 1000;
export const MAXIMUM_WITNESSES = 14;
const BEHIND_BEACON_MS = 4000;
const BEHIND_WITNESS_MS = 1500;
const SPEED_OF_LIGHT_M_PER_S = 2.998e8;

/** Received in the life of the entropy: whole seconds, both ends included. */
export function isInEntropyLife(receivedMs: number, entropyStartS: number): boolean {
  const receivedS = Math.floor(receivedMs / 1000);
  return receivedS >= entropyStartS && receivedS <= entropyStartS + ENTROPY_LIFE_S;
}

/** What the lag of a witness counts from, and how much of it passes. `first` is the earliest witness report, valid or not. */
export function lagRule(beaconMs: number, firstWitnessMs: number): { fromMs: number; limitMs: number } {
  return beaconMs <= firstWitnessMs
    ? { fromMs: beaconMs, limitMs: BEHIND_BEACON_MS }
    : { fromMs: firstWitnessMs, limitMs: BEHIND_WITNESS_MS };
}

/** The difference of two frequencies as upstream compared it: the low 32 bits, as a signed number. */
export function narrowedDifferenceHz(a: number, b: number): number {
  const low = Number(BigInt(Math.abs(a - b)) & 0xffff_ffffn);
  return low >= 2 ** 31 ? low - 2 ** 32 : low;
}

/** Grid distance of the resolution-11 parents, or -1 where H3 gives none. */
export function gridCells(a: string, b: string): number {
  if (!isValidCell(a) || !isValidCell(b) || getResolution(a) < 11 || getResolution(b) < 11) return -1;
  try {
    return gridDistance(cellToParent(a, 11), cellToParent(b, 11));
  } catch {
    return -1;
  }
}

/** Whole metres between cell centres on H3's sphere. */
export function distanceM(a: string, b: string): number {
  return Math.round(greatCircleDistance(cellToLatLng(a), cellToLatLng(b), UNITS.m));
}

/** Free-space path loss, dB; -Infinity at no distance. */
export function pathLossDb(frequencyHz: number, metres: number): number {
  return 20 * Math.log10((4 * Math.PI * metres * frequencyHz) / SPEED_OF_LIGHT_M_PER_S);
}

export interface Link {
  readonly txPowerDbm: number;
  readonly frequencyHz: number;
  readonly metres: number;
  readonly beaconerGainDdbi: number;
  readonly witnessGainDdbi: number;
}

/** The strongest signal free space allows, dBm. Gains count in whole dBi, cut toward zero. */
export function expectedRssiDbm(link: Link): number {
  const gains = Math.trunc(link.beaconerGainDdbi / 10) + Math.trunc(link.witnessGainDdbi / 10);
  return link.txPowerDbm + gains - pathLossDb(link.frequencyHz, link.metres);
}

/** The same bound in whole 0.1 dBm, as our verdicts show it. */
export function expectedRssiDdbm(link: Link): number {
  const gains = Math.trunc(link.beaconerGainDdbi / 10) + Math.trunc(link.witnessGainDdbi / 10);
  return 10 * (link.txPowerDbm + gains) - Math.ceil(10 * pathLossDb(link.frequencyHz, link.metres));
}

/** HIP-15 units of a proof with `w` paid witnesses, 1e-4: exact decimals, ties to even at four places. */
export function rewardUnitsE4(w: number): { beaconer: number; witness: number } {
  if (w === 0) return { beaconer: 0, witness: 0 };
  if (w <= 4) return { beaconer: 2500 * w, witness: 10_000 };
  const rest = 8n ** BigInt(w - 4);
  const one = 10n ** BigInt(w - 4);
  return {
    beaconer: Math.min(20_000, roundHalfEven((2n * one - rest) * 10_000n, one)),
    witness: Math.min(20_000, roundHalfEven((3n * one + rest) * 10_000n, one * BigInt(w))),
  };
}

/** A ratio to the nearest integer, ties to even. */
export function roundHalfEven(numerator: bigint, denominator: bigint): number {
  const floor = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const up = twice > denominator || (twice === denominator && floor % 2n === 1n);
  return Number(up ? floor + 1n : floor);
}
