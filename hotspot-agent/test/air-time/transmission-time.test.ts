import { describe, expect, test } from "vitest";
import { transmissionTimeUs } from "../../src/air-time/transmission-time.ts";
import type { DownlinkItem, Modulation } from "../../src/messages.ts";

function timeUs(modulation: Modulation, bytes: number, change: Partial<DownlinkItem> = {}): number | null {
  return transmissionTimeUs({
    phyPayload: new Uint8Array(bytes),
    frequencyHz: 868_100_000,
    eirpDbm: 14,
    modulation,
    polarizationInversion: true,
    preambleSymbols: null,
    hasCrc: true,
    frequencyDeviationHz: null,
    board: 0,
    antenna: 0,
    timing: { kind: "immediately" },
    context: new Uint8Array(0),
    ...change,
  });
}

const lora = (spreadingFactor: number, bandwidthHz = 125_000): Modulation => ({
  kind: "lora",
  bandwidthHz,
  spreadingFactor,
  codeRate: "4/5",
});

describe("time on air", () => {
  test("is that of a beacon: 24 bytes at SF10 in 370.688 ms", () => {
    expect(timeUs(lora(10), 24, { polarizationInversion: false })).toBe(370_688);
  });

  test("is shorter without CRC and longer with a longer preamble", () => {
    expect(timeUs(lora(12), 20, { hasCrc: false })).toBeLessThanOrEqual(timeUs(lora(12), 20) ?? 0);
    expect(timeUs(lora(7), 20, { preambleSymbols: 10 })).toBe((timeUs(lora(7), 20) ?? 0) + 2 * 1024);
  });

  test("is that of FSK at 50 kbit/s: 16 bytes with 11 around them", () => {
    expect(timeUs({ kind: "fsk", bitrateBps: 50_000 }, 16)).toBe(((16 + 11) * 8 * 1e6) / 50_000);
  });

  test("is not known for LR-FHSS, 2.4 GHz and long-interleaved code rates", () => {
    expect(timeUs({ kind: "lr-fhss", bandwidthHz: 137_000, codeRate: "2/6", gridSteps: 8 }, 16)).toBeNull();
    expect(timeUs(lora(7, 812_000), 16)).toBeNull();
    expect(timeUs({ kind: "lora", bandwidthHz: 125_000, spreadingFactor: 7, codeRate: "4/8LI" }, 16)).toBeNull();
  });
});
