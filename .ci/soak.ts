/**
 * `bun run soak [NAME] [--factor N]`: the long run of the property tests. NAME is a package (`poc`, `oracle`, …) or nothing for all.
 * Every property multiplies its runs by EARSHOT_SOAK, which this sets; fast-check prints the seed of a failure.
 */
import { join } from "node:path";
import { SOAK_SUITES } from "./soak-suites.ts";

const root = join(import.meta.dirname, "..");
const DEFAULT_FACTOR = 20;
const args = process.argv.slice(2);
const at = args.indexOf("--factor");
const factor = at < 0 ? DEFAULT_FACTOR : Number(args[at + 1]);
const names = at < 0 ? args : args.toSpliced(at, 2);
const unknown = names.find((name) => SOAK_SUITES[name] === undefined);
if (unknown !== undefined || !Number.isInteger(factor) || factor < 1) {
  const fault = unknown === undefined ? "--factor: expected a whole number from 1" : `no soak is called "${unknown}"`;
  process.stderr.write(`${fault}; usage: bun run soak [${Object.keys(SOAK_SUITES).join("|")}] [--factor N]\n`);
  process.exit(2);
}
const folders = (names.length === 0 ? Object.keys(SOAK_SUITES) : names).flatMap((name) => SOAK_SUITES[name] ?? []);
const run = Bun.spawnSync([process.execPath, "--bun", "vitest", "run", "--testTimeout=3600000", ...folders], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, EARSHOT_SOAK: String(factor) },
});
process.exit(run.exitCode ?? 1);
