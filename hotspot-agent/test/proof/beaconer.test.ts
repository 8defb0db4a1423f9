import {
  beaconPayload,
  findChallenge,
  importKey,
  intervalStart,
  isBeaconPayload,
  verifyBeaconSignature,
} from "@earshot/poc/protocol";
import { regionByName } from "@earshot/poc/radio";
import { afterEach, describe, expect, test } from "vitest";
import { earshotOracle, entropyOf, type OracleDouble } from "../doubles/oracle.ts";
import { StepClock } from "../doubles/step-clock.ts";
import { Rig, START_MS } from "./support.ts";

const INTERVAL_MS = 21_600_000;

let rig: Rig;
let a: OracleDouble;
let b: OracleDouble;

async function start(changes: ConstructorParameters<typeof Rig>[2] = {}, startMs = START_MS): Promise<void> {
  const clock = new StepClock(startMs);
  const after = (delayMs: number, task: () => void) => void clock.after(delayMs, task);
  a = earshotOracle("a", () => clock.nowMs(), { after });
  b = earshotOracle("b", () => clock.nowMs(), { after });
  rig = new Rig(clock, [a, b], changes);
  await rig.start();
}

afterEach(() => rig.close());

/** What sortition gives the rig's hotspot in the interval that starts at `startMs`. */
function challengeAt(startMs: number) {
  const { times } = a.options;
  const first = intervalStart(startMs / times.entropyMs, times);
  return findChallenge(rig.key, first, entropyOf, times)!;
}

describe("a challenged hotspot", () => {
  test("beacons once an interval, at the challenge's time, channel and data rate, at the region's power", async () => {
    await start();
    await rig.clock.advance(4 * INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(4);
    const { channelsHz } = regionByName("EU868", "corrected");
    for (const [interval, { command, atMs }] of rig.transmissions.entries()) {
      const challenge = challengeAt(START_MS + interval * INTERVAL_MS);
      expect(atMs - challenge.transmitMs).toBeGreaterThanOrEqual(0);
      expect(atMs - challenge.transmitMs).toBeLessThan(100);
      const [item] = command.items;
      expect(item).toMatchObject({
        frequencyHz: channelsHz[challenge.channelDraw % channelsHz.length],
        // 16.1 dBm EIRP less 2 dBi, in whole dBm.
        eirpDbm: 14,
        modulation: { kind: "lora", spreadingFactor: 10, bandwidthHz: 125_000, codeRate: "4/5" },
        polarizationInversion: false,
        hasCrc: true,
        timing: { kind: "immediately" },
      });
      expect(isBeaconPayload(item!.phyPayload)).toBe(true);
    }
  });

  test("reports what was sent, within two seconds, so that anybody can check it against the air", async () => {
    await start();
    rig.usedPowerDbm = 12;
    await rig.clock.advance(INTERVAL_MS);
    const [beacon] = a.reports().beacons;
    const { command, atMs } = rig.transmissions[0]!;
    const challenge = challengeAt(START_MS);
    expect(beacon).toMatchObject({ dataRate: 10, txPowerDdbm: 120, tmst: 777 });
    expect(beacon!.frequencyHz).toBe(command.items[0]!.frequencyHz);
    expect(Math.abs(beacon!.transmitMs - atMs)).toBeLessThan(50);
    expect(beacon!.challengeId).toEqual(challenge.challengeId);
    expect(verifyBeaconSignature(importKey(rig.key), challenge.challengeId, beacon!.signature)).toBe(true);
    expect(beaconPayload(beacon!.challengeId, beacon!.signature)).toEqual(command.items[0]!.phyPayload);
    expect(a.log[0]!.receiveMs - atMs).toBeLessThanOrEqual(2000);
  });

  test("asks seldom: once a minute until it is drawn, and not after", async () => {
    await start();
    await rig.clock.advance(INTERVAL_MS);
    const minutes = challengeAt(START_MS).minute - START_MS / 60_000;
    const asked = a.requests.filter((request) => request.endsWith("/challenge")).length;
    expect(asked).toBeLessThanOrEqual(minutes + 3);
  });

  test("does not send a beacon twice when it is restarted, and never reports one that it did not send", async () => {
    await start();
    const { transmitMs } = challengeAt(START_MS);
    await rig.clock.advance(transmitMs - START_MS + 20);
    expect(rig.transmissions).toHaveLength(1);
    await rig.restart(rig.files.powerCut());
    await rig.clock.advance(60_000);
    expect(rig.transmissions).toHaveLength(1);
    const distinct = new Set(a.reports().beacons.map(({ challengeId }) => challengeId.toHex()));
    expect(distinct.size).toBe(1);
  });

  test("reports after a restart a beacon that it had sent and whose window is open", async () => {
    await start();
    const { transmitMs } = challengeAt(START_MS);
    a.isDown = true;
    b.isDown = true;
    await rig.clock.advance(transmitMs - START_MS + 20);
    expect(a.log).toHaveLength(0);
    await rig.stop();
    // Killed before it was sealed: only the beacon's own file knows.
    await rig.files.remove("last-upload");
    a.isDown = false;
    b.isDown = false;
    await rig.restart();
    await rig.clock.advance(3000);
    expect(rig.transmissions).toHaveLength(1);
    expect(a.reports().beacons).toHaveLength(1);
  });

  test("comes back in time for a challenge that was drawn while it was off", async () => {
    const clock = new StepClock(START_MS);
    a = earshotOracle("a", () => clock.nowMs());
    rig = new Rig(clock, [a]);
    const { transmitMs } = challengeAt(START_MS);
    await clock.advance(transmitMs - START_MS - 5000);
    await rig.start();
    await clock.advance(10_000);
    expect(rig.transmissions).toHaveLength(1);
    expect(Math.abs(rig.transmissions[0]!.atMs - transmitMs)).toBeLessThan(100);
  });

  test("leaves out a challenge that it learns of too late, and says so", async () => {
    const clock = new StepClock(START_MS);
    a = earshotOracle("a", () => clock.nowMs());
    rig = new Rig(clock, [a]);
    a.isDown = true;
    await rig.start();
    await clock.advance(challengeAt(START_MS).transmitMs - START_MS + 15_000);
    a.isDown = false;
    await clock.advance(180_000);
    expect(rig.transmissions).toHaveLength(0);
    expect(rig.counter("agent_beacons_skipped_total", { reason: "too_late" })).toBe(1);
    expect(rig.proof.status().beaconProblem).toMatch(/^too_late: \d+ ms after its time$/);
    await clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(1);
    expect(rig.proof.status().beaconProblem).toBeNull();
  });

  test("missed nothing where the challenge came before its start", async () => {
    const clock = new StepClock(START_MS);
    a = earshotOracle("a", () => clock.nowMs());
    rig = new Rig(clock, [a]);
    await clock.advance(challengeAt(START_MS).transmitMs - START_MS + 15_000);
    await rig.start();
    await clock.advance(60_000);
    expect(rig.transmissions).toHaveLength(0);
    expect(rig.counter("agent_beacons_skipped_total", { reason: "before_start" })).toBe(1);
    expect(rig.proof.status().beaconProblem).toBeNull();
    await clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(1);
  });

  test("says why it is never challenged, and is challenged when that has changed", async () => {
    await start();
    a.unchallenged = "no location";
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(0);
    expect(rig.proof.status().unchallenged).toMatchObject([{ reason: "no location" }]);
    // Asked as often as one that waits to be drawn.
    expect(a.requests.filter((request) => request.endsWith("/challenge")).length).toBeLessThan(400);
    a.unchallenged = null;
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(1);
    expect(rig.proof.status().unchallenged).toEqual([]);
  });

  test("asks for no challenge before it knows the network's minutes", async () => {
    const clock = new StepClock(START_MS);
    const after = (delayMs: number, task: () => void) => void clock.after(delayMs, task);
    const times = { entropyMs: 5000, intervalMs: 30_000, transmitDelayMs: 2500, transmitSpreadMs: 2500 };
    a = earshotOracle("a", () => clock.nowMs(), { after, times, windowMs: 10_000, entropyDelayMs: 500 });
    rig = new Rig(clock, [a]);
    await rig.start();
    await clock.advance(120_000);
    const of = (end: string) => a.requests.findIndex((request) => request.endsWith(end));
    expect(of("/parameters")).toBeLessThan(of("/challenge"));
    expect(rig.counter("agent_challenge_failures_total")).toBe(0);
    // One an interval, from the first on.
    expect(rig.transmissions.length).toBeGreaterThanOrEqual(3);
  });

  test("sends no beacon so late in a short window that its report could not arrive", async () => {
    const clock = new StepClock(START_MS);
    const after = (delayMs: number, task: () => void) => void clock.after(delayMs, task);
    a = earshotOracle("a", () => clock.nowMs(), { after, windowMs: 3000 });
    rig = new Rig(clock, [a]);
    rig.answers = new Array(5).fill("COLLISION_PACKET");
    await rig.start();
    await clock.advance(INTERVAL_MS);
    // Again after 0.5 s, and not after a second: two of the three seconds are for the report.
    expect(rig.transmissions).toHaveLength(2);
    expect(rig.counter("agent_beacons_skipped_total", { reason: "COLLISION_PACKET" })).toBe(1);
  });

  test("asks the next oracle when one is silent or lies about the draw", async () => {
    await start();
    a.isDown = true;
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(1);
    a.isDown = false;
    const answer = a.answer.bind(a);
    a.answer = (method, path, body, contentType) => {
      const honest = answer(method, path, body, contentType);
      if (!path.endsWith("/challenge")) return honest;
      const json = JSON.parse(new TextDecoder().decode(honest.body));
      if (json.challenge !== null) json.challenge.transmitMs += 1000;
      return { status: 200, body: new TextEncoder().encode(JSON.stringify(json)) };
    };
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(2);
    const { transmitMs } = challengeAt(START_MS + INTERVAL_MS);
    expect(Math.abs(rig.transmissions[1]!.atMs - transmitMs)).toBeLessThan(100);
  });
});

describe("the radio", () => {
  test("is asked again while its queue is busy, and the report says when the beacon really went", async () => {
    await start();
    rig.answers = ["COLLISION_PACKET", "QUEUE_FULL"];
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(3);
    const [beacon] = a.reports().beacons;
    expect(Math.abs(beacon!.transmitMs - rig.transmissions[2]!.atMs)).toBeLessThan(50);
  });

  test("is not asked again when the duty cycle is used up or its answer is missing; nothing is reported", async () => {
    await start();
    rig.answers = ["DUTY_CYCLE_OVERFLOW", "INTERNAL_ERROR"];
    await rig.clock.advance(2 * INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(2);
    expect(a.reports().beacons).toHaveLength(0);
    expect(rig.counter("agent_beacons_skipped_total", { reason: "DUTY_CYCLE_OVERFLOW" })).toBe(1);
    expect(rig.proof.status().beaconProblem).toContain("INTERNAL_ERROR");
  });

  test("may say nonsense about its power: the report then has what it was asked for", async () => {
    await start();
    rig.usedPowerDbm = 1e9;
    await rig.clock.advance(INTERVAL_MS);
    rig.usedPowerDbm = Number.NaN;
    await rig.clock.advance(INTERVAL_MS);
    expect(a.reports().beacons.map(({ txPowerDdbm }) => txPowerDdbm)).toEqual([140, 140]);
  });

  test("gives up after ten seconds of collisions", async () => {
    await start();
    rig.answers = new Array(100).fill("COLLISION_BEACON");
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions.length).toBeLessThan(25);
    expect(rig.transmissions.at(-1)!.atMs - rig.transmissions[0]!.atMs).toBeLessThanOrEqual(10_000);
    expect(a.reports().beacons).toHaveLength(0);
  });

  test("sends nothing where the owner's region is not the oracle's, or needs listening first", async () => {
    await start({ region: "US915" });
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(0);
    expect(rig.counter("agent_beacons_skipped_total", { reason: "region_mismatch" })).toBe(1);
  });

  test("sends nothing without a region, or when told not to", async () => {
    await start({ region: null });
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(0);
    await rig.close();
    await start({ beacons: false });
    await rig.clock.advance(INTERVAL_MS);
    expect(rig.transmissions).toHaveLength(0);
  });

  test("does not take its own echo for another's beacon", async () => {
    await start();
    await rig.clock.advance(INTERVAL_MS);
    const [item] = rig.transmissions[0]!.command.items;
    expect(rig.hear(item!.phyPayload)).toBe(true);
    await rig.clock.advance(5000);
    expect(a.reports().witnesses).toHaveLength(0);
    expect(rig.counter("agent_beacons_heard_total", { outcome: "own" })).toBe(1);
  });
});

describe("time", () => {
  test("comes from the oracles: a machine an hour off beacons on time and says so", async () => {
    const clock = new StepClock(START_MS - 3_600_000);
    const trueMs = () => clock.nowMs() + 3_600_000;
    a = earshotOracle("a", trueMs);
    b = earshotOracle("b", trueMs);
    rig = new Rig(clock, [a, b]);
    await rig.start();
    await clock.advance(INTERVAL_MS);
    const { transmitMs } = challengeAt(START_MS);
    expect(Math.abs(rig.transmissions[0]!.atMs + 3_600_000 - transmitMs)).toBeLessThan(100);
    const status = rig.proof.networkClock.status();
    expect(status.isWallOff).toBe(true);
    expect(Math.abs(status.wallErrorMs + 3_600_000)).toBeLessThan(100);
  });

  test("goes on when the system clock is stepped to and fro", async () => {
    await start();
    for (let hour = 0; hour < 12; hour++) {
      await rig.clock.advance(3_600_000);
      rig.clock.stepWall(hour % 2 === 0 ? 3_600_000 : -3_600_000);
    }
    expect(rig.transmissions).toHaveLength(2);
    for (const [interval, { atMs }] of rig.transmissions.entries()) {
      expect(Math.abs(atMs - challengeAt(START_MS + interval * INTERVAL_MS).transmitMs)).toBeLessThan(100);
    }
  });

  test("is not moved by one oracle of two whose clock is off", async () => {
    await start();
    a.clockErrorMs = 0;
    b.clockErrorMs = 600_000;
    await rig.clock.advance(INTERVAL_MS);
    expect(Math.abs(rig.proof.networkClock.status().offsetMs)).toBeLessThan(100);
  });

  test("runs as fast as a demo network asks, on a network of its own", async () => {
    const clock = new StepClock(START_MS);
    const times = { entropyMs: 5000, intervalMs: 30_000, transmitDelayMs: 2500, transmitSpreadMs: 2500 };
    a = earshotOracle("a", () => clock.nowMs(), { times, windowMs: 10_000, entropyDelayMs: 400 });
    rig = new Rig(clock, [a]);
    await rig.start();
    await clock.advance(302_000);
    expect(rig.transmissions.length).toBeGreaterThanOrEqual(9);
    expect(new Set(a.reports().beacons.map(({ challengeId }) => challengeId.toHex())).size).toBe(
      rig.transmissions.length,
    );
  });
});
