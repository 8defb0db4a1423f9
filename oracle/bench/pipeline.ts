/**
 * The pipeline's stages of `bun run bench oracle`: catching up, closing an epoch of 10 million witness rows, auditing it, live verdicts.
 *
 * Each stage is a process of its own; reported are its CPU time, its wall time on however busy a machine, and its largest memory. The
 * epoch is synthetic with real signatures (pipeline-log.ts).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLUSTER } from "./pipeline-log.ts";

export interface StageFigures {
  readonly stage: string;
  readonly figures: Readonly<Record<string, number>>;
}

export interface PipelineBenchOptions {
  /** Witness rows of the epoch that is closed and audited. */
  readonly rows: number;
  readonly reportsPerUpload: number;
  readonly say: (line: string) => void;
}

/** Challenges of a hotspot in a day, and reports of each by its neighbours. */
const CHALLENGES = 4;
const WITNESSES = CLUSTER - 1;
const DAY_S = 86_400;
/** The network whose downtime is caught up with, and what it uploads in a day when every report is an upload of its own. */
const NETWORK_HOTSPOTS = 100_000;
const NETWORK_UPLOADS = NETWORK_HOTSPOTS * CHALLENGES * CLUSTER;

/** Runs the stages and gives their figures. */
export function benchPipeline({ rows, reportsPerUpload, say }: PipelineBenchOptions): StageFigures[] {
  const hotspots = Math.round(rows / (CHALLENGES * WITNESSES * CLUSTER)) * CLUSTER;
  const figures = closeAndAudit({ hotspots, reportsPerUpload }, say);
  // Twelve minutes of a network of singles: every upload one report, as agents send them.
  const singles = { hotspots: NETWORK_HOTSPOTS - (NETWORK_HOTSPOTS % CLUSTER), reportsPerUpload: 1, minutes: 12 };
  const [verify] = inFolder((folder) => {
    say(`sealing 12 minutes of ${singles.hotspots} hotspots …`);
    runStage("make", folder, singles);
    say("catching up …");
    return [runStage("verify", folder, singles)];
  });
  const perUploadS = verify.cpuS / verify.uploads;
  const catchUp = { ...verify, usPerUpload: perUploadS * 1e6, timesRealTime: DAY_S / (perUploadS * NETWORK_UPLOADS) };
  return [...figures, { stage: "catch up, 100,000 hotspots, 1 report an upload", figures: catchUp }];
}

function closeAndAudit(options: Record<string, number>, say: (line: string) => void): StageFigures[] {
  return inFolder((folder) => {
    say(`sealing the epoch of ${options.hotspots} hotspots …`);
    runStage("make", folder, options);
    const stages: StageFigures[] = [];
    for (const stage of ["verify", "derive", "close", "fetch", "audit"]) {
      say(`${stage} …`);
      const figures = runStage(stage, folder, options);
      if (stage !== "fetch") stages.push({ stage, figures });
    }
    return stages;
  });
}

function inFolder<T>(run: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "earshot-pipeline-"));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runStage(stage: string, folder: string, options: Record<string, number>): Record<string, number> {
  const script = join(import.meta.dirname, "pipeline-stage.ts");
  const { stdout, exitCode } = Bun.spawnSync([process.execPath, script, stage, folder, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (exitCode !== 0) throw new Error(`stage ${stage} ended with ${exitCode}`);
  return JSON.parse(stdout.toString()) as Record<string, number>;
}
