import { describe, expect, test } from "vitest";
import { faultsIn, importFaults } from "../import-graph.ts";

const fault = (file: string, text: string) => faultsIn(file, text).map((found) => found.fault);

describe("the import graph", () => {
  test("every import of the tree goes down the packages and through its door", () => {
    expect(importFaults().map(({ file, line, fault: why }) => `${file}:${line}: ${why}`)).toEqual([]);
  });

  test("an import up the packages is a fault", () => {
    expect(fault("poc/src/a.ts", 'import { x } from "@earshot/oracle";')).toEqual([
      "poc must not import @earshot/oracle",
    ]);
    expect(fault("hotspot-agent/src/a.ts", 'import { scoreEpoch } from "@earshot/poc";')).toEqual([
      "hotspot-agent must not import @earshot/poc",
    ]);
    expect(fault("poc/test/a.test.ts", 'import { x } from "@earshot/oracle";')).toEqual([
      "poc must not import @earshot/oracle",
    ]);
  });

  test("a library outside its door is a fault, an unknown one too", () => {
    expect(fault("geo/src/disk.ts", 'import { gridDisk } from "h3-js";')).toEqual([
      "h3-js belongs behind geo/src/h3.ts or oracle/explorer/src/map/h3.ts",
    ]);
    expect(fault("oracle/src/a.ts", 'export * from "left-pad";')).toEqual([
      "left-pad has no door: add it to .ci/import-graph.ts",
    ]);
    expect(fault("geo/src/h3.ts", 'import { gridDisk } from "h3-js";')).toEqual([]);
  });

  test("a pure package reads no clock, no randomness and no file", () => {
    expect(fault("poc/src/a.ts", "const now = Date.now();")).toEqual(["uses Date.now in a pure package"]);
    expect(fault("geo/src/a.ts", 'import { readFileSync } from "node:fs";')).toEqual(["node:fs in a pure package"]);
    expect(fault("poc/src/a.ts", "// Math.random is refused here\nconst x = 1;")).toEqual([]);
  });

  test("an import across several lines and a dynamic one are seen", () => {
    expect(fault("geo/src/a.ts", 'import {\n  a,\n  b,\n} from "@earshot/poc";')).toEqual([
      "geo must not import @earshot/poc",
    ]);
    expect(fault("geo/src/a.ts", 'const m = await import("@earshot/poc");')).toEqual([
      "geo must not import @earshot/poc",
    ]);
  });
});
