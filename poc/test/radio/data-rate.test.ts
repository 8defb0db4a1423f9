import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bandwidthHzOf,
  dataRateFromHelium,
  formatLoraDataRate,
  heliumDataRate,
  isDataRate,
  isLoraDataRate,
  loraDataRate,
  parseLoraDataRate,
  spreadingFactorOf,
} from "../../src/radio/data-rate.ts";

describe("data rate byte", () => {
  test.each([
    ["SF7BW125", 0x07, 5],
    ["SF10BW125", 0x0a, 2],
    ["SF12BW125", 0x0c, 0],
    ["SF12BW250", 0x1c, 6],
    ["SF7BW250", 0x17, 11],
    ["SF12BW500", 0x2c, 12],
    ["SF7BW500", 0x27, 17],
  ])("%s is byte %i and Helium's number %i", (text, byte, helium) => {
    expect(parseLoraDataRate(text)).toBe(byte);
    expect(formatLoraDataRate(byte)).toBe(text);
    expect(heliumDataRate(byte)).toBe(helium);
    expect(dataRateFromHelium(helium)).toBe(byte);
  });

  test("LR-FHSS and FSK have bytes but are not LoRa", () => {
    expect(dataRateFromHelium(18)).toBe(0xf0);
    expect(dataRateFromHelium(24)).toBe(0xf6);
    expect(isDataRate(0xf6)).toBe(true);
    expect(isLoraDataRate(0xf6)).toBe(false);
    expect(isDataRate(0xf7)).toBe(false);
  });

  test("SF5 and SF6 exist but not in Helium's enumeration", () => {
    expect(parseLoraDataRate("SF5BW125")).toBe(0x05);
    expect(heliumDataRate(0x05)).toBeNull();
    expect(heliumDataRate(0x06)).toBeNull();
    expect(heliumDataRate(0x07)).toBe(5);
  });

  test("every byte is a data rate exactly when it is one of 24 LoRa or 7 other ones, and then survives the round trips", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    expect(bytes.filter(isLoraDataRate)).toHaveLength(24);
    expect(bytes.filter(isDataRate)).toHaveLength(31);
    for (const byte of bytes.filter(isLoraDataRate)) {
      expect(loraDataRate(spreadingFactorOf(byte), bandwidthHzOf(byte))).toBe(byte);
      expect(parseLoraDataRate(formatLoraDataRate(byte))).toBe(byte);
    }
    for (const byte of bytes) {
      const helium = heliumDataRate(byte);
      if (helium !== null) expect(dataRateFromHelium(helium)).toBe(byte);
    }
  });

  test("numbers outside Helium's enumeration are null", () => {
    for (const number of [-1, 25, 0.5, Number.NaN, 2 ** 32]) expect(dataRateFromHelium(number)).toBeNull();
  });

  test("any other text is null", () => {
    for (const text of ["SF4BW125", "SF13BW125", "SF7BW126", "sf7bw125", "SF7BW125 ", "M0CW137", "50000", ""]) {
      expect(parseLoraDataRate(text)).toBeNull();
    }
    fc.assert(
      fc.property(
        fc.string(),
        (text) => parseLoraDataRate(text) === null || formatLoraDataRate(parseLoraDataRate(text)!) === text,
      ),
    );
  });

  test("refuses what is not LoRa", () => {
    expect(() => loraDataRate(4, 125_000)).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => loraDataRate(7.5, 125_000)).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => loraDataRate(7, 62_500)).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => spreadingFactorOf(0xf0)).toThrow(/^POC_BAD_PARAMETERS/);
    expect(() => bandwidthHzOf(0x3a)).toThrow(/^POC_BAD_PARAMETERS/);
  });
});
