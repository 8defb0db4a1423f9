/**
 * Power balance of a link in integers of 0.1 dB: how strong a reception can be, how weak it may be, how strong the signal in
 * it was.
 *
 * EIRP = conducted power + antenna gain − cable loss. A witness cannot hear more than EIRP − free-space loss + its own gain;
 * a stronger RSSI means that power, gain or a position is wrong, or that something reflects: one reception proves nothing, a
 * rate per hotspot does (fewer than 1 in 1,000 honest receptions exceed free space with 0 dBi, see fixtures/README.md).
 */
import { MIN_SPREADING_FACTOR } from "./data-rate.ts";
import { fixedOne, powerRatio } from "./decibel.ts";
import type { PublishedPlan } from "./region.ts";

/** Demodulation floors of the modem's data sheet (SX1261/2, SX1276): SNR of SF5 to SF12, 0.1 dB. */
export const TEXTBOOK_SNR_FLOOR_DDB = [-25, -50, -75, -100, -125, -150, -175, -200] as const;

/**
 * Lowest SNR that received frames report in eight public campaigns: SF7 to SF12, 0.1 dB, 1.8 to 5 dB under the textbook. A
 * check at the textbook values rejects honest receptions. No campaign has SF5 or SF6.
 */
export const SEEN_SNR_MINIMUM_DDB: Readonly<Record<number, number>> = {
  7: -105,
  8: -128,
  9: -160,
  10: -182,
  11: -218,
  12: -248,
};

/** Thermal noise at 290 K, 0.1 dBm in 1 Hz. */
const thermalNoiseDdbm = -1740;
/** 10·log10 of 125, 250 and 500 kHz, rounded to 0.1 dB. */
const bandwidthDdb = [510, 540, 570] as const;
/** Noise figure of a typical LoRaWAN receiver, 0.1 dB (the value network servers assume). */
export const NOISE_FIGURE_DDB = 60;

/** Gain truncated toward zero to whole dBi, in 0.1 dBi: how Helium's verifier reads it, losing up to 0.9 dB on each side. */
export function wholeDbiGain(gainDdbi: number): number {
  return Math.trunc(gainDdbi / 10) * 10;
}

/** Conducted power a hotspot sets for a plan: the greatest EIRP less its antenna gain, truncated to whole dBm; in dBm. */
export function conductedPowerDbm(plan: PublishedPlan, antennaGainDdbi: number): number {
  return Math.trunc((plan.maxEirpDdbm - antennaGainDdbi) / 10);
}

/** The strongest RSSI that free space allows, 0.1 dBm, for a loss from `lossDdb`; equal is allowed. */
export function maxRssiDdbm(
  powerDdbm: number,
  transmitGainDdbi: number,
  receiveGainDdbi: number,
  lossDdb: number,
): number {
  return powerDdbm + transmitGainDdbi + receiveGainDdbi - lossDdb;
}

/** How much weaker than free space a signal arrived, 0.1 dB; negative when it arrived stronger. */
export function excessLossDdb(maxSignalDdbm: number, signalDdbm: number): number {
  return maxSignalDdbm - signalDdbm;
}

/** Weakest signal a receiver decodes, 0.1 dBm: noise in the bandwidth, noise figure and floor SNR. Null when not LoRa. */
export function sensitivityDdbm(dataRate: number, noiseFigureDdb: number = NOISE_FIGURE_DDB): number | null {
  const floor = TEXTBOOK_SNR_FLOOR_DDB[(dataRate & 15) - MIN_SPREADING_FACTOR];
  const bandwidth = bandwidthDdb[dataRate >>> 4];
  return floor === undefined || bandwidth === undefined ? null : thermalNoiseDdbm + bandwidth + noiseFigureDdb + floor;
}

/** Outside this range of SNR the correction is its limit: 0, or the SNR itself. */
const minCorrectedSnrDdb = -400;
const maxCorrectedSnrDdb = 400;

/**
 * 10·log10(1 + 10^(SNR/10)) rounded to 0.1 dB for every SNR of the range, without a logarithm: the k with
 * 10^((k−½)/100) ≤ 1 + 10^(SNR/100) < 10^((k+½)/100), both sides in 50 decimals.
 */
const noiseShareDdb: Int16Array = (() => {
  const table = new Int16Array(maxCorrectedSnrDdb - minCorrectedSnrDdb + 1);
  let k = 0;
  for (let snr = minCorrectedSnrDdb; snr <= maxCorrectedSnrDdb; snr++) {
    const total = fixedOne + powerRatio(2 * snr);
    while (total >= powerRatio(2 * k + 1)) k++;
    table[snr - minCorrectedSnrDdb] = k;
  }
  return table;
})();

/**
 * Estimated signal power, 0.1 dBm: RSSI + SNR − 10·log10(1 + 10^(SNR/10)), the received power without the noise in it. Below
 * 0 dB SNR the RSSI hardly falls any more; this does. Integers in, integers out, the same on every machine.
 */
export function espDdbm(rssiDdbm: number, snrDdb: number): number {
  if (snrDdb < minCorrectedSnrDdb) return rssiDdbm + snrDdb;
  if (snrDdb > maxCorrectedSnrDdb) return rssiDdbm;
  return rssiDdbm + snrDdb - noiseShareDdb[snrDdb - minCorrectedSnrDdb];
}
