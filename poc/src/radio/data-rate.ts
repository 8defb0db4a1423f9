/**
 * Data rates as one byte, the `data_rate` column everywhere.
 *
 * LoRa: low nibble spreading factor 5 to 12, high nibble bandwidth (0 = 125, 1 = 250, 2 = 500 kHz). High nibble 15 is not
 * LoRa: 0xF0 to 0xF5 LR-FHSS and 0xF6 FSK in the order of Helium's enumeration (proto data_rate: 0–5 SF12…SF7 at 125 kHz,
 * 6–11 at 250, 12–17 at 500, 18–23 LR-FHSS, 24 FSK50). Everything else is not a data rate.
 */
import { pocError } from "../errors.ts";

/** Hz by bandwidth code. */
export const BANDWIDTHS_HZ = [125_000, 250_000, 500_000] as const;

export const MIN_SPREADING_FACTOR = 5;
export const MAX_SPREADING_FACTOR = 12;

const notLora = 0xf0;
const heliumPerBandwidth = 6;
const heliumFirstNotLora = 18;
const heliumLast = 24;

/** The byte of a LoRa data rate. Throws POC_BAD_PARAMETERS outside SF5–SF12 and 125, 250, 500 kHz. */
export function loraDataRate(spreadingFactor: number, bandwidthHz: number): number {
  const code = (BANDWIDTHS_HZ as readonly number[]).indexOf(bandwidthHz);
  const hasSpreading = spreadingFactor >= MIN_SPREADING_FACTOR && spreadingFactor <= MAX_SPREADING_FACTOR;
  if (code < 0 || !hasSpreading || !Number.isInteger(spreadingFactor)) {
    throw pocError("POC_BAD_PARAMETERS", `no LoRa data rate: SF${spreadingFactor} at ${bandwidthHz} Hz`);
  }
  return (code << 4) | spreadingFactor;
}

/** Whether the byte is a LoRa data rate. */
export function isLoraDataRate(dataRate: number): boolean {
  const spreadingFactor = dataRate & 15;
  return (
    dataRate >>> 4 < BANDWIDTHS_HZ.length &&
    spreadingFactor >= MIN_SPREADING_FACTOR &&
    spreadingFactor <= MAX_SPREADING_FACTOR
  );
}

/** Whether the byte is any data rate, LoRa or not. */
export function isDataRate(dataRate: number): boolean {
  return isLoraDataRate(dataRate) || (dataRate >= notLora && dataRate <= notLora + heliumLast - heliumFirstNotLora);
}

function assertLora(dataRate: number): void {
  if (!isLoraDataRate(dataRate)) throw pocError("POC_BAD_PARAMETERS", `not a LoRa data rate: ${dataRate}`);
}

/** 5 to 12. Throws POC_BAD_PARAMETERS when the byte is not LoRa. */
export function spreadingFactorOf(dataRate: number): number {
  assertLora(dataRate);
  return dataRate & 15;
}

/** Hz. Throws POC_BAD_PARAMETERS when the byte is not LoRa. */
export function bandwidthHzOf(dataRate: number): number {
  assertLora(dataRate);
  return BANDWIDTHS_HZ[dataRate >>> 4];
}

/** The byte of a number of Helium's DataRate enumeration; null for a number that is none. */
export function dataRateFromHelium(number: number): number | null {
  if (!Number.isInteger(number) || number < 0 || number > heliumLast) return null;
  if (number >= heliumFirstNotLora) return notLora + number - heliumFirstNotLora;
  const code = Math.floor(number / heliumPerBandwidth);
  return (code << 4) | (MAX_SPREADING_FACTOR - (number - code * heliumPerBandwidth));
}

/** The number in Helium's DataRate enumeration; null for SF5, SF6 and bytes that are no data rate. */
export function heliumDataRate(dataRate: number): number | null {
  if (!isDataRate(dataRate)) return null;
  if (dataRate >= notLora) return dataRate - notLora + heliumFirstNotLora;
  const below = MAX_SPREADING_FACTOR - (dataRate & 15);
  return below < heliumPerBandwidth ? (dataRate >>> 4) * heliumPerBandwidth + below : null;
}

/** Reads the `datr` text of a packet forwarder, e.g. `SF7BW125`; null when it is no LoRa data rate. */
export function parseLoraDataRate(text: string): number | null {
  const match = /^SF([5-9]|1[0-2])BW(125|250|500)$/.exec(text);
  return match === null ? null : loraDataRate(Number(match[1]), Number(match[2]) * 1000);
}

/** The `datr` text of a LoRa data rate. Throws POC_BAD_PARAMETERS when the byte is not LoRa. */
export function formatLoraDataRate(dataRate: number): string {
  return `SF${spreadingFactorOf(dataRate)}BW${bandwidthHzOf(dataRate) / 1000}`;
}
