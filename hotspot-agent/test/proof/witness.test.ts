import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { UplinkPacket } from "../../src/messages.ts";
import { isBeacon } from "../../src/proof/witness.ts";
import { earshotOracle, type OracleDouble } from "../doubles/oracle.ts";
import { StepClock } from "../doubles/step-clock.ts";
import { dataFrame, foreignBeacon, packetOf, Rig, START_MS } from "./support.ts";

let rig: Rig;
let a: OracleDouble;

beforeEach(async () => {
  const clock = new StepClock(START_MS + 5_000_000);
  a = earshotOracle("a", () => clock.nowMs());
  rig = new Rig(clock, [a], { region: null });
  await rig.start();
  await clock.advance(100);
});
afterEach(() => rig.close());

describe("a beacon of another hotspot", () => {
  test("is reported as it was heard, signal strength before channel strength", async () => {
    const payload = foreignBeacon("x");
    const heardMs = rig.clock.nowMs();
    expect(rig.hear(payload, { signalRssiDbm: -107, snrDdb: -82 })).toBe(true);
    await rig.clock.advance(2000);
    expect(a.reports().witnesses).toEqual([
      {
        payload,
        receivedMs: heardMs,
        tmst: 123_456,
        rssiDdbm: -1070,
        snrDdb: -82,
        frequencyHz: 868_100_000,
        dataRate: 10,
      },
    ]);
    expect(a.log[0]!.receiveMs - heardMs).toBeLessThanOrEqual(2000);
  });

  test("is reported once, however often it is heard or repeated", async () => {
    for (let i = 0; i < 5; i++) {
      rig.hear(foreignBeacon("x"), { antenna: i });
      await rig.clock.advance(10_000);
    }
    expect(a.reports().witnesses).toHaveLength(1);
    expect(rig.counter("agent_beacons_heard_total", { outcome: "duplicate" })).toBe(4);
  });

  test("goes with others heard in the same second in one upload", async () => {
    for (let i = 0; i < 20; i++) {
      rig.hear(foreignBeacon(`beacon ${i}`));
      await rig.clock.advance(40);
    }
    await rig.clock.advance(2000);
    expect(a.log).toHaveLength(1);
    expect(a.reports().witnesses).toHaveLength(20);
  });

  test("is known by its form only: length, first bytes, CRC and LoRa", () => {
    const payload = foreignBeacon("x");
    const is = (bytes: Uint8Array, change: Partial<UplinkPacket> = {}) => isBeacon(packetOf(bytes, 0, change));
    expect(is(payload)).toBe(true);
    expect(is(payload.subarray(1))).toBe(false);
    expect(is(payload.with(1, 0xe6))).toBe(false);
    expect(is(payload.with(0, 0x40))).toBe(false);
    expect(is(payload, { crcStatus: "bad" })).toBe(false);
    expect(is(payload, { crcStatus: "none" })).toBe(false);
    expect(is(payload, { modulation: { kind: "fsk", bitrateBps: 50_000 } })).toBe(false);
    expect(is(dataFrame(1))).toBe(false);
  });

  test("is counted, and never spoils an upload, when its numbers fit no report", async () => {
    const odd: Partial<UplinkPacket>[] = [
      { snrDdb: null },
      { rssiDbm: Number.NaN },
      { rssiDbm: -99_999 },
      { snrDdb: 40_000 },
      { snrDdb: 1.5 },
      { frequencyHz: 2 ** 33 },
      { frequencyHz: -1 },
      { modulation: { kind: "lora", bandwidthHz: 812_500, spreadingFactor: 10, codeRate: "4/5" } },
      { modulation: { kind: "lora", bandwidthHz: 125_000, spreadingFactor: 4, codeRate: "4/5" } },
    ];
    for (const [i, change] of odd.entries()) expect(rig.hear(foreignBeacon(`odd ${i}`), change)).toBe(true);
    rig.hear(foreignBeacon("good"), { tmst: null });
    await rig.clock.advance(3000);
    expect(a.reports().witnesses).toHaveLength(1);
    expect(rig.counter("agent_beacons_heard_total", { outcome: "unreportable" })).toBe(odd.length);
  });

  test("of a flood costs neither memory nor the hotspot's own reports", async () => {
    for (let i = 0; i < 3000; i++) rig.hear(foreignBeacon(`flood ${i}`));
    await rig.clock.advance(3000);
    expect(a.reports().witnesses).toHaveLength(1024);
    expect(rig.counter("agent_reports_dropped_total", { reason: "crowded" })).toBe(3000 - 1024);
  });

  test("is dropped unsealed once its window is over, for it could only be late", async () => {
    a.isDown = true;
    rig.hear(foreignBeacon("sealed"));
    await rig.clock.advance(5000);
    rig.hear(foreignBeacon("waits"));
    await rig.clock.advance(120_000);
    a.isDown = false;
    await rig.clock.advance(120_000);
    expect(a.reports().witnesses).toHaveLength(1);
    expect(rig.counter("agent_reports_dropped_total", { reason: "expired" })).toBe(1);
  });
});
