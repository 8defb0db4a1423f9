import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EmissionPeriod } from "../../src/parameters/network-parameters.ts";
import { earshot } from "../../src/parameters/presets/earshot.ts";
import { emissionAtoms, readEmissionSchedule } from "../../src/reward/emission-schedule.ts";
import { HALVING_SCHEDULE } from "../../src/reward/halving-schedule.ts";
import { readRewardVector, soaked } from "./vector-file.ts";

const published = readRewardVector<{ days: { date: string; tokens: string }[] }>("emission.json").days;
const halving = readEmissionSchedule(HALVING_SCHEDULE);
const dayOf = (date: string) => Date.parse(`${date}T00:00:00Z`) / 86_400_000;
const period = (startEpoch: number, epochs: number, totalAtoms: string): EmissionPeriod => ({
  startEpoch,
  epochs,
  totalAtoms,
});

describe("the halving schedule", () => {
  test.each(published)("emits $tokens tokens on $date, to the unit that rounding leaves open", ({ date, tokens }) => {
    const difference = emissionAtoms(halving, dayOf(date)) - BigInt(tokens.replace(".", ""));
    expect([-1n, 0n, 1n]).toContain(difference);
  });

  test("runs from 1 August 2019 to 31 July 2053 in emission years without a gap", () => {
    HALVING_SCHEDULE.forEach((year, index) => {
      expect(year.startEpoch).toBe(dayOf(`${2019 + index}-08-01`));
      expect(year.startEpoch + year.epochs).toBe(dayOf(`${2020 + index}-08-01`));
    });
    expect(HALVING_SCHEDULE).toHaveLength(34);
  });

  test("halves on 1 August of every odd year, without a remainder", () => {
    for (let index = 2; index < HALVING_SCHEDULE.length; index++) {
      const now = BigInt(HALVING_SCHEDULE[index]!.totalAtoms);
      expect(now * 2n).toBe(BigInt(HALVING_SCHEDULE[index - 2]!.totalAtoms));
    }
    expect(HALVING_SCHEDULE.slice(0, 2).map((year) => year.totalAtoms)).toEqual(Array(2).fill("6000000000000000"));
  });

  test("emits exactly 7.5 million tokens in the year from 1 August 2025", () => {
    let sum = 0n;
    for (let epoch = dayOf("2025-08-01"); epoch < dayOf("2026-08-01"); epoch++) sum += emissionAtoms(halving, epoch);
    expect(sum).toBe(750_000_000_000_000n);
  });
});

describe("an emission schedule", () => {
  test("emits nothing before, between and after its periods", () => {
    const schedule = readEmissionSchedule([period(10, 2, "5"), period(14, 1, "7")]);
    const emitted = [9, 10, 11, 12, 13, 14, 15].map((epoch) => emissionAtoms(schedule, epoch));
    expect(emitted).toEqual([0n, 2n, 3n, 0n, 0n, 7n, 0n]);
  });

  test("of no periods emits nothing", () => {
    expect(emissionAtoms(readEmissionSchedule([]), 20_000)).toBe(0n);
  });

  test("takes the greatest total and the last epoch", () => {
    const schedule = readEmissionSchedule([period(0xffffffff, 1, "18446744073709551615")]);
    expect(emissionAtoms(schedule, 0xffffffff)).toBe((1n << 64n) - 1n);
  });

  test("of the preset earshot is valid", () => {
    expect(readEmissionSchedule(earshot.rewards.emission).periods.length).toBeGreaterThan(0);
  });

  test("sums to the total of every period, and differs by at most one unit within a period", () => {
    const anyPeriod = fc.record({
      gap: fc.integer({ min: 0, max: 5 }),
      epochs: fc.integer({ min: 1, max: 400 }),
      total: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    });
    fc.assert(
      fc.property(fc.array(anyPeriod, { maxLength: 4 }), (drawn) => {
        let startEpoch = 0;
        const periods = drawn.map(({ gap, epochs, total }) => {
          const made = period(startEpoch + gap, epochs, String(total));
          startEpoch += gap + epochs;
          return made;
        });
        const schedule = readEmissionSchedule(periods);
        for (const { startEpoch: first, epochs, totalAtoms } of periods) {
          const days = Array.from({ length: epochs }, (_, k) => emissionAtoms(schedule, first + k));
          expect(days.reduce((sum, day) => sum + day, 0n)).toBe(BigInt(totalAtoms));
          const share = BigInt(totalAtoms) / BigInt(epochs);
          expect(days.every((day) => day === share || day === share + 1n)).toBe(true);
        }
      }),
      soaked(60),
    );
  });

  test.each([
    ["overlap", [period(10, 5, "1"), period(14, 5, "1")]],
    ["are out of order", [period(20, 5, "1"), period(10, 5, "1")]],
    ["have no epochs", [period(10, 0, "1")]],
    ["have part of an epoch", [period(10, 1.5, "1")]],
    ["start before epoch zero", [period(-1, 5, "1")]],
    ["end after the last epoch", [period(0xffffffff, 2, "1")]],
    ["have a total that is not decimal", [period(10, 5, "0x10")]],
    ["have a negative total", [period(10, 5, "-1")]],
    ["have no total", [period(10, 5, "")]],
  ])("is refused when its periods %s", (_, periods) => {
    expect(() => readEmissionSchedule(periods)).toThrow("POC_BAD_PARAMETERS");
  });

  test("is refused when a total does not fit u64", () => {
    expect(() => readEmissionSchedule([period(1, 1, "18446744073709551616")])).toThrow("POC_BAD_AMOUNT");
  });

  test("refuses an epoch that is not a number of one", () => {
    expect(() => emissionAtoms(halving, 20_301.5)).toThrow("POC_BAD_PARAMETERS");
    expect(() => emissionAtoms(halving, Number.NaN)).toThrow("POC_BAD_PARAMETERS");
  });
});
