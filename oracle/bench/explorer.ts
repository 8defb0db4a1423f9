/** `bun run bench explorer [api|page] …`: what the explorer costs a browser, and what its answers cost the oracle. */
import { runExplorerApi } from "./explorer-api.ts";
import { runExplorerPage } from "./explorer-page.ts";

const STAGES: Readonly<Record<string, () => Promise<number>>> = { api: runExplorerApi, page: runExplorerPage };

/** Runs the stages that are named, all without a name; 1 if one missed its target, 2 for bad arguments. */
export async function runExplorerBench([name]: readonly string[]): Promise<number> {
  if (name !== undefined && STAGES[name] === undefined) {
    process.stderr.write(`usage: bun run bench explorer [${Object.keys(STAGES).join("|")}]\n`);
    return 2;
  }
  let missed = 0;
  for (const [stage, run] of Object.entries(STAGES)) {
    if (name === undefined || name === stage) missed = Math.max(missed, await run());
  }
  return missed;
}
