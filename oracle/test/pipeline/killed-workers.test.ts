/** Workers that are killed with kill -9 at random points, as processes: the roots are those of a worker that nobody killed. */
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { closedEpoch } from "../../src/pipeline/work-table.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { appendAll, openLog, putFacts, SmallPipeline } from "./small-pipeline.ts";

const folders = new TemporaryFolders("killed");
const soak = Number(process.env.EARSHOT_SOAK ?? 1);
/** 20 in CI, 200 in `bun run soak oracle`. */
const KILLS = 20 * Math.min(soak, 10);
const epochs = [smallEpoch({ hotspots: 4 })];
epochs.push(smallEpoch({ hotspots: 4, after: epochs[0] }));
const last = EPOCH + epochs.length - 1;
const wallMs = epochSpan(last, parameters.time).closesMs + 10_000;

async function makeFolder(): Promise<string> {
  const pipeline = await SmallPipeline.open(folders.next());
  const log = await openLog(pipeline.folder);
  for (const { input } of epochs) await putFacts(pipeline.facts, input);
  await appendAll(log, [...new Set(epochs.flatMap(({ records }) => records))]);
  await log.sealSegments(wallMs);
  await log.close();
  await pipeline.close();
  return pipeline.folder;
}

function spawn(folder: string) {
  return Bun.spawn([process.execPath, join(import.meta.dirname, "worker-process.ts"), folder, String(wallMs)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
}

/** Resolves when a worker has told of so many events, has ended, or has closed the last epoch: nothing more would come. */
async function afterEvents(worker: ReturnType<typeof spawn>, events: number): Promise<void> {
  const decoder = new TextDecoder();
  const reader = worker.stdout.getReader();
  let told = "";
  while (told.split("\n").length <= events && !told.includes(`"epoch":${last}`)) {
    const { value, done } = await reader.read();
    if (done) return;
    told += decoder.decode(value, { stream: true });
  }
}

async function manifests(folder: string): Promise<string[]> {
  const pipeline = await SmallPipeline.open(folder);
  const rows = await Promise.all(epochs.map((_, at) => closedEpoch(pipeline.store, EPOCH + at)));
  await pipeline.close();
  return rows.flatMap((row) => (row === undefined ? [] : [Buffer.from(row.manifestSha256).toString("hex")]));
}

describe("workers that are killed at random points", () => {
  test(
    "leave the manifests that one undisturbed worker writes",
    async () => {
      const calm = await makeFolder();
      const undisturbed = spawn(calm);
      while ((await manifests(calm)).length < epochs.length) await Bun.sleep(50);
      undisturbed.kill("SIGKILL");
      const expected = await manifests(calm);
      let killed = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(12), { minLength: 6, maxLength: 10 }), async (moments) => {
          if (killed >= KILLS) return;
          const folder = await makeFolder();
          for (const moment of moments) {
            // Two at a time, so that what one held is taken over by the other.
            const workers = [spawn(folder), spawn(folder)];
            await Promise.race(workers.map((worker) => afterEvents(worker, moment)));
            for (const worker of workers) worker.kill("SIGKILL");
            await Promise.all(workers.map((worker) => worker.exited));
            killed += workers.length;
            if ((await manifests(folder)).length === epochs.length) break;
          }
          const finisher = spawn(folder);
          while ((await manifests(folder)).length < epochs.length) await Bun.sleep(20);
          finisher.kill("SIGKILL");
          await finisher.exited;
          expect(await manifests(folder)).toEqual(expected);
          const archive = new EpochArchive((await SmallPipeline.open(folder)).artefacts);
          expect(await archive.files(last)).toBeDefined();
        }),
        { numRuns: 100 * soak, endOnFailure: true },
      );
      expect(killed).toBeGreaterThanOrEqual(KILLS);
    },
    600_000 * Math.min(soak, 10),
  );
});
