/**
 * Naive peer of the bench, one JSON line on stdout: naive.ts DUMP PRESET IDS WARM ITERATIONS (as the Rust and C peers).
 *
 * Objects are built before the clock starts; timed is a verdict object for every row.
 */
import { Dump } from "../../dump.ts";
import { cpuNsPerItem } from "../../timing.ts";
import { digestVerdicts } from "../../verdict-digest.ts";
import { type NaiveBeacon, type NaiveEpoch, readEpochObjects } from "./epoch-objects.ts";
import { judgeEarshot, judgeHelium, type NaiveVerdict } from "./judge.ts";

const STALE: NaiveVerdict = { reason: 16, measured: 0, limit: 1 };

function judgeBeacon(beacon: NaiveBeacon, isHelium: boolean): NaiveVerdict[] {
  const { reason, measured, witnesses, receiveMs } = beacon;
  if (reason !== 0) return witnesses.map(() => ({ reason, measured, limit: 0 }));
  const seen = new Set<number>();
  const first = witnesses[0]?.receiveMs ?? receiveMs;
  const lag = receiveMs <= first ? { fromMs: receiveMs, limitMs: 4_000 } : { fromMs: first, limitMs: 1_500 };
  return witnesses.map((row) => {
    const isRepeated = row.hotspot !== null && seen.has(row.hotspot.id);
    if (row.hotspot !== null) seen.add(row.hotspot.id);
    return isHelium ? judgeHelium(beacon, row, isRepeated, lag) : judgeEarshot(beacon, row, isRepeated);
  });
}

function judgeEpoch(epoch: NaiveEpoch, isHelium: boolean): NaiveVerdict[] {
  const verdicts = epoch.beacons.flatMap((beacon) => judgeBeacon(beacon, isHelium));
  return verdicts.concat(epoch.stale.map(() => STALE));
}

const [path, preset, ids, warm, iterations] = process.argv.slice(2);
const epoch = readEpochObjects(new Dump(path), ids === "arrival");
let verdicts: NaiveVerdict[] = [];
const ns = cpuNsPerItem(Number(warm), Number(iterations), epoch.logRow.length, () => {
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
const items = epoch.logRow.length;
process.stdout.write(
  `${JSON.stringify({ variant: "naive-h3js", stage: "validate", items, cpuNsPerItem: ns, ...digest })}\n`,
);
