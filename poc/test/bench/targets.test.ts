import { describe, expect, test } from "vitest";
import type { Measurement } from "../../bench/peers.ts";
import { agreements, Results } from "../../bench/results.ts";
import { judgeTargets } from "../../bench/targets.ts";
import { median } from "../../bench/timing.ts";

const place = { preset: "earshot", rows: 1_000_000, ids: "cell" };

function line(variant: string, ns: number, hash: string, stage = "validate"): Measurement {
  return { variant, stage, items: 1, cpuNsPerItem: [ns], counts: { "0": 1 }, sumMeasured: 0, sumLimit: 0, hash };
}

describe("results", () => {
  test("a figure is the median over processes of each process's median, with the spread of those", () => {
    const results = new Results();
    for (const cpuNsPerItem of [[9, 1, 2], [4], [30, 40]]) {
      results.add(place, [{ variant: "v", stage: "s", items: 1, cpuNsPerItem }]);
    }
    expect(results.figures()).toEqual([{ ...place, stage: "s", variant: "v", ns: 4, spread: [2, 35], processes: 3 }]);
    expect(median([])).toBeNaN();
  });

  test("a variant that contradicts itself stops the run", () => {
    const results = new Results();
    results.add(place, [line("a", 1, "00")]);
    expect(() => results.add(place, [line("a", 1, "01")])).toThrow("before that");
  });

  test("variants of one place agree by counts, sums and hash, and whoever does not is named", () => {
    const results = new Results();
    results.add(place, [line("a", 1, "00"), line("b", 1, "00"), line("c", 1, "01"), line("a", 1, "00", "epoch")]);
    results.add({ ...place, ids: "arrival" }, [line("a", 1, "02"), line("b", 1, "02")]);
    const [cell, arrival] = agreements(results.figures());
    expect(cell).toMatchObject({ place: "earshot 1000000 cell validate", dissent: ["c"] });
    expect(cell?.variants).toEqual(["a", "b", "c", "a (whole epoch)"]);
    expect(arrival?.dissent).toEqual([]);
  });
});

describe("targets", () => {
  const measured = (own: number, epoch: number) => {
    const results = new Results();
    results.add(place, [line("earshot-ts", own, "00"), line("rust-lean", 300, "00"), line("rust-cached", 40, "00")]);
    // The faster shape of C counts.
    results.add(place, [line("c-exit", 6.5, "00"), line("c-mask", 9, "00")]);
    results.add(place, [line("earshot-ts", epoch, "00", "epoch")]);
    return judgeTargets(results.figures()).map(({ name, isMet }) => [name.split(": ")[1], isMet]);
  };

  test("are met exactly at their limits", () => {
    expect(measured(10, 40)).toEqual([
      ["× Rust h3o lean", true],
      ["× Rust h3o cached", true],
      ["of C, ids in cell order", true],
      ["cost against validation alone by Rust h3o cached", true],
    ]);
  });

  test("are missed just beyond them", () => {
    expect(measured(10.01, 40.01).map(([, isMet]) => isMet)).toEqual([false, false, false, false]);
  });

  test("a peer that was not built is judged by nobody", () => {
    const results = new Results();
    results.add(place, [line("earshot-ts", 1, "00")]);
    expect(judgeTargets(results.figures())).toEqual([]);
  });
});
