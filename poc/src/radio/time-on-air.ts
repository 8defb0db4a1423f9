/**
 * LoRa time on air in whole microseconds (Semtech SX1276 datasheet §4.1.1.6–7; SX1261/2 §6.1.4 for SF5 and SF6).
 *
 * A symbol lasts 2^SF/BW: 2, 4 or 8 µs times 2^SF, so a quarter symbol is whole too and nothing is rounded. Low data rate
 * optimisation is on when a symbol lasts 16 ms or more, as every LoRaWAN stack has it. FSK and LR-FHSS are refused.
 */
import { pocError } from "../errors.ts";
import { bandwidthHzOf, spreadingFactorOf } from "./data-rate.ts";

export interface TimeOnAirOptions {
  /** 1 to 4 for 4/5 to 4/8; default 1. */
  readonly codingRate?: number;
  /** Default 8. */
  readonly preambleSymbols?: number;
  /** Payload CRC; default true (LoRaWAN uplinks and beacons of hotspots; false for downlinks). */
  readonly hasCrc?: boolean;
  /** Default false. */
  readonly hasImplicitHeader?: boolean;
}

/** Greatest PHYPayload of a LoRa modem, bytes. */
export const MAX_PHY_PAYLOAD_BYTES = 255;

const lowDataRateSymbolUs = 16_000;

function integerIn(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw pocError("POC_BAD_PARAMETERS", `${name}: expected an integer in [${min}, ${max}], got ${value}`);
  }
  return value;
}

/** Duration of one symbol, µs. Throws POC_BAD_PARAMETERS when the byte is not LoRa. */
export function symbolUs(dataRate: number): number {
  return (2 ** spreadingFactorOf(dataRate) * 1_000_000) / bandwidthHzOf(dataRate);
}

/**
 * Time on air of a PHYPayload of `payloadBytes` (0–255), µs. Throws POC_BAD_PARAMETERS for a data rate that is not LoRa
 * or an option out of range.
 */
export function timeOnAirUs(payloadBytes: number, dataRate: number, options: TimeOnAirOptions = {}): number {
  const { codingRate = 1, preambleSymbols = 8, hasCrc = true, hasImplicitHeader = false } = options;
  integerIn("payload bytes", payloadBytes, 0, MAX_PHY_PAYLOAD_BYTES);
  integerIn("coding rate", codingRate, 1, 4);
  integerIn("preamble symbols", preambleSymbols, 6, 65_535);
  const spreadingFactor = spreadingFactorOf(dataRate);
  const symbol = symbolUs(dataRate);
  const isFast = spreadingFactor < 7;
  const syncQuarters = isFast ? 25 : 17;
  const bitsPerSymbol = spreadingFactor - (symbol >= lowDataRateSymbolUs ? 2 : 0);
  const bits =
    8 * payloadBytes - 4 * spreadingFactor + (hasCrc ? 16 : 0) + (hasImplicitHeader ? 0 : 20) + (isFast ? 0 : 8);
  const payloadSymbols = 8 + Math.ceil(Math.max(bits, 0) / (4 * bitsPerSymbol)) * (codingRate + 4);
  return (4 * (preambleSymbols + payloadSymbols) + syncQuarters) * (symbol / 4);
}

/**
 * The longest PHYPayload, bytes, that stays on air no longer than `limitUs` with the default options; null when not even
 * an empty one does. Throws POC_BAD_PARAMETERS when the byte is not LoRa.
 */
export function maxPayloadBytesWithin(limitUs: number, dataRate: number): number | null {
  for (let bytes = MAX_PHY_PAYLOAD_BYTES; bytes >= 0; bytes--) {
    if (timeOnAirUs(bytes, dataRate) <= limitUs) return bytes;
  }
  return null;
}
