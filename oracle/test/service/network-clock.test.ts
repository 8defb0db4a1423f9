/** The time an oracle signs, while somebody sets the machine's clock. */
import { expect, test } from "vitest";
import { SILENT_LOG } from "../../src/service/log.ts";
import { NetworkClock } from "../../src/service/network-clock.ts";
import { ManualClock } from "./manual-clock.ts";

const HOUR_MS = 3_600_000;
const START_MS = 1_796_119_200_000;

/** A second passes, and the chain tells its newest block's time where it is given. */
function pass(machine: ManualClock, clock: NetworkClock, seconds: number, chainMs?: () => number): void {
  for (let at = 0; at < seconds; at++) {
    machine.advance(1000);
    if (chainMs !== undefined) clock.heardBlock(Math.floor((chainMs() - 15_000) / 1000));
    clock.check();
  }
}

test("small corrections are followed", () => {
  const machine = new ManualClock(START_MS);
  const clock = new NetworkClock(machine, SILENT_LOG);
  machine.stepWall(-800);
  pass(machine, clock, 1);
  expect(clock.nowMs()).toBe(START_MS + 200);
  expect(clock.wallErrorMs).toBe(0);
});

test("an hour forward or back is not followed while the chain goes on as before", () => {
  for (const stepMs of [HOUR_MS, -HOUR_MS]) {
    const machine = new ManualClock(START_MS);
    const clock = new NetworkClock(machine, SILENT_LOG);
    const chainMs = () => START_MS + machine.steadyMs() - 1000;
    pass(machine, clock, 10, chainMs);
    machine.stepWall(stepMs);
    pass(machine, clock, 1000, chainMs);
    expect(clock.nowMs()).toBe(START_MS + 1_010_000);
    expect(clock.wallErrorMs).toBe(stepMs);
    expect(Math.abs(clock.chainErrorMs!)).toBeLessThan(2000);
  }
});

test("a clock that was an hour off is put right as soon as the chain says that it is right now", () => {
  const machine = new ManualClock(START_MS - HOUR_MS);
  const clock = new NetworkClock(machine, SILENT_LOG);
  const chainMs = () => START_MS + machine.steadyMs() - 1000;
  pass(machine, clock, 5, chainMs);
  expect(clock.chainErrorMs).toBeLessThan(-HOUR_MS + 5000);
  machine.stepWall(HOUR_MS);
  pass(machine, clock, 1, chainMs);
  expect(clock.nowMs()).toBe(START_MS + 6000);
});

test("without word of the chain a step is taken in the end", () => {
  const machine = new ManualClock(START_MS);
  const clock = new NetworkClock(machine, SILENT_LOG);
  machine.stepWall(HOUR_MS);
  pass(machine, clock, 600);
  expect(clock.nowMs()).toBe(START_MS + 600_000);
  pass(machine, clock, 400);
  expect(clock.nowMs()).toBe(START_MS + HOUR_MS + 1_000_000);
});
