/**
 * `bun run check`: types, format and lint, import graph, regenerate-and-diff, artefacts of the programs, and cargo's format and lints.
 * Runs no tests. Exit 1 when anything is not as it must be.
 */
import { join } from "node:path";
import { generate } from "./generate.ts";
import { importFaults } from "./import-graph.ts";

const root = join(import.meta.dirname, "..");

interface Step {
  readonly name: string;
  /** What is wrong, or an empty text. */
  readonly run: () => string;
}

function tool(bin: string, ...args: string[]): string {
  const run = Bun.spawnSync([process.execPath, "--bun", "run", bin, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  return run.exitCode === 0 ? "" : run.stdout.toString() + run.stderr.toString();
}

function script(path: string): string {
  const run = Bun.spawnSync([process.execPath, path], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  return run.exitCode === 0 ? "" : run.stdout.toString() + run.stderr.toString();
}

/** Format and lints of a Cargo workspace; nothing where there is no Rust. */
function cargo(workspace: string): Step[] {
  if (Bun.which("cargo") === null) {
    process.stdout.write(`skipped ${workspace}: no cargo on this machine\n`);
    return [];
  }
  const run = (...args: string[]) => {
    const result = Bun.spawnSync(["cargo", ...args], { cwd: join(root, workspace), stdio: ["ignore", "pipe", "pipe"] });
    return result.exitCode === 0 ? "" : result.stdout.toString() + result.stderr.toString();
  };
  return [
    { name: `cargo fmt ${workspace}`, run: () => run("fmt", "--all", "--check") },
    {
      name: `cargo clippy ${workspace}`,
      run: () => run("clippy", "--locked", "--quiet", "--all-targets", "--", "-D", "warnings"),
    },
  ];
}

const steps: readonly Step[] = [
  { name: "types", run: () => tool("tsc", "--noEmit") },
  // Pages run in a browser and have its types.
  { name: "types of the explorer", run: () => tool("tsc", "--noEmit", "-p", "oracle/explorer") },
  { name: "biome", run: () => tool("biome", "ci", "--colors=off", "--error-on-warnings", ".") },
  {
    name: "import graph",
    run: () =>
      importFaults()
        .map(({ file, line, fault }) => `${file}:${line}: ${fault}\n`)
        .join(""),
  },
  {
    name: "generated files",
    run: () =>
      generate()
        .map((file) => `${file} was not up to date; run: bun run generate\n`)
        .join(""),
  },
  { name: "artefacts of the programs", run: () => script(".ci/artifacts.ts") },
  ...cargo("programs"),
  ...cargo("poc/bench/peers/rust-h3o"),
];

let failed = 0;
for (const { name, run } of steps) {
  const fault = run();
  process.stdout.write(fault === "" ? `ok      ${name}\n` : `FAILED  ${name}\n${fault}`);
  if (fault !== "") failed++;
}
process.exit(failed === 0 ? 0 : 1);
