import { expect, test } from "vitest";
import { Utc } from "../src/utc.ts";
import { StepClock } from "./doubles/step-clock.ts";

const START_MS = 1_700_000_000_000;

test("is the system clock's until an oracle was heard, and follows its corrections", () => {
  const clock = new StepClock(START_MS);
  const utc = new Utc(clock);
  expect(utc.ofSteady(START_MS)).toBe(START_MS);
  clock.stepWall(3_600_000);
  expect(utc.ofSteady(START_MS)).toBe(START_MS + 3_600_000);
  const oracleTime = { sources: 0, toNetworkMs: (steadyMs: number) => steadyMs + 5000 };
  utc.follow(oracleTime);
  expect(utc.ofSteady(START_MS)).toBe(START_MS + 3_600_000);
  oracleTime.sources = 1;
  expect([utc.ofSteady(START_MS), utc.isTrusted()]).toEqual([START_MS + 5000, true]);
});
