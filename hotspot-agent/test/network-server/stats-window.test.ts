import { describe, expect, test } from "vitest";
import type { Modulation } from "../../src/messages.ts";
import { addStats, isRegionModulation, StatsWindow, statsEvent } from "../../src/network-server/stats-window.ts";
import { testStats } from "../doubles/packets.ts";

const context = {
  gatewayId: "0102030405060708",
  region: "EU868",
  configVersion: "",
  utc: { ofSteady: (steadyMs: number) => steadyMs },
};
const lora = (spreadingFactor: number, bandwidthHz = 125_000): Modulation => ({
  kind: "lora",
  bandwidthHz,
  spreadingFactor,
  codeRate: "4/5",
});

describe("intervals", () => {
  test("add up, and the later one says where and when", () => {
    const place = { latitudeDeg: 1, longitudeDeg: 2, altitudeM: 3 };
    const sum = addStats(
      testStats({ location: place, rxPerModulation: [{ modulation: lora(7), count: 3 }] }),
      testStats({
        receivedMs: 5,
        rxPerFrequencyHz: new Map([
          [868_100_000, 1],
          [868_300_000, 2],
        ]),
        rxPerModulation: [
          { modulation: lora(7), count: 1 },
          { modulation: lora(9), count: 2 },
        ],
      }),
    );
    expect(sum).toMatchObject({ receivedMs: 5, location: place, rxPackets: 6, txPacketsEmitted: 2 });
    expect([...sum.rxPerFrequencyHz]).toEqual([
      [868_100_000, 4],
      [868_300_000, 2],
    ]);
    expect(sum.rxPerModulation.map(({ count }) => count)).toEqual([4, 2]);
  });

  test("are sent no more often than asked, and none is lost on the way", () => {
    const window = new StatsWindow(30_000);
    window.add(testStats());
    expect(window.take(0)?.rxPackets).toBe(3);
    window.add(testStats());
    expect(window.take(27_999)).toBeNull();
    window.add(testStats());
    const second = window.take(28_000);
    expect(second?.rxPackets).toBe(6);
    window.add(testStats());
    window.giveBack(second!);
    expect(window.take(28_001)?.rxPackets).toBe(9);
    expect(window.take(100_000)).toBeNull();
  });

  test("follow the interval that the server asked for", () => {
    const window = new StatsWindow(30_000);
    window.add(testStats());
    window.take(0);
    window.add(testStats());
    expect(window.take(30_000, 60_000)).toBeNull();
    expect(window.take(58_000, 60_000)?.rxPackets).toBe(3);
  });
});

describe("the event", () => {
  test("names no modulation that the region lacks: one would lose the whole message", () => {
    const counts = [lora(7), lora(6), lora(12), lora(8, 500_000)].map((modulation) => ({ modulation, count: 1 }));
    const sent = statsEvent(testStats({ rxPerModulation: counts }), context);
    expect(sent.rxPerModulation.map(({ modulation }) => modulation)).toEqual([lora(7), lora(12)]);
    expect(sent.rxPackets).toBe(3);
  });

  test("does not carry the key that makes ChirpStack push channels", () => {
    const sent = statsEvent(testStats({ metadata: { concentratord_version: "4", model: "x" } }), context);
    expect(sent.metadata).toEqual({ model: "x" });
  });

  test("takes the gateway's time only where it can be right, and else UTC", () => {
    // The agent started an hour behind.
    const utc = { ofSteady: (steadyMs: number) => steadyMs + 3_600_000 };
    const at = (gatewayTimeMs: number | null) =>
      statsEvent(testStats({ receivedMs: 1_699_996_400_000, gatewayTimeMs }), { ...context, utc }).timeMs;
    expect([at(null), at(1_700_000_001_000), at(0)]).toEqual([1_700_000_000_000, 1_700_000_001_000, 1_700_000_000_000]);
  });
});

test.each([
  [lora(12), null, false],
  [lora(10), null, true],
  [lora(12), "US915", false],
  [lora(8, 500_000), "US915", true],
  [lora(8, 500_000), "EU868", false],
  [lora(12), "EU868", true],
  [lora(7, 250_000), "EU868", true],
  [lora(7, 250_000), "KR920", false],
  [{ kind: "fsk", bitrateBps: 50_000 } as const, "EU868", true],
  [{ kind: "fsk", bitrateBps: 100_000 } as const, "EU868", false],
  [{ kind: "lr-fhss", bandwidthHz: 137_000, codeRate: "2/6", gridSteps: 8 } as const, "EU868", false],
])("modulation %o in %s is a data rate: %s", (modulation, region, expected) => {
  expect(isRegionModulation(modulation, region)).toBe(expected);
});
