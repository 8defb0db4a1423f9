/**
 * Last step of .ci/run: prints "N passed, N failed" from the test report; the check and the Rust tests count as one each. Exits 1 on
 * any failure.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [testExit, checkExit, rustExit] = process.argv.slice(2).map(Number);
const report = join(import.meta.dirname, "../node_modules/.earshot-tests.json");
let passed = 0;
let failed = 0;
if (existsSync(report)) {
  const counts: { numPassedTests: number; numFailedTests: number } = JSON.parse(readFileSync(report, "utf8"));
  passed = counts.numPassedTests;
  failed = counts.numFailedTests;
}
// A run that broke off, or a file that could not be loaded, has no failed test to count.
if (testExit !== 0 && failed === 0) failed++;
for (const exit of [checkExit, rustExit]) {
  if (exit === 0) passed++;
  else failed++;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 1 ? 0 : 1);
