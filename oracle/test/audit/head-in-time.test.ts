import { expect, test } from "vitest";
import { missingByHead } from "../../src/audit/head-in-time.ts";

const EPOCH = { startMs: 100_000, closesMs: 126_000 };
const HELD = { first: 10, end: 20 };
const head = (fromMs: number, length: number) => ({ fromMs, toMs: fromMs + 1000, length });

test("a head before the epoch says nothing of it, however few uploads it counts", () => {
  for (const length of [0, 3, 9, 10]) expect(missingByHead(head(60_000, length), HELD, EPOCH)).toBeUndefined();
  expect(missingByHead(head(99_000, 3), HELD, EPOCH)).toBeUndefined();
});

test("a head in the epoch that counts fewer uploads than come before its first one: some are left out", () => {
  expect(missingByHead(head(105_000, 8), HELD, EPOCH)).toBe("begins at upload 10; the epoch began at 8 or before");
  expect(missingByHead(head(105_000, 10), HELD, EPOCH)).toBeUndefined();
});

test("a head of the first interval may have been read before the epoch began", () => {
  expect(missingByHead(head(100_000, 8), HELD, EPOCH)).toBeUndefined();
  expect(missingByHead(head(101_000, 8), HELD, EPOCH)).not.toBeUndefined();
});

test("a head in the epoch that counts more than it holds: some are left out at its end", () => {
  expect(missingByHead(head(124_000, 21), HELD, EPOCH)).toBe("ends after 20 uploads; 21 were logged in the epoch");
  expect(missingByHead(head(124_000, 20), HELD, EPOCH)).toBeUndefined();
  expect(missingByHead(head(126_000, 25), HELD, EPOCH)).toBeUndefined();
});
