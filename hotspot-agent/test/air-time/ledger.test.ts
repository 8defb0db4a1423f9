import { regionRules } from "@earshot/poc/radio";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AIR_TIME_WINDOW_MS, AirTimeLedger } from "../../src/air-time/ledger.ts";

const eu868 = regionRules("EU868");
const us915 = regionRules("US915");
/** 1 % of an hour, µs. */
const onePercentUs = 36_000_000;

describe("duty cycle", () => {
  test("allows a sub-band to be filled exactly, and not a microsecond more", () => {
    const ledger = new AirTimeLedger(eu868);
    ledger.charge({ frequencyHz: 868_100_000, airTimeUs: onePercentUs - 1, atMs: 0 });
    expect(ledger.check({ frequencyHz: 868_599_999, airTimeUs: 1, atMs: 1 }, false).isAllowed).toBe(true);
    expect(ledger.check({ frequencyHz: 868_100_000, airTimeUs: 2, atMs: 1 }, false)).toEqual({
      isAllowed: false,
      reason: "duty_cycle",
      usedUs: onePercentUs - 1,
      limitUs: onePercentUs,
    });
  });

  test("keeps sub-bands apart", () => {
    const ledger = new AirTimeLedger(eu868);
    ledger.charge({ frequencyHz: 868_100_000, airTimeUs: onePercentUs, atMs: 0 });
    expect(ledger.check({ frequencyHz: 867_900_000, airTimeUs: 1, atMs: 1 }, false).isAllowed).toBe(true);
    expect(ledger.check({ frequencyHz: 869_525_000, airTimeUs: 1, atMs: 1 }, false).isAllowed).toBe(true);
  });

  test("slides: what was sent counts for one hour", () => {
    const ledger = new AirTimeLedger(eu868);
    ledger.charge({ frequencyHz: 868_100_000, airTimeUs: onePercentUs, atMs: 0 });
    const next = (atMs: number) => ledger.check({ frequencyHz: 868_100_000, airTimeUs: 1, atMs }, false).isAllowed;
    expect([next(AIR_TIME_WINDOW_MS - 1), next(AIR_TIME_WINDOW_MS)]).toEqual([false, true]);
  });

  test("forgets what was taken back", () => {
    const ledger = new AirTimeLedger(eu868);
    const { id } = ledger.charge({ frequencyHz: 868_100_000, airTimeUs: onePercentUs, atMs: 0 });
    ledger.release(id);
    expect(ledger.check({ frequencyHz: 868_100_000, airTimeUs: onePercentUs, atMs: 1 }, false).isAllowed).toBe(true);
  });

  test("counts an entry of the future as of now, so that a clock set back gives nothing away", () => {
    const ledger = new AirTimeLedger(eu868);
    ledger.charge({ frequencyHz: 868_100_000, airTimeUs: onePercentUs, atMs: 10 * AIR_TIME_WINDOW_MS });
    const next = { frequencyHz: 868_100_000, airTimeUs: 1 };
    expect(ledger.check({ ...next, atMs: 0 }, false).isAllowed).toBe(false);
    ledger.charge({ frequencyHz: 869_525_000, airTimeUs: 1, atMs: 0 });
    expect(ledger.check({ ...next, atMs: AIR_TIME_WINDOW_MS }, false).isAllowed).toBe(true);
  });

  test("never lets any hour hold more than its share", () => {
    const attempt = fc.record({ waitMs: fc.nat(600_000), airTimeUs: fc.integer({ min: 1, max: 9_000_000 }) });
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 1, maxLength: 60 }), (attempts) => {
        const ledger = new AirTimeLedger(eu868);
        const sent: { atMs: number; airTimeUs: number }[] = [];
        let atMs = 0;
        for (const { waitMs, airTimeUs } of attempts) {
          atMs += waitMs;
          const next = { frequencyHz: 868_100_000, airTimeUs, atMs };
          if (!ledger.check(next, false).isAllowed) continue;
          ledger.charge(next);
          sent.push(next);
        }
        for (const { atMs: endMs } of sent) {
          const inHour = sent.filter((one) => one.atMs <= endMs && one.atMs > endMs - AIR_TIME_WINDOW_MS);
          expect(inHour.reduce((sum, one) => sum + one.airTimeUs, 0)).toBeLessThanOrEqual(onePercentUs);
        }
      }),
    );
  });
});

describe("dwell time", () => {
  const long = { frequencyHz: 903_900_000, airTimeUs: 400_001, atMs: 0 };

  test("limits a beacon and not a network server's downlink", () => {
    const ledger = new AirTimeLedger(us915);
    expect(ledger.check(long, true)).toEqual({ isAllowed: false, reason: "too_long", limitUs: 400_000 });
    expect(ledger.check({ ...long, airTimeUs: 400_000 }, true).isAllowed).toBe(true);
    expect(ledger.check(long, false).isAllowed).toBe(true);
  });

  test("refuses nothing where no rules are known", () => {
    const ledger = new AirTimeLedger(null);
    expect(ledger.check({ ...long, airTimeUs: 1e9 }, true).isAllowed).toBe(true);
    expect(ledger.use(0)).toEqual([]);
  });
});
