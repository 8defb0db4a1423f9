/** Tests that take their size from a soak are in one. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SOAK_SUITES } from "../soak-suites.ts";

const root = join(import.meta.dirname, "..", "..");
/** End-to-end: its limits of time are for a size that one gives by hand. */
const BY_HAND = ["hotspot-agent/test/e2e/many.test.ts"];
const suites = Object.values(SOAK_SUITES).flat();

test("every suite is there", () => {
  expect(suites.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("a soak runs every test that takes its size from it", () => {
  const folders = [
    "geo/test",
    "poc/test",
    "oracle/test",
    "programs/client/test",
    "hotspot-agent/test",
    "fixtures/live/test",
  ];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const sized = files.filter((file) => readFileSync(file, "utf8").includes("EARSHOT_SOAK"));
  expect(sized.length).toBeGreaterThan(20);
  const isRun = (file: string) => [...suites, ...BY_HAND].some((path) => `${file}/`.startsWith(`${join(root, path)}/`));
  expect(sized.filter((file) => !isRun(file)).map((file) => file.slice(root.length + 1))).toEqual([]);
});
