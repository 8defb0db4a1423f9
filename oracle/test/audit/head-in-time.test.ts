import { expect, test } from "vitest";
import { HEAD_MAY_WAIT_MS, missingByHead } from "../../src/audit/head-in-time.ts";

const HOUR_MS = 3_600_000;
/** A day from its second hour on, and its last uploads. */
const EPOCH = { startMs: 100 * HOUR_MS, closesMs: 126 * HOUR_MS };
const HELD = { first: 10, end: 20 };
const head = (fromMs: number, length: number, intervalMs = HOUR_MS) => ({ fromMs, toMs: fromMs + intervalMs, length });

test("a head before the epoch says nothing of it, however few uploads it counts", () => {
  for (const length of [0, 3, 9, 10]) expect(missingByHead(head(60 * HOUR_MS, length), HELD, EPOCH)).toBeUndefined();
  expect(missingByHead(head(99 * HOUR_MS, 3), HELD, EPOCH)).toBeUndefined();
});

test("a head in the epoch that counts fewer uploads than come before its first one: some are left out", () => {
  const missing = "begins at upload 10; the epoch began at 8 or before";
  expect(missingByHead(head(105 * HOUR_MS, 8), HELD, EPOCH)).toBe(missing);
  expect(missingByHead(head(105 * HOUR_MS, 10), HELD, EPOCH)).toBeUndefined();
});

test("a head of the first interval may have been read before the epoch began", () => {
  expect(missingByHead(head(100 * HOUR_MS, 8), HELD, EPOCH)).toBeUndefined();
  expect(missingByHead(head(101 * HOUR_MS, 8), HELD, EPOCH)).not.toBeUndefined();
});

test("where intervals are short, a head may be as old as a transaction that waited for its block", () => {
  const short = (afterStartMs: number) => head(EPOCH.startMs + afterStartMs, 8, 2000);
  for (const afterStartMs of [0, 2000, 4000, HEAD_MAY_WAIT_MS - 2000]) {
    expect(missingByHead(short(afterStartMs), HELD, EPOCH)).toBeUndefined();
  }
  expect(missingByHead(short(HEAD_MAY_WAIT_MS), HELD, EPOCH)).not.toBeUndefined();
});

test("a head in the epoch that counts more than it holds: some are left out at its end", () => {
  expect(missingByHead(head(124 * HOUR_MS, 21), HELD, EPOCH)).toBe(
    "ends after 20 uploads; 21 were logged in the epoch",
  );
  expect(missingByHead(head(124 * HOUR_MS, 20), HELD, EPOCH)).toBeUndefined();
  expect(missingByHead(head(126 * HOUR_MS, 25), HELD, EPOCH)).toBeUndefined();
});
