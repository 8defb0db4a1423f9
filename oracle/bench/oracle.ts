/** `bun run bench oracle [ingest|pipeline] …`: what an operator's machine does; without a name all of it. */
import { runIngestBench } from "./ingest.ts";
import { runPipelineBench } from "./pipeline.ts";

const STAGES: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  ingest: runIngestBench,
  pipeline: runPipelineBench,
};

/** Runs the stages that are named; 1 if one missed its target, 2 for bad arguments. */
export async function runOracle([name, ...args]: readonly string[]): Promise<number> {
  if (name !== undefined && STAGES[name] === undefined) {
    const stages = Object.keys(STAGES).join("|");
    process.stderr.write(
      `the oracle's bench has no stage "${name}"; usage: bun run bench oracle [${stages}] [options]\n`,
    );
    return 2;
  }
  let missed = 0;
  for (const [stage, run] of Object.entries(STAGES)) {
    if (name === undefined || name === stage) missed = Math.max(missed, await run(name === undefined ? [] : args));
  }
  return missed;
}
