import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isHeadDue } from "../../src/settlement/head-due.ts";

describe("the head of a log", () => {
  test("waits in an hour until what an epoch closed with may be told", () => {
    expect([0, 599_999, 600_000, 3_599_999].map((ms) => isHeadDue(7_200_000 + ms, 3_600_000, 600_000))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test("is recorded within two intervals, whenever an oracle looks, if it looks twice in one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 3600 }),
        fc.nat({ max: 7200 }),
        fc.nat({ max: 100_000 }),
        fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        (intervalS, afterS, startS, part) => {
          const stepMs = part * intervalS * 1000;
          // A later moment of a long interval is met by those who look oftener.
          const afterMs = afterS * 1000;
          if (afterMs > (intervalS * 1000) / 2 && afterMs < intervalS * 1000) return true;
          for (let ms = startS * 1000; ms <= startS * 1000 + 2 * intervalS * 1000; ms += stepMs) {
            if (isHeadDue(ms, intervalS * 1000, afterMs)) return true;
          }
          return false;
        },
      ),
    );
  });
});
