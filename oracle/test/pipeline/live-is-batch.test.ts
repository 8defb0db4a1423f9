/** Whatever order uploads come in, through however many ingests, partitions and workers: the manifest is the one `oracle score` writes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { entropyTable, permuteColumns } from "@earshot/poc";
import { NETWORK_NUMBERS, sealUpload, uploadId } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadUploads } from "../../src/load/load-uploads.ts";
import { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import type { LogRecord } from "../../src/log/segment-reader.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { entropySteps, epochSpan } from "../../src/pipeline/epoch-times.ts";
import { closedEpoch } from "../../src/pipeline/work-table.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders, writeFolder } from "../temporary-folder.ts";
import { appendAll, ingest, logFolder, logIdentity, putFacts, SmallPipeline, secondIngest } from "./small-pipeline.ts";

const folders = new TemporaryFolders("live-is-batch");
const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const epoch = smallEpoch({ hotspots: 4 });
const { closesMs } = epochSpan(EPOCH, parameters.time);

/** What happens to an upload on its way, by a draw: nothing, mostly. */
type Fate = "plain" | "late" | "twice" | "other" | "forked" | "lost" | "junk";
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fate>("plain") },
  { weight: 2, arbitrary: fc.constantFrom<Fate>("late", "twice", "other", "forked", "lost", "junk") },
);

/** The records of both ingests when each upload meets its fate. */
function play(fates: readonly Fate[]): readonly [LogRecord[], LogRecord[]] {
  const [first, other]: [LogRecord[], LogRecord[]] = [[], []];
  for (const [at, record] of epoch.records.entries()) {
    const { receiveMs, bytes } = record;
    const later = (ms: number) => ({ receiveMs: Math.min(receiveMs + ms, closesMs - 1), bytes });
    switch (fates[at % fates.length]) {
      case "late":
        first.push(later(parameters.time.windowMs + 1));
        break;
      case "twice":
        first.push(record);
        other.push(later(40));
        break;
      case "other":
        other.push(record);
        break;
      case "forked":
        first.push(record);
        other.push({ receiveMs: receiveMs + 5, bytes: forkOf(bytes) });
        break;
      case "lost":
        break;
      case "junk":
        first.push(record, { receiveMs, bytes: bytes.with(bytes.length - 70, bytes[bytes.length - 70] ^ 1) });
        break;
      default:
        first.push(record);
    }
  }
  return [first, other];
}

/** Another body of the same sender under the same number. */
function forkOf(bytes: Uint8Array): Uint8Array {
  const key = Buffer.from(bytes.subarray(56, 89)).toString("hex");
  const signer = [...epoch.signers, epoch.meter].find(
    ({ publicKey }) => Buffer.from(publicKey).toString("hex") === key,
  )!;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const receipt = { packetHash: uploadId(bytes), phyBytes: 9, devAddr: 1, fCnt: 1, receivedMs: 1, routeId: 1 };
  const content = {
    network: NETWORK_NUMBERS.local,
    sequence: Number(view.getBigUint64(16, true)),
    receipts: [receipt],
  };
  return sealUpload({ ...content, previousId: bytes.slice(24, 56) }, signer).bytes;
}

/** Puts records of a span of segments into another order, as they would be appended by hotspots of different delays. */
function shuffled(records: readonly LogRecord[], keys: readonly number[]): LogRecord[] {
  const spanMs = logIdentity(ingest).segmentMs;
  const order = records.map((record, at) => ({
    record,
    span: Math.floor(record.receiveMs / spanMs),
    key: keys[at % keys.length],
  }));
  return order.sort((a, b) => a.span - b.span || a.key - b.key).map(({ record }) => record);
}

async function batchManifest(records: readonly LogRecord[]): Promise<string> {
  const folder = folders.next();
  // The small epochs know more entropy than an epoch takes.
  const steps = Uint32Array.from({ length: entropySteps(parameters.time) }, (_, step) => step);
  const input = { ...epoch.input, entropy: permuteColumns(entropyTable, epoch.input.entropy, steps) };
  await writeFolder(
    folder,
    { ...input, ...loadUploads(records, { ...input, network: input.header.network }) },
    records,
  );
  await scoreFolder(folder);
  return readFileSync(join(folder, "manifest.json"), "utf8");
}

async function liveManifest(
  records: readonly [readonly LogRecord[], readonly LogRecord[]],
  partitions: number,
  workers: number,
): Promise<{ readonly manifest: Buffer; readonly logged: LogRecord[] }> {
  const pipeline = await SmallPipeline.open(folders.next());
  await putFacts(pipeline.facts, epoch.input);
  const logs = await Promise.all(
    [ingest, secondIngest].map((signer) =>
      EmbeddedReportLog.open({ folder: logFolder(pipeline.folder, signer), ...logIdentity(signer), partitions }),
    ),
  );
  pipeline.wallMs = epochSpan(EPOCH, parameters.time).startMs;
  const running = Array.from({ length: workers }, (_, at) => pipeline.run(`worker ${at}`, logs, ["live", "batch"]));
  await Promise.all(logs.map((log, at) => appendAll(log, records[at])));
  for (const log of logs) await log.sealSegments(closesMs + 20_000);
  pipeline.wallMs = closesMs + 20_000;
  while ((await closedEpoch(pipeline.store, EPOCH)) === undefined) await Bun.sleep(5);
  await Promise.all(running.map((worker) => worker.stop()));
  const manifest = await new EpochArchive(pipeline.artefacts).file(EPOCH, "manifest.json");
  const logged: LogRecord[] = [];
  for (const log of logs) {
    for await (const uploads of log.readUploads(undefined, -1, { follow: false })) logged.push(...uploads);
    await log.close();
  }
  await pipeline.close();
  return { manifest: Buffer.from(manifest!), logged };
}

describe("the manifest of the pipeline", () => {
  test(
    "is that of oracle score for shuffled, late, repeated, lost and forked uploads, any partitions and any workers",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fate, { minLength: 20, maxLength: 90 }),
          fc.array(fc.nat(1000), { minLength: 30, maxLength: 60 }),
          fc.constantFrom(1, 2, 7),
          fc.constantFrom(1, 2, 4),
          async (fates, keys, partitions, workers) => {
            const [first, other] = play(fates);
            const { manifest, logged } = await liveManifest(
              [shuffled(first, keys), shuffled(other, keys)],
              partitions,
              workers,
            );
            expect(logged.length).toBe(first.length + other.length);
            expect(manifest.toString()).toBe(await batchManifest(logged.toReversed()));
          },
        ),
        { numRuns: 4 * soak, endOnFailure: true },
      );
    },
    300_000 * soak,
  );
});
