import { loadRadioLinks } from "@earshot/fixtures";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loraDataRate } from "../../src/radio/data-rate.ts";
import {
  conductedPowerDbm,
  espDdbm,
  excessLossDdb,
  maxRssiDdbm,
  SEEN_SNR_MINIMUM_DDB,
  sensitivityDdbm,
  TEXTBOOK_SNR_FLOOR_DDB,
  wholeDbiGain,
} from "../../src/radio/link-budget.ts";
import { buildLossTable, linkLossDdb, SPEED_OF_LIGHT_M_PER_S } from "../../src/radio/path-loss.ts";
import { regionByName } from "../../src/radio/region.ts";

const table = buildLossTable(SPEED_OF_LIGHT_M_PER_S);

describe("sensitivity", () => {
  test("at 125 kHz and 6 dB noise figure is the series that network servers use", () => {
    const series = [7, 8, 9, 10, 11, 12].map((spreadingFactor) =>
      sensitivityDdbm(loraDataRate(spreadingFactor, 125_000)),
    );
    expect(series).toEqual([-1245, -1270, -1295, -1320, -1345, -1370]);
  });

  test("is 3 dB worse with each doubling of the bandwidth and better with a better receiver", () => {
    expect(sensitivityDdbm(loraDataRate(7, 250_000))).toBe(-1215);
    expect(sensitivityDdbm(loraDataRate(7, 500_000))).toBe(-1185);
    expect(sensitivityDdbm(loraDataRate(12, 125_000), 20)).toBe(-1410);
  });

  test("is null for what is not LoRa", () => {
    expect(sensitivityDdbm(0xf6)).toBeNull();
    expect(sensitivityDdbm(0x04)).toBeNull();
  });
});

describe("SNR floors", () => {
  test("that were seen lie under the textbook at every spreading factor", () => {
    for (const [spreadingFactor, seenDdb] of Object.entries(SEEN_SNR_MINIMUM_DDB)) {
      expect(seenDdb).toBeLessThan(TEXTBOOK_SNR_FLOOR_DDB[Number(spreadingFactor) - 5]!);
    }
  });

  test("hold for every reception of the committed campaigns, and the textbook ones do not", () => {
    const links = [...loadRadioLinks("grenoble"), ...loadRadioLinks("saint-eynard")];
    const below = (floorOf: (spreadingFactor: number) => number) =>
      links.filter(({ snrDdb, spreadingFactor }) => snrDdb! < floorOf(spreadingFactor!)).length;
    expect(below((spreadingFactor) => SEEN_SNR_MINIMUM_DDB[spreadingFactor]!)).toBe(0);
    expect(below((spreadingFactor) => TEXTBOOK_SNR_FLOOR_DDB[spreadingFactor - 5]!)).toBeGreaterThan(1000);
  });
});

describe("the free-space bound", () => {
  test("of 14 dBm, 0 dBi over 1 km at 868.1 MHz is −77.3 dBm: −77.22 rounded to what is certainly allowed", () => {
    expect(maxRssiDdbm(140, 0, 0, linkLossDdb(table, 1000, 868_100_000))).toBe(-773);
    expect(excessLossDdb(-773, -1000)).toBe(227);
  });

  test("with 10 dB to spare marks 2 of the Grenoble receptions over 700 m and none of Antwerp", () => {
    const over = (set: "antwerp" | "grenoble", leastM: number) =>
      loadRadioLinks(set).filter(({ distanceM, frequencyHz, rssiDdbm }) => {
        if (distanceM === null || distanceM < leastM) return false;
        return rssiDdbm > maxRssiDdbm(140, 100, 0, linkLossDdb(table, Math.max(distanceM, 50), frequencyHz));
      }).length;
    expect(over("antwerp", 0)).toBe(0);
    expect(over("grenoble", 700)).toBe(2);
  });
});

describe("gain and power", () => {
  test("gains are truncated toward zero to whole dBi", () => {
    expect([12, 19, 20, 0, -1, -19].map(wholeDbiGain)).toEqual([10, 10, 20, 0, -0, -10]);
  });

  test.each([
    ["US915", 12, 34],
    ["EU868", 12, 14],
    ["EU868", 11, 15],
    ["KR920", 141, 0],
    ["KR920", 160, -2],
  ])("conducted power in %s with %i ddBi is %i dBm", (region, gainDdbi, dbm) => {
    expect(conductedPowerDbm(regionByName(region, "corrected"), gainDdbi)).toBeCloseTo(dbm, 12);
  });
});

describe("espDdbm", () => {
  test("is 3.0 dB under the RSSI at 0 dB and the RSSI itself far above the noise", () => {
    expect(espDdbm(-1000, 0)).toBe(-1030);
    expect(espDdbm(-1000, 250)).toBe(-1000);
    expect(espDdbm(-1000, -200)).toBe(-1200);
  });

  test("equals the formula for every SNR a receiver reports", () => {
    for (let snrDdb = -500; snrDdb <= 500; snrDdb++) {
      expect(espDdbm(0, snrDdb)).toBe(Math.round(snrDdb - 100 * Math.log10(1 + 10 ** (snrDdb / 100))) + 0);
    }
  });

  test("never exceeds the RSSI and grows with the SNR", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1500, max: 0 }), fc.integer({ min: -600, max: 600 }), (rssiDdbm, snrDdb) => {
        const esp = espDdbm(rssiDdbm, snrDdb);
        return esp <= rssiDdbm && espDdbm(rssiDdbm, snrDdb + 1) >= esp;
      }),
    );
  });
});
