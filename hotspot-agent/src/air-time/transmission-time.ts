/**
 * How long a downlink or beacon is on air, µs.
 *
 * LoRa by poc/radio; FSK as LoRaWAN frames it (RP002: 5 bytes of preamble, 3 of sync word, 1 of length, 2 of CRC); null for what
 * cannot be computed: LR-FHSS and the bandwidths of 2.4 GHz, which have no duty cycle here.
 */
import { BANDWIDTHS_HZ, loraDataRate, timeOnAirUs } from "@earshot/poc/radio";
import type { DownlinkItem } from "../messages.ts";

const defaultFskPreambleBytes = 5;
const fskFrameBytes = 3 + 1 + 2;
const codingRates: readonly string[] = ["4/5", "4/6", "4/7", "4/8"];

/** Time on air of an item, rounded up to whole µs; null when the modulation has no rule here. */
export function transmissionTimeUs(item: DownlinkItem): number | null {
  const { modulation, phyPayload, preambleSymbols, hasCrc } = item;
  if (modulation.kind === "fsk") {
    const bytes = (preambleSymbols ?? defaultFskPreambleBytes) + fskFrameBytes + phyPayload.length;
    return Math.ceil((bytes * 8 * 1e6) / modulation.bitrateBps);
  }
  if (modulation.kind === "lr-fhss") return null;
  const { bandwidthHz, spreadingFactor, codeRate } = modulation;
  const codingRate = codingRates.indexOf(codeRate) + 1;
  if (!(BANDWIDTHS_HZ as readonly number[]).includes(bandwidthHz) || codingRate === 0) return null;
  return timeOnAirUs(phyPayload.length, loraDataRate(spreadingFactor, bandwidthHz), {
    codingRate,
    hasCrc,
    preambleSymbols: Math.max(preambleSymbols ?? 8, 6),
  });
}
