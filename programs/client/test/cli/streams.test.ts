/** What the process does when nobody reads what it prints. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const main = join(import.meta.dirname, "..", "..", "src", "main.ts");

test.each([
  ["--help", 0],
  ["bogus", 2],
])("ends as if nothing were when its reader goes away: %s", (argument, code) => {
  const script = '("$0" "$@" 2>&1; echo "code $?" >&2) | true';
  const { stderr } = spawnSync("sh", ["-c", script, process.execPath, main, argument], { encoding: "utf8" });
  expect(stderr).toBe(`code ${code}\n`);
});
