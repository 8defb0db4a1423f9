/**
 * A server of the ingest bench as a process of its own: `bare`, a fastify route that decodes uploads and checks their signatures, or `ingest`,
 * the oracle's own API with its log on disk. Tells its CPU time when it is asked for (IPC).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { earshot } from "@earshot/poc";
import {
  gatewayIdOf,
  importKey,
  MAX_UPLOAD_BYTES,
  parseUploadHeader,
  signerFromEd25519Seed,
  UPLOAD_CONTENT_TYPE,
  type VerifyKey,
  verifyUpload,
} from "@earshot/poc/protocol";
import { fastify } from "fastify";
import { EntropyBook } from "../../src/challenges/entropy-book.ts";
import { LongPolls } from "../../src/challenges/long-polls.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { durationMs } from "../../src/config/values.ts";
import { ingestPart } from "../../src/ingest/ingest-part.ts";
import { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { createApi } from "../../src/service/app.ts";
import { SYSTEM_CLOCK } from "../../src/service/clock.ts";
import { SILENT_LOG } from "../../src/service/log.ts";
import { NetworkClock } from "../../src/service/network-clock.ts";
import { networkRules } from "../../src/service/network-rules.ts";
import { Telemetry } from "../../src/service/telemetry.ts";
import { BENCH_NETWORK, benchDevice } from "./device-uploads.ts";

export type ServerAnswer = { readonly url: string } | { readonly cpuUs: number };

async function serveBare(keys: readonly Uint8Array[]): Promise<string> {
  const known = new Map<string, VerifyKey>(keys.map((key) => [nameOf(key), importKey(key)]));
  const app = fastify({ bodyLimit: MAX_UPLOAD_BYTES });
  app.addContentTypeParser(UPLOAD_CONTENT_TYPE, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.post("/v1/uploads", async (request, reply) => {
    const bytes = request.body as Buffer;
    const parsed = parseUploadHeader(bytes);
    const key = parsed.status === "ok" ? known.get(nameOf(parsed.header.signer)) : undefined;
    const upload = verifyUpload(bytes, key, BENCH_NETWORK);
    if (upload.status === "refused") return reply.code(400).send({ code: upload.code });
    return { status: "accepted" };
  });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

async function serveIngest(keys: readonly Uint8Array[], folder: string): Promise<string> {
  const config = readConfig({
    file: undefined,
    environment: {},
    flags: [`data.folder=${folder}`, "ingest.uploads_per_second=1000000", "ingest.upload_burst=1000000"],
  });
  const rules = networkRules({ wireId: BENCH_NETWORK, epochSeconds: earshot.time.epochMs / 1000 }, config.network, {
    distributor: new Uint8Array(32),
    treasury: new Uint8Array(32),
  });
  const signer = signerFromEd25519Seed(new Uint8Array(32).fill(255));
  const registry = new RegistryBook();
  for (const key of keys) registry.putHotspot(hotspot(key), 1);
  const reportLog = await EmbeddedReportLog.open({
    folder: join(folder, "log"),
    network: BENCH_NETWORK,
    ingestKey: signer.publicKey,
    partitions: config.ingest.partitions,
    segmentMs: rules.parameters.time.graceMs,
    gatherMs: durationMs(config.ingest.commit_interval),
  });
  const telemetry = new Telemetry();
  const part = await ingestPart({
    config,
    rules,
    signer,
    registry,
    entropy: new EntropyBook(),
    polls: new LongPolls(SYSTEM_CLOCK, 0),
    reportLog,
    networkClock: new NetworkClock(SYSTEM_CLOCK, SILENT_LOG),
    clock: SYSTEM_CLOCK,
    log: SILENT_LOG,
    telemetry,
  });
  setInterval(() => part.tick?.(), 1000);
  const options = { maxConnections: 10_000, log: SILENT_LOG, rules, telemetry, faults: () => ({}) };
  const app = await createApi({ ...options, parts: [part] });
  return app.listen({ host: "127.0.0.1", port: 0 });
}

function hotspot(deviceKey: Uint8Array) {
  const timed = <T>(value: T) => ({ current: value, next: value, fromEpoch: 0 });
  const nothing = new Uint8Array(32);
  return {
    network: nothing,
    deviceKey,
    gatewayId: gatewayIdOf(deviceKey),
    kind: "full" as const,
    owner: timed(nothing),
    location: timed({ cellPublic: 1n, cell: 1n, commitment: nothing, region: 1 }),
    antenna: timed({ gainDdbi: 12, elevationM: 10 }),
    suspended: timed(false),
    onboardedEpoch: 0,
    beneficiary: timed([]),
  };
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}

const [kind, devices] = process.argv.slice(2);
const keys = Array.from({ length: Number(devices) }, (_, i) => benchDevice(i).publicKey);
// On a disk, not on a RAM disk: syncs shall cost what they cost.
const folder = mkdtempSync(join(process.env.EARSHOT_BENCH_FOLDER ?? tmpdir(), "earshot-ingest-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system } satisfies ServerAnswer);
});
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
const url = kind === "bare" ? await serveBare(keys) : await serveIngest(keys, folder);
process.send?.({ url } satisfies ServerAnswer);
