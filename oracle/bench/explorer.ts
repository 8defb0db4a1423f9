/** `bun run bench explorer [api|page] …`: what the explorer costs a browser, and what its answers cost the oracle. */
import { join } from "node:path";
import { replaceSection } from "../../poc/bench/spoof/page.ts";
import { runExplorerApi } from "./explorer-api.ts";
import { runExplorerPage } from "./explorer-page.ts";
import { figureTable, isMissed, type StageResult } from "./figure-table.ts";

const STAGES: Readonly<Record<string, () => Promise<StageResult>>> = { api: runExplorerApi, page: runExplorerPage };
const USAGE = `usage: bun run bench explorer [${Object.keys(STAGES).join("|")}] [--write]
  --write   write the tables to docs/reference/explorer-performance.md
`;
const PAGE = join(import.meta.dirname, "../../docs/reference/explorer-performance.md");

/** Runs the stages that are named, all without a name; 1 if one missed its limit, 2 for bad arguments. */
export async function runExplorerBench(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => arg !== "--write");
  if (names.length > 1 || names.some((name) => STAGES[name] === undefined)) {
    process.stderr.write(USAGE);
    return 2;
  }
  let missed = 0;
  for (const [name, run] of Object.entries(STAGES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const result = await run();
    const table = figureTable(result);
    process.stdout.write(`${table}\n`);
    if (args.includes("--write")) replaceSection(`bun run bench explorer ${name}`, table, PAGE);
    if (result.figures.some(isMissed)) missed = 1;
  }
  return missed;
}
