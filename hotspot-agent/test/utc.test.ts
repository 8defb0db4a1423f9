import { expect, test } from "vitest";
import { NetworkClock } from "../src/proof/network-clock.ts";
import { Utc } from "../src/utc.ts";
import { StepClock } from "./doubles/step-clock.ts";

const START_MS = 1_700_000_000_000;

test("is the system clock's until an oracle was heard, and follows its corrections", () => {
  const clock = new StepClock(START_MS);
  const utc = new Utc(clock, () => false);
  expect(utc.ofSteady(START_MS)).toBe(START_MS);
  clock.stepWall(3_600_000);
  expect(utc.ofSteady(START_MS)).toBe(START_MS + 3_600_000);
  const oracleTime = { sources: 0, lastHeardMs: START_MS, toNetworkMs: (steadyMs: number) => steadyMs + 5000 };
  utc.follow(oracleTime);
  expect(utc.ofSteady(START_MS)).toBe(START_MS + 3_600_000);
  oracleTime.sources = 1;
  expect([utc.ofSteady(START_MS), utc.isTrusted()]).toEqual([START_MS + 5000, true]);
});

test("is the system clock's again when oracles are silent for a day and a service keeps it: a free crystal drifts minutes in a month", async () => {
  const clock = new StepClock(START_MS);
  let isKept = true;
  const utc = new Utc(clock, () => isKept);
  const network = new NetworkClock(clock);
  utc.follow(network);
  network.observe({ source: "a", issuedMs: START_MS + 5000, sentMs: START_MS, receivedMs: START_MS });
  await clock.advance(23 * 3_600_000);
  expect(utc.ofSteady(START_MS)).toBe(START_MS + 5000);
  await clock.advance(30 * 86_400_000);
  // What time service did meanwhile to a clock that runs 50 ppm fast.
  clock.stepWall(-130_000);
  expect(utc.ofSteady(clock.nowMs())).toBe(clock.wallMs());
  isKept = false;
  await clock.advance(11_000);
  expect(utc.ofSteady(START_MS)).toBe(START_MS + 5000);
  isKept = true;
  await clock.advance(11_000);
  const nowMs = clock.nowMs();
  network.observe({ source: "a", issuedMs: nowMs - 130_000, sentMs: nowMs, receivedMs: nowMs });
  expect(utc.ofSteady(nowMs)).toBe(nowMs - 130_000);
});
