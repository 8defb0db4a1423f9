/**
 * `bun run soak [NAME] [--factor N]`: the long run of the property tests. NAME is a package (`poc`, `oracle`, …) or nothing for all.
 * Every property multiplies its runs by EARSHOT_SOAK, which this sets; fast-check prints the seed of a failure.
 */
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const DEFAULT_FACTOR = 20;
const SUITES: Readonly<Record<string, readonly string[]>> = {
  geo: ["geo/test"],
  poc: ["poc/test"],
  oracle: ["oracle/test"],
  programs: ["programs/client/test"],
  // The whole network, its processes killed at random: FACTOR epochs of 48 s.
  network: ["fixtures/live/test/live"],
  // Without the end-to-end tests, whose time limits are for one run.
  agent: [
    "hotspot-agent/test/spool",
    "hotspot-agent/test/forwarder",
    "hotspot-agent/test/network-server",
    "hotspot-agent/test/proof",
  ],
};

const args = process.argv.slice(2);
const at = args.indexOf("--factor");
const factor = at < 0 ? DEFAULT_FACTOR : Number(args[at + 1]);
const names = at < 0 ? args : args.toSpliced(at, 2);
const unknown = names.find((name) => SUITES[name] === undefined);
if (unknown !== undefined || !Number.isInteger(factor) || factor < 1) {
  const fault = unknown === undefined ? "--factor: expected a whole number from 1" : `no soak is called "${unknown}"`;
  process.stderr.write(`${fault}; usage: bun run soak [${Object.keys(SUITES).join("|")}] [--factor N]\n`);
  process.exit(2);
}
const folders = (names.length === 0 ? Object.keys(SUITES) : names).flatMap((name) => SUITES[name] ?? []);
const run = Bun.spawnSync([process.execPath, "--bun", "vitest", "run", "--testTimeout=3600000", ...folders], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, EARSHOT_SOAK: String(factor) },
});
process.exit(run.exitCode ?? 1);
