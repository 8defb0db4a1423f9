/**
 * Naive peer of the bench, one JSON line on stdout: naive.ts DUMP PRESET IDS WARM ITERATIONS (as the Rust and C peers).
 *
 * Objects are built before the clock starts; timed is a verdict object for every row.
 */
import { Dump } from "../../dump.ts";
import { cpuNsPerItem } from "../../timing.ts";
import { digestVerdicts } from "../../verdict-digest.ts";
import { readEpochObjects } from "./epoch-objects.ts";
import type { NaiveVerdict } from "./judge.ts";
import { judgeEpoch } from "./judge-epoch.ts";

const [path, preset, ids, warm, iterations] = process.argv.slice(2);
const epoch = readEpochObjects(new Dump(path), ids === "arrival");
let verdicts: NaiveVerdict[] = [];
const items = epoch.logRow.length;
const ns = cpuNsPerItem(Number(warm), Number(iterations), items, () => {
  verdicts = judgeEpoch(epoch, preset === "helium");
});
const digest = digestVerdicts(
  {
    reason: Uint8Array.from(verdicts, (verdict) => verdict.reason),
    measured: Int32Array.from(verdicts, (verdict) => verdict.measured),
    limit: Int32Array.from(verdicts, (verdict) => verdict.limit),
  },
  epoch.logRow,
);
process.stdout.write(
  `${JSON.stringify({ variant: "naive-h3js", stage: "validate", items, cpuNsPerItem: ns, ...digest })}\n`,
);
