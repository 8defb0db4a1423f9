/**
 * One stage of the pipeline's bench, in a process of its own: `bun pipeline-stage.ts STAGE FOLDER OPTIONS`. Prints one line of JSON.
 *
 *   make    a synthetic epoch's facts in the stores and its uploads in sealed segments (not timed)
 *   verify  the first half of loading, as it runs while the epoch lasts: what catching up after downtime takes
 *   signatures  CPU time of one signature check, alone and among many (no stage: what much of verify and audit is made of)
 *   derive  the challenges of its intervals, as they are drawn while it lasts
 *   close   from verified segments to the archived manifest
 *   fetch   the archived epoch as a folder (not timed)
 *   live    minutes of a network as they come, and when each verdict is told
 *   audit   recomputes the folder from its raw uploads on two threads
 *   work    one of several workers that verify, draw challenges and close together, until the epoch is closed
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { earshot, SignatureVerifier } from "@earshot/poc";
import { importKey, signerFromEd25519Seed, uploadId, verifySignature } from "@earshot/poc/protocol";
import { FolderArtefacts } from "../src/artefacts/folder-store.ts";
import { auditRun } from "../src/audit/audit-run.ts";
import { readWhole, sha256Hex } from "../src/epoch-folder/durable-file.ts";
import { CHUNK_RECORDS } from "../src/load/record-chunks.ts";
import { EmbeddedReportLog } from "../src/log/embedded/embedded-report-log.ts";
import { numberOf, readSegment } from "../src/log/segment-reader.ts";
import { SegmentWriter } from "../src/log/segment-writer.ts";
import { EpochCloser } from "../src/pipeline/close-epoch.ts";
import { IntervalDeriver } from "../src/pipeline/derive-intervals.ts";
import { EpochArchive } from "../src/pipeline/epoch-archive.ts";
import type { EpochFacts } from "../src/pipeline/epoch-facts.ts";
import { epochSpan, segmentSpanMs } from "../src/pipeline/epoch-times.ts";
import type { LogReader } from "../src/pipeline/log-reader.ts";
import { runWorker } from "../src/pipeline/run-worker.ts";
import { StoredFacts } from "../src/pipeline/stored-facts.ts";
import { SegmentVerifier } from "../src/pipeline/verify-segments.ts";
import { closedEpoch } from "../src/pipeline/work-table.ts";
import type { SealedSegment } from "../src/ports/report-log.ts";
import { openStore } from "../src/store/open-store.ts";
import { BENCH_EPOCH, type BenchOptions, type BenchWorld, benchUploads, benchWorld, patient } from "./pipeline-log.ts";

const [stage, folder, json] = process.argv.slice(2);
// Verdicts are told under the real rules.
const options: BenchOptions & { readonly plain?: boolean } = {
  parameters: stage === "live" ? earshot : patient,
  ...JSON.parse(json),
};
const uploads = join(folder, "uploads");
const LOG = "bench";
/** How often a worker without work looks for some, ms. */
const LOOK_MS = 50;

const store = await openStore(`sqlite:${join(folder, "oracle.sqlite")}`);
const archive = new EpochArchive(new FolderArtefacts(join(folder, "artefacts")));
const facts = new StoredFacts(store, archive);
/** Without the detectors of spoofing, to tell what they cost. */
const plainFacts: EpochFacts = {
  entropy: (first, last) => facts.entropy(first, last),
  closing: (epoch) => facts.closing(epoch),
  async opening(epoch) {
    const opening = await facts.opening(epoch);
    if (opening === undefined) return undefined;
    const { anomaly: _anomaly, ...parameters } = opening.parameters;
    return { ...opening, parameters };
  },
};

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

async function putFacts(world: BenchWorld): Promise<void> {
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
}

async function make(): Promise<Record<string, number>> {
  const world = benchWorld(options);
  await putFacts(world);
  mkdirSync(uploads, { recursive: true });
  const writer = new SegmentWriter(uploads);
  const count = benchUploads(world, options, (receiveMs, bytes) => writer.append(receiveMs, bytes));
  writer.close();
  return { uploads: count, challenges: world.facts.challenges.minute.length };
}

function workerOptions(log: LogReader) {
  const lease = { store, holder: `bench ${process.pid}`, ttlMs: 600_000 };
  return {
    store,
    archive,
    facts: options.plain === true ? plainFacts : facts,
    logs: [log],
    time: options.parameters.time,
    firstEpoch: BENCH_EPOCH,
    lease,
  };
}

async function run(): Promise<Record<string, unknown>> {
  if (stage === "make") return make();
  if (stage === "live") return live();
  if (stage === "signatures") return signatureCheckUs();
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
  if (stage === "derive") {
    const deriver = new IntervalDeriver(workerOptions(log));
    return timed(async () => {
      while (await deriver.step());
      return {};
    });
  }
  if (stage === "verify") {
    const verifier = new SegmentVerifier(workerOptions(log));
    return timed(async () => {
      while (await verifier.step());
      return { uploads: count };
    });
  }
  if (stage === "work") return work(log);
  const closer = new EpochCloser({ ...workerOptions(log), signer: signerFromEd25519Seed(new Uint8Array(32).fill(1)) });
  return timed(async () => {
    const { state } = await closer.step();
    if (state !== "closed") throw new Error(`the epoch is not closed: ${state}`);
    return { closesMs: epochSpan(BENCH_EPOCH, options.parameters.time).closesMs };
  });
}

/** Takes whatever work is left; `manifest` is what came of it, hex. */
async function work(log: LogReader): Promise<Record<string, unknown>> {
  const common = workerOptions(log);
  const verifier = new SegmentVerifier(common);
  const deriver = new IntervalDeriver(common);
  const closer = new EpochCloser({ ...common, signer: signerFromEd25519Seed(new Uint8Array(32).fill(1)) });
  let segments = 0;
  const figures = await timed(async () => {
    while ((await closedEpoch(store, BENCH_EPOCH)) === undefined) {
      if (await verifier.step()) segments++;
      else if (!(await deriver.step()) && (await closer.step()).state !== "closed") await Bun.sleep(LOOK_MS);
    }
    return { segments };
  });
  return { ...figures, manifest: Buffer.from((await closedEpoch(store, BENCH_EPOCH))!.manifestSha256).toString("hex") };
}

/** Appends uploads at their receive times, on a clock that stands in the epoch and goes as fast as ours; verdicts are told meanwhile. */
async function live(): Promise<Record<string, number>> {
  const world = benchWorld(options);
  await putFacts(world);
  const records: { receiveMs: number; bytes: Uint8Array }[] = [];
  benchUploads(world, options, (receiveMs, bytes) => records.push({ receiveMs, bytes }));
  records.sort((a, b) => a.receiveMs - b.receiveMs);
  const { time } = options.parameters;
  const ingestKey = signerFromEd25519Seed(new Uint8Array(32).fill(2)).publicKey;
  const identity = { network: world.facts.network, ingestKey, partitions: 16, segmentMs: segmentSpanMs(time) };
  const log = await EmbeddedReportLog.open({ folder: join(folder, "log"), ...identity });
  const skewMs = records[0].receiveMs - 2000 - performance.now();
  const wallMs = () => Math.round(performance.now() + skewMs);
  const stop = new AbortController();
  const worker = runWorker(
    {
      store,
      artefacts: new FolderArtefacts(join(folder, "artefacts")),
      facts,
      logs: [{ name: LOG, log }],
      time,
      firstEpoch: BENCH_EPOCH,
      signer: signerFromEd25519Seed(new Uint8Array(32).fill(1)),
      roles: ["live"],
      holder: "bench",
      wallMs,
    },
    stop.signal,
  );
  const appended = await timed(async () => {
    for (const { receiveMs, bytes } of records) {
      const waitMs = receiveMs - wallMs();
      if (waitMs > 0) await Bun.sleep(waitMs);
      void log.append({ uploadId: uploadId(bytes), deviceKey: bytes.slice(56, 89), receiveMs, bytes });
    }
    await Bun.sleep(time.windowMs + 30_000);
    return { uploads: records.length };
  });
  stop.abort();
  await worker;
  const rows = await store.sql`
    SELECT told_ms - closes_ms AS late_ms FROM live_verdict WHERE closes_ms IS NOT NULL ORDER BY told_ms - closes_ms`;
  const at = (share: number) => Number(rows[Math.min(rows.length - 1, Math.floor(share * rows.length))].late_ms);
  await log.close();
  return { ...appended, verdicts: rows.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/**
 * CPU µs of one strict check, of signatures as uploads and beacons have them: one by one, among many of keys never seen before, among
 * many of keys seen before, and both among many of which every hundredth is bad, so that no equation holds. In turns, the median of the
 * rounds; each has as many signatures as a chunk of a log, no two of one key.
 */
function signatureCheckUs(): Record<string, number> {
  const message = new Uint8Array(46);
  const signed = Array.from({ length: CHUNK_RECORDS }, (_, index) => {
    const signer = signerFromEd25519Seed(new Uint8Array(32).fill(index).with(0, index >> 8));
    return { key: importKey(signer.publicKey), message, signature: signer.sign(message) };
  });
  const another = message.with(0, 1);
  const hostile = signed.map((item, index) => (index % 100 === 0 ? { ...item, message: another } : item));
  const good = (items: typeof signed) => items.filter((item) => item.message === message).length;
  const usOf = (items: typeof signed, check: (items: typeof signed) => number) => {
    const before = process.cpuUsage();
    if (check(items) !== good(items)) throw new Error("a signature got the wrong answer");
    const { user, system } = process.cpuUsage(before);
    return (user + system) / items.length;
  };
  const alone = (items: typeof signed) =>
    items.filter(({ key, message, signature }) => verifySignature(key, message, signature)).length;
  const rounds = Array.from({ length: 7 }, () => {
    const verifiers = [0, 1].map(() => new SignatureVerifier((bytes) => crypto.getRandomValues(bytes)));
    const [many, ofHostile] = verifiers.map(
      (verifier) => (items: typeof signed) => verifier.verify(items).reduce((sum, answer) => sum + answer, 0),
    );
    return {
      usACheck: usOf(signed, alone),
      usAmongMany: usOf(signed, many),
      usOfKnownKeys: usOf(signed, many),
      usAmongBad: usOf(hostile, ofHostile),
      usAmongBadOfKnownKeys: usOf(hostile, ofHostile),
    };
  });
  const names = Object.keys(rounds[0]) as (keyof (typeof rounds)[number])[];
  return Object.fromEntries(names.map((name) => [name, rounds.map((row) => row[name]).sort((x, y) => x - y)[3]]));
}

async function timed(work: () => Promise<Record<string, number>>): Promise<Record<string, number>> {
  const [startMs, cpu] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return {
    ...result,
    wallS: (performance.now() - startMs) / 1000,
    cpuS: (user + system) / 1e6,
    maxRssMiB: mostMemoryMiB(),
  };
}

/** The largest resident size so far. What `resourceUsage` says begins with the size of the process that started this one. */
function mostMemoryMiB(): number {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const kiB = /^VmHWM:\s+([0-9]+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kiB) / 1024;
}

process.stdout.write(`${JSON.stringify(await run())}\n`);
await store.close();
