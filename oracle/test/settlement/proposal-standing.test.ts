import { expect, test } from "vitest";
import { isLingering, waitsFor } from "../../src/settlement/proposal-standing.ts";

const OPEN = { state: "voting", endMs: 1000, etaMs: 0, executeByMs: 0, executeMs: 500 };
const QUEUED = { ...OPEN, state: "queued", etaMs: 2000, executeByMs: 2500 };

test.each([
  [OPEN, 999, "votes", false],
  [OPEN, 1000, "count", false],
  [OPEN, 1499, "count", false],
  [OPEN, 1500, "count", true],
  [{ ...OPEN, state: "passed" }, 1499, "queue", false],
  [{ ...OPEN, state: "passed" }, 1500, "queue", true],
  [{ ...OPEN, state: "passed" }, 1e15, "queue", true],
  [QUEUED, 1999, "delay", false],
  [QUEUED, 2000, "execution", false],
  [QUEUED, 2500, null, false],
  ...["defeated", "executed", "cancelled", "unknown"].map((state) => [{ ...OPEN, state }, 1e15, null, false] as const),
] as const)("%j at %i waits for %s; that it lingers is %s", (proposal, nowMs, waiting, lingers) => {
  expect(waitsFor(proposal, nowMs)).toBe(waiting);
  expect(isLingering(proposal, nowMs)).toBe(lingers);
});
