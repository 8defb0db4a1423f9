/** One, two and four workers on JetStream: one manifest, and the verdicts of scoring before it. */
import { afterAll, describe, expect, test } from "vitest";
import { JetStreamLogReader } from "../../src/log/jetstream/jetstream-log-reader.ts";
import { JetStreamReportLog } from "../../src/log/jetstream/jetstream-report-log.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { verdictsOfEpoch } from "../../src/pipeline/live-table.ts";
import { closedEpoch } from "../../src/pipeline/work-table.ts";
import { NATS, NatsServers } from "../servers/nats.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";
import { appendAll, ingest, logIdentity, putFacts, SmallPipeline } from "./small-pipeline.ts";

const folders = new TemporaryFolders("jetstream-workers");
const epoch = smallEpoch({ hotspots: 4 });
const { startMs, endMs, closesMs } = epochSpan(EPOCH, parameters.time);
/** Beacons and witness reports of the epoch. */
const PROOFS = 16 + 48;

describe.skipIf(NATS === undefined)("workers on JetStream", () => {
  let servers: NatsServers | undefined;
  const stopServers = async () => {
    await servers?.remove();
    servers = undefined;
  };
  afterAll(stopServers);

  test("give one manifest, be they one, two or four", async () => {
    const manifests: string[] = [];
    for (const workers of [1, 2, 4]) {
      // Servers of its own for each: workers that see their epoch closed delete its shuffled reports, which others would wait for.
      servers = await NatsServers.start(NATS as string, { nodes: 1, partitions: logIdentity(ingest).partitions });
      const options = { ...logIdentity(ingest), servers: servers.urls, replicas: 1 };
      const log = await JetStreamReportLog.open(options);
      await appendAll(log, epoch.records);
      await log.sealSegments(closesMs + 20_000);
      const pipeline = await SmallPipeline.open(folders.next());
      await putFacts(pipeline.facts, epoch.input);
      pipeline.wallMs = startMs;
      const readers = await Promise.all(Array.from({ length: workers }, () => JetStreamLogReader.open(options)));
      const running = readers.map((reader, at) => pipeline.run(`${workers}/${at}`, [reader], ["live", "batch"]));
      await running[0].shuffled();
      // Windows are over, the epoch is not: everything has its verdict before anything is closed.
      pipeline.wallMs = endMs + parameters.time.windowMs - 1;
      await expect
        .poll(async () => (await verdictsOfEpoch(pipeline.store, EPOCH)).length, { timeout: 60_000 })
        .toBeGreaterThan(PROOFS / 2);
      pipeline.wallMs = closesMs + 20_000;
      while ((await closedEpoch(pipeline.store, EPOCH)) === undefined) await Bun.sleep(5);
      manifests.push(Buffer.from((await closedEpoch(pipeline.store, EPOCH))!.manifestSha256).toString("hex"));
      await Promise.all(running.map((worker) => worker.stop()));
      await Promise.all(readers.map((reader) => reader.close()));
      await pipeline.close();
      await log.close();
      await stopServers();
    }
    expect(new Set(manifests).size).toBe(1);
  }, 240_000);
});
