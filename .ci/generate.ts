/**
 * Writes everything in the tree that is made from something else in it: the reference pages, and vectors and tables of fixtures.
 *
 * `bun run check` runs this and fails when a file changes (regenerate and diff).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiPages } from "./reference/api-pages.ts";
import { configTables } from "./reference/config-tables.ts";
import { epochFormat } from "./reference/epoch-format.ts";
import { errorTable } from "./reference/error-table.ts";
import { explorerTypes } from "./reference/explorer-types.ts";
import { instructionTable } from "./reference/instruction-table.ts";
import { metricTable } from "./reference/metric-table.ts";
import { oracleDashboard } from "./reference/oracle-dashboard.ts";
import { parameterTable } from "./reference/parameter-table.ts";
import { verdictTable } from "./reference/verdict-table.ts";

const root = join(import.meta.dirname, "..");

const PAGES: Readonly<Record<string, () => string>> = {
  "docs/reference/api.md": apiPages,
  "docs/reference/config.md": configTables,
  "docs/reference/epoch-format.md": epochFormat,
  "docs/reference/errors.md": errorTable,
  "docs/reference/instructions.md": instructionTable,
  "docs/reference/metrics.md": metricTable,
  "docs/reference/oracle-dashboard.json": oracleDashboard,
  "docs/reference/parameters.md": parameterTable,
  "docs/reference/verdicts.md": verdictTable,
  "oracle/explorer/src/api-types.ts": explorerTypes,
};

/** Generator script → the files it writes. */
const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  "fixtures/src/generate-region-plans.ts": ["poc/src/radio/region-plans.ts"],
  "fixtures/src/generate-measured-links.ts": ["fixtures/src/measured-links.ts"],
  "fixtures/src/generate-helium-vectors.ts": ["fixtures/helium/derived.json"],
  "fixtures/src/generate-protocol-vectors.ts": filesIn("fixtures/protocol"),
  "fixtures/src/generate-reward-vectors.ts": filesIn("fixtures/reward"),
  "programs/client/src/generate-client.ts": filesIn("programs/client/src/generated", "ts"),
};

function filesIn(folder: string, ending = "json"): string[] {
  return [...new Bun.Glob(`*.${ending}`).scanSync({ cwd: join(root, folder) })]
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** Runs every generator; returns the files whose bytes changed. Throws when a generator fails. */
export function generate(): string[] {
  const files = [...Object.keys(PAGES), ...Object.values(SCRIPTS).flat()];
  const before = new Map(files.map((file) => [file, contentOf(file)]));
  for (const [file, page] of Object.entries(PAGES)) writeFileSync(join(root, file), page());
  for (const script of Object.keys(SCRIPTS)) {
    const run = Bun.spawnSync([process.execPath, script], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    if (run.exitCode !== 0) throw new Error(`${script} failed:\n${run.stderr.toString()}`);
  }
  return files.filter((file) => before.get(file) !== contentOf(file));
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch {
    return undefined;
  }
}

if (import.meta.main) for (const file of generate()) process.stdout.write(`wrote ${file}\n`);
