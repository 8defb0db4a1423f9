/**
 * Every part of `oracle serve` (service/parts.ts) with real workers as processes, without a chain: registry, entropy and what the chain would
 * tell of epochs are those of small epochs, and the clock stands until the test moves it.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { base58Text, NETWORK_NUMBERS, UPLOAD_CONTENT_TYPE } from "@earshot/poc/protocol";
import { EntropyBook } from "../../src/challenges/entropy-book.ts";
import { EntropyFile } from "../../src/challenges/entropy-file.ts";
import { LongPolls } from "../../src/challenges/long-polls.ts";
import { readConfig } from "../../src/config/read-config.ts";
import type { LogRecord } from "../../src/log/segment-reader.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan, segmentSpanMs } from "../../src/pipeline/epoch-times.ts";
import { putPlan } from "../../src/pipeline/plan.ts";
import { StoredFacts } from "../../src/pipeline/stored-facts.ts";
import type { ReportLog } from "../../src/ports/report-log.ts";
import type { Store } from "../../src/ports/store.ts";
import { RegistryBook } from "../../src/registry/registry-book.ts";
import { RegistryWatch } from "../../src/registry/registry-watch.ts";
import { createApi } from "../../src/service/app.ts";
import type { HttpApp } from "../../src/service/http.ts";
import { ingestSigner } from "../../src/service/ingest-key.ts";
import { createLog } from "../../src/service/log.ts";
import { NetworkClock } from "../../src/service/network-clock.ts";
import { type NetworkRules, networkRules } from "../../src/service/network-rules.ts";
import type { OracleContext, ServicePart } from "../../src/service/part.ts";
import { serviceParts } from "../../src/service/parts.ts";
import { openConfiguredArtefacts, openConfiguredLog, openConfiguredStore } from "../../src/service/storage.ts";
import { Telemetry } from "../../src/service/telemetry.ts";
import { putFacts } from "../pipeline/small-pipeline.ts";
import { EPOCH, EPOCH_MS, EPOCH_START_MS, parameters, type SmallEpoch } from "../small-epoch.ts";
import { ManualClock } from "./manual-clock.ts";
import { hotspotAccount } from "./test-device.ts";

const MAIN = join(import.meta.dirname, "..", "..", "src", "main.ts");
const TICK_MS = 1000;
/** By then the ingest's time has caught up. */
const LOOKS_AT_PACE = 20;
/** The same in every service, as what it signs must be. */
const KEY = `ed25519 ${"fa".repeat(32)}\n`;
/** Nobody listens there: what needs the chain says so. */
const NO_CHAIN = 'chain.rpc=["http://127.0.0.1:1"]';
const ACCOUNTS = { distributor: new Uint8Array(32).fill(1), treasury: new Uint8Array(32).fill(2) };

export class WholeService {
  readonly clock: ManualClock;
  readonly logLines: string[] = [];
  readonly rules: NetworkRules;
  readonly epochs: readonly SmallEpoch[];
  app!: HttpApp;
  store!: Store;
  reportLog!: ReportLog;
  readonly #entropy = new EntropyBook();
  readonly #stop = new AbortController();
  readonly #heard = new Set<() => void>();
  #parts: readonly ServicePart[] = [];
  #running: Promise<unknown> = Promise.resolve();
  #lastMinute = -1;

  private constructor(epochs: readonly SmallEpoch[], nowMs: number) {
    this.clock = new ManualClock(nowMs);
    this.epochs = epochs;
    this.rules = networkRules(
      { wireId: NETWORK_NUMBERS.local, epochSeconds: EPOCH_MS / 1000 },
      { parameters: "demo", parameters_file: "" },
      ACCOUNTS,
    );
  }

  /** Starts at the beginning of the first of the epochs, whose registry, entropy and prices it knows, or later. */
  static async start(
    folder: string,
    epochs: readonly SmallEpoch[],
    nowMs: number = EPOCH_START_MS,
  ): Promise<WholeService> {
    const service = new WholeService(epochs, nowMs);
    await service.#start(folder);
    return service;
  }

  async #start(folder: string): Promise<void> {
    const { clock, rules } = this;
    const set = [`data.folder=${folder}`, NO_CHAIN, "http.explorer=false", "ingest.partitions=2"];
    const config = readConfig({ file: undefined, environment: {}, flags: set });
    const log = createLog({
      level: "debug",
      repeatIntervalMs: 1000,
      steadyMs: () => clock.steadyMs(),
      write: (line) => {
        this.logLines.push(line);
        for (const hear of this.#heard) hear();
      },
    });
    const keyFile = join(folder, "ingest.key");
    mkdirSync(folder, { recursive: true });
    writeFileSync(keyFile, KEY, { mode: 0o600 });
    const signer = ingestSigner(keyFile, false);
    this.store = await openConfiguredStore(config);
    const artefacts = openConfiguredArtefacts(config);
    const { time } = rules.parameters;
    const identity = {
      network: rules.network,
      ingestKey: signer.publicKey,
      partitions: config.ingest.partitions,
      segmentMs: segmentSpanMs(time),
    };
    const plan = { log: identity, time, firstEpoch: EPOCH };
    await putPlan(this.store, plan);
    this.reportLog = await openConfiguredLog(config, identity);
    const registry = this.#registry();
    const networkClock = new NetworkClock(clock, log.for("clock"));
    const telemetry = new Telemetry();
    const context: OracleContext = {
      config,
      rules,
      signer,
      registry,
      entropy: this.#entropy,
      polls: new LongPolls(clock, 1000),
      reportLog: this.reportLog,
      networkClock,
      clock,
      log,
      telemetry,
      store: this.store,
      artefacts,
      plan,
    };
    const facts = new StoredFacts(this.store, new EpochArchive(artefacts));
    for (const { input } of this.epochs) await putFacts(facts, input);
    const network = {
      tokenMint: new Uint8Array(32).fill(3),
      dcMint: new Uint8Array(32).fill(4),
      dcConfig: new Uint8Array(32).fill(5),
      wireId: rules.network,
      epochSeconds: EPOCH_MS / 1000,
      parameters: [{ hash: rules.parameterHash, fromEpoch: 0 }],
    };
    this.#parts = await serviceParts(context, {
      entropyFile: new EntropyFile(join(folder, "entropy.records"), time.entropyMs),
      network,
      known: [rules],
      watch: new RegistryWatch({
        sources: [],
        network: new Uint8Array(32),
        quorum: { count: 1 },
        book: registry,
        file: join(folder, "registry.cache"),
        resyncMs: 600_000,
        clock,
        log: log.for("registry"),
      }),
      history: { wasUsed: async () => true },
      workerCommand: [process.execPath, MAIN, "work", "--supervised", ...set.flatMap((one) => ["--set", one])],
    });
    this.app = await createApi({
      maxConnections: 100,
      log: log.for("http"),
      rules,
      telemetry,
      faults: () => ({}),
      parts: this.#parts,
    });
    // The others ask the chain.
    const pipeline = this.#parts.find(({ name }) => name === "pipeline");
    this.#running = pipeline?.run?.(this.#stop.signal) ?? Promise.resolve();
    await this.advance(TICK_MS);
  }

  get nowMs(): number {
    return this.clock.wallMs();
  }

  #registry(): RegistryBook {
    const registry = new RegistryBook();
    const { signers, meter, input } = this.epochs[0]!;
    for (const [row, { publicKey }] of signers.entries()) {
      const location = {
        cellPublic: input.hotspots.cell_public[row]!,
        cell: input.hotspots.cell[row]!,
        commitment: new Uint8Array(32),
        region: input.hotspots.region[row]!,
      };
      registry.putHotspot(
        hotspotAccount(publicKey, { location: { current: location, next: location, fromEpoch: 0 } }),
        1,
      );
    }
    registry.putPayer({ dcConfig: new Uint8Array(32), key: meter.publicKey, authority: new Uint8Array(32).fill(6) }, 1);
    return registry;
  }

  /** Sends uploads when their time has come. */
  async send(records: readonly LogRecord[]): Promise<void> {
    for (const { receiveMs, bytes } of records) {
      await this.advanceTo(receiveMs);
      const answer = await this.app.inject({
        method: "POST",
        url: "/v1/uploads",
        headers: { "content-type": UPLOAD_CONTENT_TYPE },
        payload: Buffer.from(bytes),
      });
      if (answer.json().status !== "accepted") throw new Error(answer.body);
    }
  }

  /** Lets an epoch pass with all its uploads, and waits until it is closed. */
  async play(at: number): Promise<void> {
    const before = this.epochs[at - 1]?.records ?? [];
    await this.send(this.epochs[at]!.records.filter((record) => !before.includes(record)));
    const closed = this.said((line) => line.msg === "an epoch is closed" && line.epoch === EPOCH + at);
    await this.advanceTo(epochSpan(EPOCH + at, parameters.time).closesMs + 1000);
    for (let look = 0; ; look++) {
      await this.advance(lookMs(look));
      if (await Promise.race([closed.then(() => true), Bun.sleep(200)])) break;
    }
    // What is closed is looked for once in a while.
    await this.advance(5 * TICK_MS);
  }

  /** Resolves with a line of the log that is so. */
  said(isIt: (line: Record<string, unknown>) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const hear = () => {
        if (!isIt(JSON.parse(this.logLines.at(-1)!))) return;
        this.#heard.delete(hear);
        resolve();
      };
      this.#heard.add(hear);
    });
  }

  /** Time passes, and what the service does every second is done. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= TICK_MS) {
      this.clock.advance(Math.min(left, TICK_MS));
      this.#tellEntropy();
      for (const { tick } of this.#parts) tick?.();
      // What a tick asks for takes a turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async advanceTo(unixMs: number): Promise<void> {
    await this.advance(unixMs - this.nowMs);
  }

  /** Entropy becomes known when its minute has begun. */
  #tellEntropy(): void {
    const now = Math.floor(this.nowMs / this.rules.parameters.time.entropyMs);
    for (const { input } of this.epochs) {
      const { minute, block_time_s, blockhash } = input.entropy;
      for (let row = 0; row < minute.length; row++) {
        if (minute[row]! <= this.#lastMinute || minute[row]! > now) continue;
        this.#lastMinute = minute[row]!;
        this.#entropy.add({
          minute: minute[row]!,
          // Slots of the small epochs begin anew with each.
          slot: minute[row]!,
          blockTimeS: Number(block_time_s[row]),
          blockhash: blockhash.slice(row * 32, (row + 1) * 32),
        });
      }
    }
  }

  /** Ends it, its workers too; the folder stays. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.clock.advance(60_000);
    await this.#running;
    await this.app.close();
    for (const { close } of this.#parts) await close?.();
    await this.reportLog.close();
    await this.store.close();
  }
}

/**
 * How far to let time pass before the `look`-th look at what workers do, ms. They go by the ingest's time, which lags behind; what they then need
 * of this machine's time must cost next to none of the epoch's.
 */
export function lookMs(look: number): number {
  return look < LOOKS_AT_PACE ? TICK_MS : TICK_MS / 20;
}

/** Wallet of the first hotspot's owner, base58. */
export function ownerOf({ input }: SmallEpoch): string {
  return base58Text(input.hotspots.owner.slice(0, 32));
}
