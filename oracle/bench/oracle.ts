/** `bun run bench oracle [PART …]`: the benchmarks of the oracle as a service; without a name all of them, one after the other. */
import { runIngestBench } from "./ingest.ts";

const PARTS: Readonly<Record<string, () => Promise<number>>> = {
  ingest: runIngestBench,
};

/** 1 if a target was missed, 2 for a part that there is not. */
export async function runOracleBench(args: readonly string[]): Promise<number> {
  const unknown = args.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) {
    process.stderr.write(`no part is called "${unknown}"; there are ${Object.keys(PARTS).join(", ")}\n`);
    return 2;
  }
  let failed = 0;
  for (const [name, run] of Object.entries(PARTS)) if (args.length === 0 || args.includes(name)) failed |= await run();
  return failed;
}
