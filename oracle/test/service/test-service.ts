/**
 * The oracle's service without a chain: real API, intake, log on disk and metrics; the registry and the entropy are what a test puts in,
 * and the clock stands until the test moves it. Requests are injected, or go over a socket with `listen`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demo, earshot } from "@earshot/poc";
import { type DeviceSigner, signerFromEd25519Seed, UPLOAD_CONTENT_TYPE } from "@earshot/poc/protocol";
import { ChallengeBook } from "../../src/challenges/challenge-book.ts";
import { challengeRoutes } from "../../src/challenges/challenge-routes.ts";
import { EntropyBook } from "../../src/challenges/entropy-book.ts";
import { LongPolls } from "../../src/challenges/long-polls.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { type IngestPart, ingestPart } from "../../src/ingest/ingest-part.ts";
import { EmbeddedReportLog } from "../../src/log/embedded/embedded-report-log.ts";
import { logPart } from "../../src/log-routes/log-part.ts";
import type { ReportLog } from "../../src/ports/report-log.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { createApi } from "../../src/service/app.ts";
import type { Clock } from "../../src/service/clock.ts";
import type { HttpApp } from "../../src/service/http.ts";
import { createLog } from "../../src/service/log.ts";
import { NetworkClock } from "../../src/service/network-clock.ts";
import { type NetworkRules, networkRules } from "../../src/service/network-rules.ts";
import type { ServicePart } from "../../src/service/part.ts";
import { Telemetry } from "../../src/service/telemetry.ts";
import { ManualClock } from "./manual-clock.ts";
import { NETWORK } from "./test-device.ts";

/** 1 December 2026, 10:00 UTC. */
export const NOW_MS = 1_796_119_200_000;

/** Accounts that the parameters name. */
const ACCOUNTS = { distributor: new Uint8Array(32).fill(1), treasury: new Uint8Array(32).fill(2) };

export interface TestServiceOptions {
  /** Kept between services; a new folder without it. */
  readonly folder?: string;
  /** `KEY=VALUE` of the configuration. */
  readonly set?: readonly string[];
  readonly demoEpochMs?: number;
  /** Stands between the service and its log. */
  readonly wrapLog?: (log: ReportLog) => ReportLog;
  readonly clock?: Clock;
  /** With the description of the API, which costs time. */
  readonly isDescribed?: boolean;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the service says.
  readonly json: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

export class TestService {
  readonly folder: string;
  /** Moved by `advance`, unless the test gave a clock of its own. */
  readonly clock: ManualClock;
  readonly signer: DeviceSigner = signerFromEd25519Seed(new Uint8Array(32).fill(250));
  readonly registry = new RegistryBook();
  readonly entropy = new EntropyBook();
  readonly polls: LongPolls;
  readonly telemetry = new Telemetry();
  readonly logLines: string[] = [];
  readonly rules: NetworkRules;
  readonly networkClock: NetworkClock;
  app!: HttpApp;
  log!: EmbeddedReportLog;
  ingest!: IngestPart;

  private constructor({ folder, clock, demoEpochMs }: TestServiceOptions) {
    this.folder = folder ?? mkdtempSync(join(tmpdir(), "earshot-service-"));
    this.clock = (clock ?? new ManualClock(NOW_MS)) as ManualClock;
    this.polls = new LongPolls(this.clock, 1000);
    const parameters = demoEpochMs === undefined ? earshot : demo(demoEpochMs);
    const chain = { wireId: NETWORK, epochSeconds: parameters.time.epochMs / 1000 };
    this.rules = networkRules(chain, { parameters: "auto", parameters_file: "" }, ACCOUNTS);
    const silent = createLog({
      level: "debug",
      repeatIntervalMs: 1000,
      steadyMs: () => this.clock.steadyMs(),
      write: (line) => this.logLines.push(line),
    });
    this.networkClock = new NetworkClock(this.clock, silent.for("clock"));
  }

  static async start(options: TestServiceOptions = {}): Promise<TestService> {
    const service = new TestService(options);
    const { folder, rules, signer, registry, entropy, polls, networkClock, clock, telemetry } = service;
    const config = readConfig({
      file: undefined,
      environment: {},
      flags: [`data.folder=${folder}`, ...(options.set ?? [])],
    });
    const log = createLog({
      level: "debug",
      repeatIntervalMs: 1000,
      steadyMs: () => clock.steadyMs(),
      write: (line) => service.logLines.push(line),
    });
    service.log = await EmbeddedReportLog.open({
      folder: join(folder, "log"),
      network: NETWORK,
      ingestKey: signer.publicKey,
      partitions: 4,
      segmentMs: rules.parameters.time.graceMs,
      gatherMs: 0,
    });
    const reportLog = options.wrapLog?.(service.log) ?? service.log;
    service.ingest = await ingestPart({
      config,
      rules,
      signer,
      registry,
      entropy,
      polls,
      reportLog,
      networkClock,
      clock,
      log,
      telemetry,
    });
    entropy.onRecord(() => polls.wake());
    const challenges: ServicePart = {
      name: "challenges",
      routes: (app) =>
        challengeRoutes(app, {
          network: NETWORK,
          signer,
          times: rules.parameters.time,
          registry,
          entropy,
          challenges: new ChallengeBook(entropy, rules.parameters.time),
          planOf: rules.planOf,
          dataRateIn: rules.dataRateIn,
          polls,
          nowMs: () => networkClock.nowMs(),
          epochAt: rules.epochAt,
        }),
    };
    service.app = await createApi({
      maxConnections: 100,
      log: log.for("http"),
      rules,
      telemetry,
      faults: () => ({}),
      parts: [challenges, service.ingest, logPart({ reportLog, rules, networkClock, clock: service.clock })],
      isDescribed: options.isDescribed ?? false,
    });
    return service;
  }

  /** Sends an upload, as agents do. */
  async submit(bytes: Uint8Array): Promise<Answer> {
    const answer = await this.app.inject({
      method: "POST",
      url: "/v1/uploads",
      headers: { "content-type": UPLOAD_CONTENT_TYPE },
      payload: Buffer.from(bytes),
    });
    return { status: answer.statusCode, json: answer.json(), headers: answer.headers };
  }

  async get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.app.inject({ method: "GET", url, headers });
    return { status: answer.statusCode, json: jsonOf(answer.body), headers: answer.headers };
  }

  async text(url: string): Promise<string> {
    return (await this.app.inject({ method: "GET", url })).body;
  }

  /** Listens on loopback; the address. */
  listen(port = 0): Promise<string> {
    return this.app.listen({ host: "127.0.0.1", port });
  }

  /** Time passes, and what the service does every second is done. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    this.ingest.tick?.();
    // The tip of the log is asked for, which takes a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends it; the folder stays, for a service that goes on from it. */
  async stop(): Promise<void> {
    await this.app.close();
    await this.ingest.close?.();
    await this.log.close();
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
