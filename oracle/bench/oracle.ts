/**
 * `bun run bench oracle [ingest|pipeline] …`: what an operator's machine does; without a name all of it, and with `--write` the page
 * docs/reference/oracle-performance.md from that one run.
 */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { ingestFigures, runIngestBench } from "./ingest.ts";
import { oraclePage } from "./oracle-page.ts";
import { pipelineFigures, pipelineOptions, runPipelineBench } from "./pipeline.ts";

const PAGE = join(import.meta.dirname, "../../docs/reference/oracle-performance.md");
const STAGES: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  ingest: runIngestBench,
  pipeline: runPipelineBench,
};

/** Runs the stage that is named, or all; 1 if one missed its target, 2 for bad arguments. */
export async function runOracle(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name !== undefined && !name.startsWith("--")) {
    const stage = STAGES[name];
    if (stage !== undefined) return stage(rest);
    const stages = Object.keys(STAGES).join("|");
    process.stderr.write(
      `the oracle's bench has no stage "${name}"; usage: bun run bench oracle [${stages}] [options] | [--write] [options]\n`,
    );
    return 2;
  }
  const options = pipelineOptions(args);
  if (options === undefined) {
    process.stderr.write(
      "usage: bun run bench oracle [--write] [--rows N] [--reports R] [--minutes M], whole numbers from 1\n",
    );
    return 2;
  }
  const [load = 0] = loadavg();
  const startMs = performance.now();
  const say = (figures: object) => process.stderr.write(`${JSON.stringify(figures)}\n`);
  const ingest = await ingestFigures(say);
  const stages = await pipelineFigures(options, say);
  const page = oraclePage({ ingest, stages, options, load, minutes: (performance.now() - startMs) / 60_000 });
  process.stdout.write(page);
  if (args.includes("--write")) writeFileSync(PAGE, page);
  return [...ingest, ...stages].every(({ isReached }) => isReached) ? 0 : 1;
}
