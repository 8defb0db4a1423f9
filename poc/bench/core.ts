/**
 * `bun run bench core`: the engine's stages against peers in other languages, on one synthetic epoch, in one interleaved run.
 *
 * Every measurement is a process of its own (this one only starts them, one at a time), so that no variant finds another's heap,
 * caches or machine code. Rounds go over all variants before any is run again; a process times several passes after warming up.
 * Reported is the median over rounds of each process's median, in CPU time. Only ratios of one run mean anything.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem, type } from "node:os";
import { join } from "node:path";
import type { IdOrder, PresetName } from "./engine-input.ts";
import { asksForUsage, CORE_USAGE, type CoreOptions, readCoreOptions } from "./options.ts";
import { type BuiltPeers, buildPeers, type Measurement, runChild, script } from "./peers.ts";
import { performancePage } from "./performance-page.ts";
import { buildReport, reportText } from "./report-text.ts";
import { Results } from "./results.ts";
import { millions } from "./targets.ts";

const DENSITY_HOTSPOTS = [50_000, 1_000_000];
/** From here on naive objects do not fit. */
const LARGE_ROWS = 4_000_000;
/** Rows a process judges before the clock starts, so that all of it is compiled at the last tier, and at least how many after. */
const WARM_ROWS = 30_000_000;
const TIMED_ROWS = 5_000_000;
/** Hotspots density is computed for before its clock starts. */
const WARM_HOTSPOTS = 3_000_000;

/** One process per round. */
interface Job {
  readonly preset: string;
  readonly rows: number;
  readonly ids: string;
  readonly name: string;
  readonly run: () => Measurement[];
}

/** Runs the bench; returns the exit code: 0, 1 when variants differ, 2 for bad arguments. */
export function runCore(args: readonly string[]): number {
  if (asksForUsage(args)) {
    process.stdout.write(CORE_USAGE);
    return 0;
  }
  const options = readCoreOptions(args);
  if (typeof options === "string") {
    process.stderr.write(`${options}\n\n${CORE_USAGE}`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "earshot-bench-"));
  try {
    return measure(options, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(options: CoreOptions, folder: string): number {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say("building peers …");
  const peers = buildPeers(folder);
  for (const note of peers.notes) say(note);
  const results = new Results();
  const jobs = [...smallJobs(folder, peers, options)];
  for (const rows of options.rows) {
    const dump = join(folder, `epoch-${rows}`);
    say(`generating ${millions(rows)} rows …`);
    runChild(script("generate.ts", "epoch", dump, rows));
    for (const preset of options.presets) jobs.push(...epochJobs(dump, rows, preset, peers, options));
  }
  for (let round = 1; round <= options.rounds; round++) {
    for (const job of jobs) {
      say(`round ${round} of ${options.rounds}: ${job.name}`);
      results.add(job, job.run());
    }
  }
  const report = buildReport(machineLine(peers), options.rounds, peers.notes, results.figures());
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
  if (options.write) {
    const page = join(import.meta.dirname, "..", "..", "docs", "reference", "performance.md");
    writeFileSync(page, performancePage(report));
    say(`wrote ${page}`);
  }
  return report.agreements.every(({ dissent }) => dissent.length === 0) ? 0 : 1;
}

function epochJobs(dump: string, rows: number, preset: PresetName, peers: BuiltPeers, options: CoreOptions): Job[] {
  const isLarge = rows >= LARGE_ROWS;
  const warm = Math.ceil(WARM_ROWS / rows);
  const passes = Math.max(3, Math.ceil(TIMED_ROWS / rows));
  const jobs: Job[] = [];
  const add = (ids: string, name: string, run: () => Measurement[]) => {
    jobs.push({ preset, rows, ids, name: `${name}, ${preset}, ${millions(rows)} rows, ${ids} ids`, run });
  };
  for (const ids of ["cell", "arrival"] satisfies IdOrder[]) {
    add(ids, "TypeScript validate", () => runChild(script("engine.ts", "validate", dump, preset, ids, warm, passes)));
    const { rust, c } = peers;
    if (rust !== undefined) {
      add(ids, "Rust h3o cached", () => runChild([rust, "cached", dump, preset, ids, "1", "3"]));
      // Half a microsecond a row: one pass is enough, and touches nothing that needs warming.
      add(ids, "Rust h3o lean", () => runChild([rust, "lean", dump, preset, ids, "0", "1"]));
    }
    if (c !== undefined) {
      for (const shape of ["exit", "mask"]) {
        add(ids, `C ${shape}`, () => runChild([c, shape, dump, preset, ids, String(warm), String(passes)]));
      }
    }
  }
  if (!isLarge) {
    add("cell", "naive objects and h3-js", () =>
      runChild(script("peers/naive-h3js/naive.ts", dump, preset, "cell", 0, 1)),
    );
  }
  add("cell", "TypeScript stages", () =>
    runChild(script("engine.ts", "stages", dump, preset, Math.ceil(warm / 2), isLarge ? 2 : 3)),
  );
  if (isLarge || options.rows.length === 1) {
    add("cell", "TypeScript memory", () => runChild(script("engine.ts", "memory", dump, preset)));
    add("cell", "TypeScript scoreEpoch", () => runChild(script("engine.ts", "score", dump, preset)));
  }
  return jobs;
}

/** What does not depend on the epoch: density, uploads, rewards. */
function smallJobs(folder: string, peers: BuiltPeers, options: CoreOptions): Job[] {
  const jobs: Job[] = [];
  const add = (rows: number, name: string, run: () => Measurement[]) => {
    jobs.push({ preset: "-", rows, ids: "-", name, run });
  };
  add(0, "uploads", () => runChild(script("engine.ts", "uploads", 2, 5)));
  add(0, "rewards", () => runChild(script("engine.ts", "rewards", 2, 5)));
  for (const hotspots of options.quick ? DENSITY_HOTSPOTS.slice(0, 1) : DENSITY_HOTSPOTS) {
    const dump = join(folder, `cells-${hotspots}`);
    runChild(script("generate.ts", "cells", dump, hotspots));
    add(hotspots, `TypeScript density, ${hotspots} hotspots`, () =>
      runChild(script("engine.ts", "density", dump, Math.ceil(WARM_HOTSPOTS / hotspots), 5)),
    );
    const { rust } = peers;
    if (rust !== undefined) {
      add(hotspots, `Rust density, ${hotspots} hotspots`, () => runChild([rust, "density", dump, "1", "3"]));
    }
  }
  return jobs;
}

function machineLine(peers: BuiltPeers): string {
  const models = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const versions = [`Bun ${Bun.version}`, "h3-js 4.5.0", ...peers.versions];
  return `Machine: ${models[0]?.model.trim() ?? "unknown CPU"}, ${models.length} cores, ${gib} GiB, ${type()} ${process.arch}; ${versions.join(", ")}.`;
}

if (import.meta.main) process.exit(runCore(process.argv.slice(2)));
