import { describe, expect, test, vi } from "vitest";
import { runCore } from "../../bench/core.ts";
import { CORE_USAGE, readCoreOptions } from "../../bench/options.ts";
import { runSpoof, SPOOF_USAGE } from "../../bench/spoof/report.ts";

describe("a benchmark that is asked what it takes", () => {
  test.each([
    ["core", runCore, CORE_USAGE],
    ["spoof", runSpoof, SPOOF_USAGE],
  ])("says so on stdout and measures nothing: %s", (_name, run, usage) => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      expect([run(["--help"]), run(["--cost", "-h"])]).toEqual([0, 0]);
      expect(write.mock.calls).toEqual([[usage], [usage]]);
    } finally {
      write.mockRestore();
    }
  });
});

describe("options of the core bench", () => {
  test("without arguments it measures both presets at one and ten million rows in five rounds", () => {
    expect(readCoreOptions([])).toEqual({
      rows: [1_000_000, 10_000_000],
      presets: ["earshot", "helium"],
      json: false,
      quick: false,
      write: false,
      rounds: 5,
    });
  });

  test("reads every flag its usage names", () => {
    expect(readCoreOptions(["--rows", "10000", "--preset", "helium", "--json", "--quick"])).toEqual({
      rows: [10_000],
      presets: ["helium"],
      json: true,
      quick: true,
      write: false,
      rounds: 3,
    });
    expect(readCoreOptions(["--write"])).toMatchObject({ write: true });
    for (const flag of CORE_USAGE.match(/--[a-z]+/g) ?? []) {
      expect(readCoreOptions([flag])).not.toBe(`unknown argument ${flag}`);
    }
  });

  test.each([
    [["--row", "1000000"], "unknown argument --row"],
    [["core"], "unknown argument core"],
    [["--rows"], "--rows: expected a whole number from 10000 to 16000000, got nothing"],
    [["--rows", "1e6"], "--rows: expected a whole number from 10000 to 16000000, got 1e6"],
    [["--rows", "9999"], "--rows: expected a whole number from 10000 to 16000000, got 9999"],
    [["--rows", "16000001"], "--rows: expected a whole number from 10000 to 16000000, got 16000001"],
    [["--preset", "demo"], "--preset: expected earshot or helium, got demo"],
    [["--write", "--quick"], "--write needs the full run: no --quick, --rows or --preset with it"],
    [["--write", "--rows", "1000000"], "--write needs the full run: no --quick, --rows or --preset with it"],
  ])("refuses %j with a sentence that says why", (args, fault) => {
    expect(readCoreOptions(args)).toBe(fault);
  });
});
