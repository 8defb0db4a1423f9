import { demo, earshot } from "@earshot/poc";
import { expect, test } from "vitest";
import { missingByHead, TRANSACTION_MAY_WAIT_MS } from "../../src/audit/head-in-time.ts";
import { headLagMs } from "../../src/log/published-segments.ts";

const HOUR_MS = 3_600_000;
/** A day from its second hour on, and its last uploads. */
const EPOCH = { startMs: 100 * HOUR_MS, closesMs: 126 * HOUR_MS };
const HELD = { first: 10, end: 20 };
const LAG_MS = headLagMs(earshot);
const dated = (fromMs: number, length: number, intervalMs = HOUR_MS) => ({ fromMs, toMs: fromMs + intervalMs, length });
const missing = (fromMs: number, length: number) => missingByHead(dated(fromMs, length), HELD, EPOCH, LAG_MS);

test("a head before the epoch says nothing of it, however few uploads it counts", () => {
  for (const length of [0, 3, 9, 10]) expect(missing(60 * HOUR_MS, length)).toBeUndefined();
  expect(missing(99 * HOUR_MS, 3)).toBeUndefined();
});

test("a head in the epoch that counts fewer uploads than come before its first one: some are left out", () => {
  expect(missing(105 * HOUR_MS, 8)).toBe("begins at upload 10; the epoch began at 8 or before");
  expect(missing(105 * HOUR_MS, 10)).toBeUndefined();
});

test("a head of the first interval may have been read before the epoch began", () => {
  expect(missing(100 * HOUR_MS, 8)).toBeUndefined();
  expect(missing(101 * HOUR_MS, 8)).not.toBeUndefined();
});

test.each([
  ["earshot", earshot],
  ["demo of 48 s", demo(48_000)],
  ["demo of 10 min", demo(600_000)],
  ["demo of an hour", demo(HOUR_MS)],
])("a head may be as old as what may not be told yet and a transaction that waits: %s", (_, parameters) => {
  const lagMs = headLagMs(parameters);
  const { windowMs, transmitDelayMs, transmitSpreadMs } = parameters.time;
  // Whatever else it is, an upload is not told before its windows are closed.
  expect(lagMs).toBeGreaterThan(windowMs + transmitDelayMs + transmitSpreadMs);
  const after = (ms: number) => missingByHead(dated(EPOCH.startMs + ms, 8, 2000), HELD, EPOCH, lagMs);
  for (const ms of [0, 2000, lagMs, TRANSACTION_MAY_WAIT_MS, lagMs + TRANSACTION_MAY_WAIT_MS - 1]) {
    expect(after(ms)).toBeUndefined();
  }
  expect(after(lagMs + TRANSACTION_MAY_WAIT_MS)).not.toBeUndefined();
});

test("a head in the epoch that counts more than it holds: some are left out at its end", () => {
  expect(missing(124 * HOUR_MS, 21)).toBe("ends after 20 uploads; 21 were logged in the epoch");
  expect(missing(124 * HOUR_MS, 20)).toBeUndefined();
  expect(missing(126 * HOUR_MS, 25)).toBeUndefined();
});
