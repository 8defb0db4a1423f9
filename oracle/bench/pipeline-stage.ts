/**
 * One stage of the pipeline's bench, in a process of its own: `bun pipeline-stage.ts STAGE FOLDER OPTIONS`. Prints one line of JSON.
 *
 *   make    a synthetic epoch's facts in the stores and its uploads in sealed segments (not timed)
 *   verify  the first half of loading, as it runs while the epoch lasts: what catching up after downtime takes
 *   close   from verified segments to the archived manifest
 *   fetch   the archived epoch as a folder (not timed)
 *   audit   recomputes the folder from its raw uploads on two threads
 */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { signerFromEd25519Seed } from "@earshot/poc/protocol";
import { FolderArtefacts } from "../src/artefacts/folder-store.ts";
import { auditRun } from "../src/audit/audit-run.ts";
import { readWhole, sha256Hex } from "../src/epoch-folder/durable-file.ts";
import { numberOf, readSegment } from "../src/log/segment-reader.ts";
import { SegmentWriter } from "../src/log/segment-writer.ts";
import { EpochCloser } from "../src/pipeline/close-epoch.ts";
import { EpochArchive } from "../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../src/pipeline/epoch-times.ts";
import type { LogReader } from "../src/pipeline/log-reader.ts";
import { StoredFacts } from "../src/pipeline/stored-facts.ts";
import { SegmentVerifier } from "../src/pipeline/verify-segments.ts";
import type { SealedSegment } from "../src/ports/report-log.ts";
import { openStore } from "../src/store/open-store.ts";
import { BENCH_EPOCH, type BenchOptions, benchUploads, benchWorld, patient } from "./pipeline-log.ts";

const [stage, folder, json] = process.argv.slice(2);
const options: BenchOptions = { parameters: patient, ...JSON.parse(json) };
const uploads = join(folder, "uploads");
const LOG = "bench";

const store = await openStore(`sqlite:${join(folder, "oracle.sqlite")}`);
const archive = new EpochArchive(new FolderArtefacts(join(folder, "artefacts")));
const facts = new StoredFacts(store, archive);

/** The segments of a folder as a log that is whole. */
async function folderLog(): Promise<LogReader> {
  const segments: SealedSegment[] = [];
  let firstIndex = 0;
  for (const name of readdirSync(uploads).sort()) {
    const bytes = readWhole(join(uploads, name));
    const number = numberOf(name);
    const records = readSegment(bytes, number, name);
    const times = records.map(({ receiveMs }) => receiveMs);
    segments.push({
      number,
      firstIndex,
      uploads: records.length,
      firstReceiveMs: times.reduce((least, time) => Math.min(least, time)),
      lastReceiveMs: times.reduce((most, time) => Math.max(most, time)),
      bytes: bytes.length,
      sha256: Buffer.from(sha256Hex(bytes), "hex"),
      headBefore: new Uint8Array(32),
      headAfter: new Uint8Array(32),
    });
    firstIndex += records.length;
  }
  return {
    name: LOG,
    segments: async () => segments,
    segmentBytes: async (number) => readWhole(join(uploads, readdirSync(uploads).sort()[number])),
    completeUntilMs: async () => Number.POSITIVE_INFINITY,
  };
}

async function make(): Promise<Record<string, number>> {
  const world = benchWorld(options);
  const { hotspots, payers, entropy, parameters, network, header } = world.facts;
  await facts.putOpening(BENCH_EPOCH, { parameters, network, hotspots, payers });
  const rows = Array.from(entropy.minute, (minute, row) => ({
    minute,
    slot: Number(entropy.slot[row]),
    blockTimeS: Number(entropy.block_time_s[row]),
    blockhash: entropy.blockhash.slice(row * 32, (row + 1) * 32),
  }));
  await facts.putEntropy(rows);
  await facts.putClosing(BENCH_EPOCH, { tokenPriceUsdE8: header.tokenPriceUsdE8 });
  mkdirSync(uploads, { recursive: true });
  const writer = new SegmentWriter(uploads);
  const count = benchUploads(world, options, (receiveMs, bytes) => writer.append(receiveMs, bytes));
  writer.close();
  return { uploads: count, challenges: world.facts.challenges.minute.length };
}

function workerOptions(log: LogReader) {
  const lease = { store, holder: `bench ${process.pid}`, ttlMs: 600_000 };
  return { store, archive, facts, logs: [log], time: options.parameters.time, firstEpoch: BENCH_EPOCH, lease };
}

async function run(): Promise<Record<string, unknown>> {
  if (stage === "make") return make();
  if (stage === "fetch") {
    await archive.fetch(BENCH_EPOCH, join(folder, "epoch"));
    return {};
  }
  if (stage === "audit") {
    return timed(async () => {
      const { findings, epochs } = await auditRun([join(folder, "epoch")], { workers: 2 });
      if (findings.length > 0) throw new Error(`the audit found ${JSON.stringify(findings[0])}`);
      return { uploads: epochs[0].uploads, reports: epochs[0].reports };
    });
  }
  const log = await folderLog();
  const count = (await log.segments()).reduce((sum, segment) => sum + segment.uploads, 0);
  if (stage === "verify") {
    const verifier = new SegmentVerifier(workerOptions(log));
    return timed(async () => {
      while (await verifier.step());
      return { uploads: count };
    });
  }
  const closer = new EpochCloser({ ...workerOptions(log), signer: signerFromEd25519Seed(new Uint8Array(32).fill(1)) });
  return timed(async () => {
    const { state } = await closer.step();
    if (state !== "closed") throw new Error(`the epoch is not closed: ${state}`);
    return { closesMs: epochSpan(BENCH_EPOCH, options.parameters.time).closesMs };
  });
}

async function timed(work: () => Promise<Record<string, number>>): Promise<Record<string, number>> {
  const [startMs, cpu] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  const { maxRSS } = process.resourceUsage();
  return {
    ...result,
    wallS: (performance.now() - startMs) / 1000,
    cpuS: (user + system) / 1e6,
    maxRssMiB: maxRSS / 1024,
  };
}

process.stdout.write(`${JSON.stringify(await run())}\n`);
await store.close();
