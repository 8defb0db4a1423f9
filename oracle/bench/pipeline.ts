/**
 * `bun run bench oracle pipeline [--rows N] [--reports R] [--minutes M]`: catching up after downtime, closing and auditing an epoch, several
 * workers on one, live verdicts.
 *
 * Each stage is a process of its own; told are its CPU time, its wall time on however busy a machine, and its largest memory. The epoch
 * is synthetic with real signatures (pipeline-log.ts). Targets are those of the oracle's issue: an epoch of 10 million witness rows is
 * closed within 30 s in 2 GiB and audited within 60 s on two cores; verdicts come within 10 s of their window for 99 % of 100,000
 * hotspots' reports; a day of theirs, every report an upload of its own, is caught up with in a hundredth of a day; any number of
 * workers closes an epoch with one manifest.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { CLUSTER } from "./pipeline-log.ts";

type Figures = Readonly<Record<string, number>>;

/** Challenges of a hotspot in a day, and reports of each by its neighbours. */
const CHALLENGES = 4;
const WITNESSES = CLUSTER - 1;
const DAY_S = 86_400;
const TARGET_ROWS = 10_000_000;
const NETWORK_HOTSPOTS = Math.floor(100_000 / CLUSTER) * CLUSTER;
const NETWORK_UPLOADS = NETWORK_HOTSPOTS * CHALLENGES * CLUSTER;
/** Minutes of that network that are sealed for catching up, and played for live verdicts. */
const CATCH_UP_MINUTES = 12;
const LIVE_FROM_MINUTE = 60;
const LIVE_MINUTES = 1;
/** The epoch that several workers share has so much of the rows of the large one. */
const SHARED_PART = 1 / 10;
const WORKER_COUNTS = [1, 2, 4] as const;

export interface PipelineOptions {
  /** Witness rows of the epoch that is closed and audited. */
  readonly rows: number;
  readonly reportsPerUpload: number;
  /** How long live verdicts are played. */
  readonly liveMinutes: number;
}

export interface StageFigures {
  readonly stage: string;
  readonly figures: Figures;
  readonly target: string;
  readonly isReached: boolean;
}

/** Prints the table; 1 if a target was missed, 2 for bad arguments. */
export async function runPipelineBench(args: readonly string[]): Promise<number> {
  const options = pipelineOptions(args);
  if (options === undefined) {
    process.stderr.write(
      "usage: bun run bench oracle pipeline [--rows N] [--reports R] [--minutes M], whole numbers from 1\n",
    );
    return 2;
  }
  process.stdout.write(`Bun ${Bun.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}\n\n`);
  const table = await pipelineFigures(options, ({ stage, figures, target, isReached }) => {
    const told = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value * 100) / 100}`);
    process.stdout.write(
      `${stage}: ${told.join(", ")}; ${target}${target === "" ? "" : isReached ? " reached" : " MISSED"}\n`,
    );
  });
  return table.every(({ isReached }) => isReached) ? 0 : 1;
}

/** Undefined for arguments that are none. */
export function pipelineOptions(args: readonly string[]): PipelineOptions | undefined {
  const rows = numberOf(args, "--rows", TARGET_ROWS);
  const reportsPerUpload = numberOf(args, "--reports", 10);
  const liveMinutes = numberOf(args, "--minutes", LIVE_MINUTES);
  return rows === undefined || reportsPerUpload === undefined || liveMinutes === undefined
    ? undefined
    : { rows, reportsPerUpload, liveMinutes };
}

/** Runs every stage; `tell` each as soon as it is there. */
export async function pipelineFigures(
  { rows, reportsPerUpload, liveMinutes }: PipelineOptions,
  tell: (row: StageFigures) => void,
): Promise<readonly StageFigures[]> {
  const table: StageFigures[] = [];
  const take = (found: readonly StageFigures[]) => {
    table.push(...found);
    found.forEach(tell);
  };
  take(closeAndAudit(rows, reportsPerUpload));
  take(await severalWorkers(Math.ceil(rows * SHARED_PART), reportsPerUpload));
  take([catchUp()]);
  take([live(liveMinutes)]);
  return table;
}

function hotspotsFor(rows: number): number {
  return Math.max(1, Math.round(rows / (CHALLENGES * WITNESSES * CLUSTER))) * CLUSTER;
}

function closeAndAudit(rows: number, reportsPerUpload: number): StageFigures[] {
  const hotspots = hotspotsFor(rows);
  const options = { hotspots, reportsPerUpload };
  // Limits are for the rows of the target.
  const scale = Math.max(1, rows / TARGET_ROWS);
  return inFolder((folder) => {
    const run = (stage: string) => runStage(stage, folder, options);
    const { uploads, challenges } = run("make");
    const checks = { checks: uploads + challenges, ...run("signatures") };
    const [verify, derive, close] = ["verify", "derive", "close"].map(run);
    run("fetch");
    const audit = run("audit");
    const what = `${hotspots} hotspots, ${rows} witness rows`;
    return [
      { stage: `verify, ${what}, ${reportsPerUpload} reports an upload`, figures: verify, target: "", isReached: true },
      { stage: "of which one signature an upload and one a beacon", figures: checks, target: "", isReached: true },
      { stage: "draw challenges", figures: derive, target: "", isReached: true },
      {
        stage: "close",
        figures: close,
        target: "≤ 30 s in ≤ 2048 MiB",
        isReached: close.cpuS <= 60 * scale && close.wallS <= 30 * scale && close.maxRssMiB <= 2048 * scale,
      },
      { stage: "audit on two threads", figures: audit, target: "≤ 60 s", isReached: audit.wallS <= 60 * scale },
    ];
  });
}

/** The same epoch by one, two and four worker processes: verified, drawn and closed; all must come to one manifest. */
async function severalWorkers(rows: number, reportsPerUpload: number): Promise<StageFigures[]> {
  const options = { hotspots: hotspotsFor(rows), reportsPerUpload };
  const made = mkdtempSync(join(tmpdir(), "earshot-workers-"));
  const manifests = new Set<string>();
  const table: StageFigures[] = [];
  try {
    runStage("make", made, options);
    for (const workers of WORKER_COUNTS) {
      const folder = `${made}-${workers}`;
      cpSync(made, folder, { recursive: true });
      try {
        const ended = await Promise.all(Array.from({ length: workers }, () => startStage("work", folder, options)));
        for (const { manifest } of ended) manifests.add(String(manifest));
        const sum = (name: string) => ended.reduce((all, figures) => all + Number(figures[name]), 0);
        const most = (name: string) => Math.max(...ended.map((figures) => Number(figures[name])));
        const figures = { wallS: most("wallS"), cpuS: sum("cpuS"), maxRssMiB: most("maxRssMiB") };
        const stage = `${workers === 1 ? "one worker" : `${workers} workers`}, ${rows} witness rows from log to manifest`;
        table.push({ stage, figures, target: "one manifest", isReached: manifests.size === 1 });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return table;
}

/** Verifying at the pace of one report an upload: what agents under light load send. */
function catchUp(): StageFigures {
  const options = { hotspots: NETWORK_HOTSPOTS, reportsPerUpload: 1, minutes: CATCH_UP_MINUTES };
  const verify = inFolder((folder) => {
    runStage("make", folder, options);
    return runStage("verify", folder, options);
  });
  const timesRealTime = DAY_S / ((verify.cpuS / verify.uploads) * NETWORK_UPLOADS);
  const figures = { ...verify, usAnUpload: (1e6 * verify.cpuS) / verify.uploads, timesRealTime };
  return { stage: "catch up, one core", figures, target: "≥ 100 × real time", isReached: timesRealTime >= 100 };
}

function live(minutes: number): StageFigures {
  const options = { hotspots: NETWORK_HOTSPOTS, reportsPerUpload: 1, fromMinute: LIVE_FROM_MINUTE, minutes };
  const figures = inFolder((folder) => runStage("live", folder, options));
  const isReached = figures.p99Ms <= 10_000;
  return { stage: "verdicts after their window", figures, target: "p99 ≤ 10,000 ms", isReached };
}

function inFolder<T>(run: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "earshot-pipeline-"));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runStage(stage: string, folder: string, options: Figures): Figures {
  process.stderr.write(`${stage}, ${options.hotspots} hotspots …\n`);
  const script = join(import.meta.dirname, "pipeline-stage.ts");
  const { stdout, exitCode } = Bun.spawnSync([process.execPath, script, stage, folder, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (exitCode !== 0) throw new Error(`stage ${stage} ended with ${exitCode}`);
  return JSON.parse(stdout.toString()) as Figures;
}

/** The same beside others: resolves with what it says. */
async function startStage(stage: string, folder: string, options: Figures): Promise<Readonly<Record<string, unknown>>> {
  const script = join(import.meta.dirname, "pipeline-stage.ts");
  const child = Bun.spawn([process.execPath, script, stage, folder, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`stage ${stage} ended with ${child.exitCode}`);
  return JSON.parse(said);
}

function numberOf(args: readonly string[], name: string, fallback: number): number | undefined {
  const at = args.indexOf(name);
  if (at < 0) return fallback;
  const value = Number(args[at + 1]);
  return Number.isInteger(value) && value >= 1 ? value : undefined;
}
