/** `oracle tour`: simulate, score and audit a day on the real hotspot list, then say what came of it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { earshot } from "@earshot/poc";
import { buildCommand } from "@stricli/core";
import { auditRun } from "../audit/audit-run.ts";
import { writeFailed } from "../epoch-folder/durable-file.ts";
import { scoreFolder } from "../score/score-folder.ts";
import { simulate } from "../simulate/index.ts";
import { auditText } from "./audit.ts";
import { answer, type CliContext, type JsonFlag, jsonFlag } from "./context.ts";
import { textParser } from "./parse.ts";
import { type PlaceFlags, placeFlags, placeOptions } from "./place-flags.ts";
import type { ProgressBar } from "./progress-bar.ts";
import { workersFlag } from "./score.ts";
import { summarise } from "./tour-summary.ts";
import { tourText } from "./tour-text.ts";

interface TourFlags extends JsonFlag, PlaceFlags {
  readonly out?: string;
  readonly workers: number;
}

/** Written anew each time; `.earshot/` is not tracked. */
const OWN_FOLDER = join(".earshot", "tour");
/** Steps of the progress bar: most of the time is the simulation's, most of the rest the audit's. */
const SIMULATE_STEPS = 60;
const SCORE_STEPS = 65;
const ALL_STEPS = 100;

export const tourCommand = buildCommand<TourFlags, [], CliContext>({
  docs: {
    brief: "Simulate, score and audit one day on the real hotspot list, and sum it up",
    fullDescription: `Without --out the folder is ${OWN_FOLDER}, which is written anew.`,
  },
  parameters: {
    flags: {
      ...placeFlags,
      out: { kind: "parsed", parse: textParser, brief: "Folder to write to", placeholder: "DIR", optional: true },
      workers: workersFlag,
      json: jsonFlag,
    },
  },
  async func(flags) {
    await answer(this, flags, (progress) => tour(flags, progress));
  },
});

async function tour(flags: TourFlags, progress: ProgressBar) {
  const options = placeOptions(flags);
  const folder = flags.out ?? OWN_FOLDER;
  if (flags.out === undefined) clearFolder(folder);
  const startedMs = performance.now();
  const { epochs } = await simulate({
    ...options,
    days: 1,
    outDir: folder,
    parameters: earshot,
    onProgress: (done, total, label) =>
      progress.show((SIMULATE_STEPS * done) / total, ALL_STEPS, `simulating ${label}`),
  });
  const [epoch] = epochs;
  const simulatedMs = performance.now();
  progress.show(SIMULATE_STEPS, ALL_STEPS, "scoring");
  const scored = await scoreFolder(epoch.folder, { workers: flags.workers });
  const scoredMs = performance.now();
  progress.show(SCORE_STEPS, ALL_STEPS, "auditing");
  const audit = await auditRun([epoch.folder], {
    workers: flags.workers,
    onProgress: (done, total, label) =>
      progress.show(SCORE_STEPS + ((ALL_STEPS - SCORE_STEPS) * done) / total, ALL_STEPS, label),
  });
  const auditedMs = performance.now();
  if (audit.findings.length > 0) {
    return { json: { ok: false, folder, ...audit }, text: auditText(audit), failed: true };
  }
  const summary = summarise(scored);
  const timings = {
    simulateMs: simulatedMs - startedMs,
    scoreMs: scoredMs - simulatedMs,
    auditMs: auditedMs - scoredMs,
  };
  const list = flags.hotspots ?? "the US hotspot list of 2020";
  const title = `Earshot: a day of coverage on ${list}, seed ${flags.seed}`;
  return {
    json: { ok: true, folder, ...summary, timings },
    text: tourText(summary, timings, title, folder),
  };
}

function clearFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (cause) {
    throw writeFailed(folder, cause);
  }
}
