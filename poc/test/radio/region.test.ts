import { readFileSync } from "node:fs";
import { generateRegionPlans, loadCountryRegions, loadRegionParameterFiles, regionPlansPath } from "@earshot/fixtures";
import { describe, expect, test } from "vitest";
import { formatLoraDataRate, loraDataRate } from "../../src/radio/data-rate.ts";
import {
  beaconDataRate,
  regionByName,
  regionByNumber,
  regionPlans,
  UNKNOWN_REGION_NUMBER,
} from "../../src/radio/region.ts";
import { isShortEnough, regionRules, subBandOf } from "../../src/radio/region-rules.ts";
import { timeOnAirUs } from "../../src/radio/time-on-air.ts";

/** Channels from `fromMhz` in steps of 0.2 MHz, in Hz. */
const steps = (fromMhz: number, count: number) =>
  Array.from({ length: count }, (_, index) => Math.round(fromMhz * 1e6) + 200_000 * index);

describe("region plans", () => {
  test("are what the generator makes from the published files", () => {
    expect(readFileSync(regionPlansPath, "utf8")).toBe(generateRegionPlans());
  });

  // Channels, greatest EIRP in 0.1 dBm, spreading factor of a 51-byte Helium payload.
  test.each([
    ["US915", 0, steps(903.9, 8), 360, 9],
    ["EU868", 1, steps(867.1, 8), 161, 12],
    ["AU915", 5, steps(916.8, 8), 300, 9],
    ["AU915_SB1", 21, steps(915.2, 8), 300, 9],
    ["AU915_SB2", 22, steps(916.8, 8), 300, 9],
    ["AS923_1", 6, steps(923.2, 8), 160, 9],
    ["AS923_1A", 23, steps(923.2, 8), 160, 9],
    ["AS923_1B", 12, steps(922.0, 8), 160, 9],
    ["AS923_1C", 24, steps(923.2, 8), 300, 9],
    ["AS923_2", 9, steps(921.4, 8), 160, 9],
    ["AS923_3", 10, steps(916.6, 8), 160, 9],
    ["AS923_4", 11, steps(917.3, 8), 160, 9],
    ["CN470", 3, steps(486.3, 8), 191, 9],
    ["CD900_1A", 13, steps(867.1, 8), 161, 12],
    ["IN865", 8, [865_062_500, 865_402_500, 865_985_000], 300, 9],
    ["KR920", 7, steps(922.1, 7), 140, 9],
    ["RU864", 14, [...steps(864.1, 5), 868_900_000, 869_100_000], 160, 9],
    ["EU868_A", 15, steps(867.1, 8), 161, 12],
    ["EU868_F", 20, steps(867.1, 8), 161, 12],
  ])(
    "%s is number %i with the published channels, power and beacon data rate",
    (name, number, channelsHz, maxEirpDdbm, spreadingFactor) => {
      for (const set of ["upstream", "corrected"] as const) {
        const plan = regionByName(name, set);
        expect(plan).toMatchObject({ name, number, channelsHz, maxEirpDdbm, bandwidthHz: 125_000, note: null });
        expect(regionByNumber(number, set)).toBe(plan);
        expect(beaconDataRate(plan, 51)).toBe(loraDataRate(spreadingFactor, 125_000));
      }
    },
  );

  test("keep the EU433 slip for the upstream set and correct it for the other", () => {
    expect(regionByName("EU433", "upstream")).toMatchObject({
      channelsHz: [43_317_500, 43_337_500, 43_357_500],
      note: null,
    });
    const corrected = regionByName("EU433", "corrected");
    expect(corrected.channelsHz).toEqual([433_175_000, 433_375_000, 433_575_000]);
    expect(corrected.note).toContain("433 MHz");
    expect(corrected.maxEirpDdbm).toBe(121);
  });

  test("use every published file", () => {
    const used = new Set<string>(regionPlans("upstream").map(({ planName }) => planName));
    expect(used).toEqual(new Set(loadRegionParameterFiles().map(({ name }) => name)));
  });

  test("exist for every country of the published list that has a region", () => {
    for (const { region } of loadCountryRegions()) {
      if (region !== null) expect(regionByName(region, "corrected").name).toBe(region);
    }
  });

  test("have EU868 edges at 65, 129 and 238 bytes and refuse more", () => {
    const eu868 = regionByName("EU868", "corrected");
    const rates = [0, 30, 65, 66, 90, 129, 130, 238].map((bytes) => formatLoraDataRate(beaconDataRate(eu868, bytes)));
    expect(rates).toEqual([
      "SF12BW125",
      "SF12BW125",
      "SF12BW125",
      "SF9BW125",
      "SF9BW125",
      "SF9BW125",
      "SF8BW125",
      "SF8BW125",
    ]);
    expect(() => beaconDataRate(eu868, 239)).toThrow(/^POC_BAD_REGION/);
    expect(() => beaconDataRate(eu868, 300)).toThrow(/^POC_BAD_REGION/);
  });

  test("do not exist for CN779, AS923_1D to 1F, the unknown region and other values", () => {
    for (const name of ["CN779", "AS923_1D", "AS923_1E", "AS923_1F", "UNKNOWN", "us915", "AS923-1", "", "__proto__"]) {
      expect(() => regionByName(name, "corrected")).toThrow(/^POC_BAD_REGION/);
    }
    for (const number of [4, 25, 26, 27, 28, UNKNOWN_REGION_NUMBER, -1, 0.5, Number.NaN]) {
      expect(() => regionByNumber(number, "corrected")).toThrow(/^POC_BAD_REGION/);
    }
  });
});

describe("region rules", () => {
  const withDwell = ["US915", "AU915", "AU915_SB1", "AS923_1", "AS923_1B", "AS923_1C", "AS923_2", "AS923_3", "AS923_4"];

  test.each(withDwell.map((name) => [name]))(
    "%s holds a transmission to 400 ms: 24 bytes pass at SF10, 25 do not",
    (name) => {
      const rules = regionRules(regionByName(name, "corrected").planName)!;
      const rate = loraDataRate(10, 125_000);
      expect(isShortEnough(rules, timeOnAirUs(24, rate))).toBe(true);
      expect(isShortEnough(rules, timeOnAirUs(25, rate))).toBe(false);
      expect(isShortEnough(rules, 400_000)).toBe(true);
      expect(isShortEnough(rules, 400_001)).toBe(false);
    },
  );

  test("every recorded region takes the beacon its own table chooses for Helium's 52 bytes", () => {
    for (const plan of regionPlans("corrected")) {
      const rules = regionRules(plan.planName);
      if (rules !== null) expect(isShortEnough(rules, timeOnAirUs(52, beaconDataRate(plan, 51)))).toBe(true);
    }
  });

  test("EU868 has 1 % on all beacon channels, 10 % and more power at 869.5 MHz, nothing between its bands", () => {
    const plan = regionByName("EU868", "corrected");
    const rules = regionRules(plan.planName)!;
    expect(plan.channelsHz.map((hz) => subBandOf(rules, hz)?.dutyCycleE4)).toEqual(new Array(8).fill(100));
    expect(subBandOf(rules, 869_525_000)).toMatchObject({ dutyCycleE4: 1000, maxEirpDdbm: 290 });
    expect(subBandOf(rules, 863_000_000)?.dutyCycleE4).toBe(10);
    expect(subBandOf(rules, 868_600_000)).toBeNull();
    expect(subBandOf(rules, 870_000_000)).toBeNull();
  });

  test("1 % of an hour carries 14 SF12 beacons of 52 bytes", () => {
    const allowedUs = (3_600_000_000 * 100) / 10_000;
    expect(Math.floor(allowedUs / timeOnAirUs(52, loraDataRate(12, 125_000)))).toBe(14);
  });

  test("KR920 listens before it talks and stops after 4 s", () => {
    const rules = regionRules("KR920")!;
    expect(rules.needsListenBeforeTalk).toBe(true);
    expect(isShortEnough(rules, 4_000_000)).toBe(true);
    expect(isShortEnough(rules, 4_000_001)).toBe(false);
    expect(subBandOf(rules, 921_000_000)?.maxEirpDdbm).toBe(100);
  });

  test("regions whose rules are not recorded say so instead of saying free", () => {
    for (const planName of ["CN470", "EU433", "RU864", "CD900-1A"] as const) expect(regionRules(planName)).toBeNull();
    expect(regionRules("IN865")).toMatchObject({ maxTransmissionUs: null, subBands: [] });
  });
});
