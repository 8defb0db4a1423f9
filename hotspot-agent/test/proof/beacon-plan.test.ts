import type { Challenge } from "@earshot/poc/protocol";
import { loraDataRate, regionPlans, regionRules } from "@earshot/poc/radio";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planBeacon, type RadioSetup } from "../../src/proof/beacon-plan.ts";
import { soak } from "./support.ts";

const SF10 = loraDataRate(10, 125_000);

function drawn(channelDraw: number, said: { frequencyHz?: number; dataRate?: number } = {}) {
  const challenge: Challenge = {
    minute: 1,
    challengeId: new Uint8Array(32),
    transmitMs: 1,
    channelDraw,
  };
  return { challenge, frequencyHz: said.frequencyHz ?? null, dataRate: said.dataRate ?? null };
}

const setup = (region: string, change: Partial<RadioSetup> = {}): RadioSetup => ({
  region,
  antennaGainDdbi: 0,
  hasListenBeforeTalk: false,
  ...change,
});

describe("a beacon's plan", () => {
  test("keeps to each region's channels, power and dwell time", () => {
    expect(planBeacon(drawn(0), SF10, setup("EU868"))).toEqual({
      kind: "transmit",
      frequencyHz: 867_100_000,
      dataRate: SF10,
      conductedPowerDbm: 16,
      airTimeUs: 370_688,
    });
    expect(planBeacon(drawn(9), SF10, setup("US915"))).toMatchObject({
      frequencyHz: 904_100_000,
      conductedPowerDbm: 30,
    });
    expect(planBeacon(drawn(0), SF10, setup("US915", { antennaGainDdbi: 90 }))).toMatchObject({
      conductedPowerDbm: 27,
    });
    expect(planBeacon(drawn(0), SF10, setup("EU868", { antennaGainDdbi: 62 }))).toMatchObject({ conductedPowerDbm: 9 });
    expect(planBeacon(drawn(0), SF10, setup("EU868", { antennaGainDdbi: -15 }))).toMatchObject({
      conductedPowerDbm: 17,
    });
  });

  test("listens before it talks where the law asks for it, with the power of the sub-band", () => {
    expect(planBeacon(drawn(0), SF10, setup("KR920"))).toMatchObject({ kind: "refused", reason: "listen_before_talk" });
    const radio = setup("KR920", { hasListenBeforeTalk: true });
    expect(planBeacon(drawn(0), SF10, radio)).toMatchObject({ kind: "transmit", conductedPowerDbm: 14 });
  });

  test("refuses what would be too long on air, too weak to be heard, or another region's", () => {
    const slow = loraDataRate(12, 125_000);
    expect(planBeacon(drawn(0), slow, setup("US915"))).toMatchObject({ reason: "dwell_time" });
    expect(planBeacon(drawn(0), slow, setup("EU868"))).toMatchObject({ kind: "transmit" });
    expect(planBeacon(drawn(0), SF10, setup("EU868", { antennaGainDdbi: 300 }))).toMatchObject({
      reason: "no_power_left",
    });
    const elsewhere = drawn(0, { frequencyHz: 903_900_000 });
    expect(planBeacon(elsewhere, SF10, setup("EU868"))).toMatchObject({ reason: "region_mismatch" });
    const faster = drawn(0, { dataRate: loraDataRate(7, 125_000) });
    expect(planBeacon(faster, SF10, setup("EU868"))).toMatchObject({ reason: "data_rate_mismatch" });
    for (const region of ["EU999", "CN779", ""]) {
      expect(planBeacon(drawn(0), SF10, setup(region))).toMatchObject({ reason: "region_without_plan" });
    }
  });

  test("never radiates more than the region allows, for any channel and antenna", () => {
    const region = fc.constantFrom(...regionPlans("corrected"));
    fc.assert(
      fc.property(region, fc.nat(0xffff), fc.integer({ min: -100, max: 300 }), (plan, channel, antennaGainDdbi) => {
        const radio = setup(plan.name, { antennaGainDdbi, hasListenBeforeTalk: true });
        const planned = planBeacon(drawn(channel), SF10, radio);
        if (planned.kind === "refused") return;
        expect(plan.channelsHz).toContain(planned.frequencyHz);
        expect(10 * planned.conductedPowerDbm + antennaGainDdbi).toBeLessThanOrEqual(plan.maxEirpDdbm);
        const dwellUs = regionRules(plan.planName)?.maxTransmissionUs ?? Number.POSITIVE_INFINITY;
        expect(planned.airTimeUs).toBeLessThanOrEqual(dwellUs);
      }),
      soak(300),
    );
  });
});
