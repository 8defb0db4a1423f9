import { expect, test } from "vitest";
import type { Clock } from "../src/clock.ts";
import { keepMemorySmall } from "../src/memory-keeper.ts";
import { Telemetry } from "../src/telemetry.ts";

test("collects when the process is large, with pauses, and not at all when it is small or stopped", () => {
  const tasks: { delayMs: number; task: () => void }[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    wallMs: () => 0,
    after(delayMs, task) {
      const entry = { delayMs, task };
      tasks.push(entry);
      return () => void tasks.splice(tasks.indexOf(entry), 1);
    },
  };
  let resident = 70 * 1024 ** 2;
  let collections = 0;
  const stop = keepMemorySmall({
    clock,
    telemetry: new Telemetry(),
    residentBytes: () => resident,
    collect: () => {
      collections++;
      resident = 70 * 1024 ** 2;
    },
  });
  const step = () => {
    const { delayMs, task } = tasks.shift()!;
    task();
    return delayMs;
  };
  expect([step(), collections]).toEqual([1000, 0]);
  resident = 120 * 1024 ** 2;
  expect([step(), collections]).toEqual([1000, 1]);
  expect([step(), collections]).toEqual([4000, 1]);
  expect([step(), collections]).toEqual([1000, 1]);
  stop();
  expect(tasks).toEqual([]);
});
