import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loraDataRate } from "../../src/radio/data-rate.ts";
import { maxPayloadBytesWithin, symbolUs, timeOnAirUs } from "../../src/radio/time-on-air.ts";

const at125 = (spreadingFactor: number) => loraDataRate(spreadingFactor, 125_000);

describe("timeOnAirUs", () => {
  // Milliseconds at 125 kHz, SF7 to SF12; rows are PHYPayload lengths.
  test.each([
    [13, [46.3, 82.4, 164.9, 288.8, 577.5, 1155.1]],
    [23, [61.7, 113.2, 205.8, 370.7, 823.3, 1482.8]],
    [33, [71.9, 133.6, 246.8, 452.6, 987.1, 1810.4]],
    [52, [102.7, 184.8, 328.7, 616.4, 1314.8, 2465.8]],
    [64, [118.0, 215.6, 390.1, 698.4, 1560.6, 2793.5]],
    [222, [348.4, 614.9, 1106.9, 2009.1, 4427.8, 8036.4]],
  ])("of %i bytes agrees with the reference table to its last digit", (bytes, milliseconds) => {
    milliseconds.forEach((ms, index) => {
      expect(Math.abs(timeOnAirUs(bytes, at125(7 + index)) / 1000 - ms)).toBeLessThanOrEqual(0.0501);
    });
  });

  test("of an Earshot beacon (24 bytes, SF10) is 370,688 µs and of a Helium one (52 bytes) 2,465,792 and 328,704 µs", () => {
    expect(timeOnAirUs(24, at125(10))).toBe(370_688);
    expect(timeOnAirUs(52, at125(12))).toBe(2_465_792);
    expect(timeOnAirUs(52, at125(9))).toBe(328_704);
  });

  test("is shorter without CRC or header and longer with more coding or preamble", () => {
    const base = timeOnAirUs(20, at125(8));
    expect(timeOnAirUs(20, at125(8), { hasCrc: false })).toBeLessThan(base);
    expect(timeOnAirUs(20, at125(8), { hasImplicitHeader: true })).toBeLessThan(base);
    expect(timeOnAirUs(20, at125(8), { codingRate: 4 })).toBeGreaterThan(base);
    expect(timeOnAirUs(20, at125(8), { preambleSymbols: 10 })).toBe(base + 2 * symbolUs(at125(8)));
  });

  test("uses low data rate optimisation from 16 ms a symbol on", () => {
    // SF12 at 250 kHz has the 16.384 ms symbol of SF11 at 125 kHz; SF11 at 250 kHz has 8.192 ms.
    expect(symbolUs(loraDataRate(12, 250_000))).toBe(16_384);
    expect(timeOnAirUs(51, loraDataRate(12, 250_000))).toBe(timeOnAirUs(51, at125(12)) / 2);
    expect(timeOnAirUs(51, loraDataRate(11, 250_000))).toBeLessThan(timeOnAirUs(51, at125(11)) / 2);
  });

  test("is a whole number of microseconds and never falls as the payload grows", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 12 }),
        fc.constantFrom(125_000, 250_000, 500_000),
        fc.integer({ min: 0, max: 254 }),
        fc.integer({ min: 1, max: 4 }),
        (spreadingFactor, bandwidthHz, bytes, codingRate) => {
          const dataRate = loraDataRate(spreadingFactor, bandwidthHz);
          const us = timeOnAirUs(bytes, dataRate, { codingRate });
          return Number.isInteger(us) && us > 0 && timeOnAirUs(bytes + 1, dataRate, { codingRate }) >= us;
        },
      ),
    );
  });

  test("refuses payloads and options out of range and rates that are not LoRa", () => {
    expect(() => timeOnAirUs(256, at125(7))).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => timeOnAirUs(-1, at125(7))).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => timeOnAirUs(1.5, at125(7))).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => timeOnAirUs(10, at125(7), { codingRate: 0 })).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => timeOnAirUs(10, at125(7), { preambleSymbols: 5 })).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => timeOnAirUs(10, 0xf6)).toThrow(/^POC_BAD_PARAMETERS/);
  });
});

describe("maxPayloadBytesWithin", () => {
  test("gives the lengths that fit the 400 ms dwell time at 125 kHz", () => {
    expect([7, 8, 9, 10].map((spreadingFactor) => maxPayloadBytesWithin(400_000, at125(spreadingFactor)))).toEqual([
      255, 138, 66, 24,
    ]);
  });

  test("gives no useful length at SF11 and none at all at SF12", () => {
    // A PHYPayload of LoRaWAN has at least 12 bytes.
    expect(maxPayloadBytesWithin(400_000, at125(11)) ?? 0).toBeLessThan(12);
    expect(maxPayloadBytesWithin(400_000, at125(12))).toBeNull();
  });
});
