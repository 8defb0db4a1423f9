/** PostgreSQL that crashes while an epoch runs and while it is closed: the manifest and the root are those of an undisturbed one. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { verdictsOfEpoch } from "../../src/pipeline/live-table.ts";
import { type ClosedEpoch, lastClosedEpoch } from "../../src/pipeline/work-table.ts";
import { PostgresServer, postgresPrograms } from "../servers/postgres.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { appendAll, openLog, putFacts, SmallPipeline } from "./small-pipeline.ts";

const programs = postgresPrograms();
if (programs === undefined) process.stderr.write("skipped: PostgreSQL is not on this machine\n");
const folders = new TemporaryFolders("postgres-restarts");
const day = smallEpoch();
const { startMs, closesMs } = epochSpan(EPOCH, parameters.time);

/** Works again and again while the store is away. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ORC_STORE_UNAVAILABLE") throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Runs and closes the day; `disturb` comes in the middle of its uploads, before its verdicts, and while it is closed. */
async function closeDay(storeUrl: string | undefined, disturb: () => Promise<void>): Promise<ClosedEpoch> {
  const pipeline = await SmallPipeline.open(folders.next(), storeUrl);
  const log = await openLog(pipeline.folder);
  await putFacts(pipeline.facts, day.input);
  pipeline.wallMs = startMs;
  const live = pipeline.run("live", [log], ["live"]);
  const half = Math.floor(day.records.length / 2);
  await appendAll(log, day.records.slice(0, half));
  await disturb();
  await appendAll(log, day.records.slice(half));
  await patiently(() => live.shuffled());
  pipeline.wallMs = closesMs + 10_000;
  await disturb();
  const verdicts = () => patiently(() => verdictsOfEpoch(pipeline.store, EPOCH));
  await vi.waitUntil(async () => (await verdicts()).length > 0, { timeout: 120_000 });
  await live.stop();
  await log.sealSegments(epochSpan(EPOCH + 1, parameters.time).closesMs);
  const closing = patiently(() => pipeline.worker("closer", [log]).run(EPOCH));
  await disturb();
  await closing;
  const closed = await patiently(() => lastClosedEpoch(pipeline.store));
  await log.close();
  await pipeline.close();
  return closed!;
}

describe.skipIf(programs === undefined)("an epoch whose PostgreSQL crashes three times", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start(programs!);
  });
  afterAll(() => server?.remove());

  test("is closed with the manifest and the root of one that nothing disturbed", async () => {
    let crashes = 0;
    const undisturbed = await closeDay(undefined, async () => {});
    const disturbed = await closeDay(await server.database(), async () => {
      await server.crash();
      await server.run();
      crashes++;
    });
    expect(crashes).toBe(3);
    expect(disturbed).toEqual(undisturbed);
    expect(disturbed.epoch).toBe(EPOCH);
  }, 600_000);
});
