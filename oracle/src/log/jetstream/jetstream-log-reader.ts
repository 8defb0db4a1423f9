/** Reads a JetStream log, and shuffles in it, from any number of processes on any number of machines. */
import { type JetStreamClient, type JetStreamManager, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { oracleError } from "../../errors.ts";
import type {
  LoggedUpload,
  LogPlace,
  LogTip,
  ReadOptions,
  ReadReport,
  ReportLogReader,
  SealedSegment,
  ShuffleBatch,
  ShuffleCheckpoint,
  ShuffledPage,
} from "../../ports/report-log.ts";
import { checkPartition, checkShuffle } from "../check-shuffle.ts";
import { LogIndex } from "../embedded/log-index.ts";
import { checkIdentity, type LogIdentity } from "../log-identity.ts";
import { logPartition } from "../partition.ts";
import {
  checkMapping,
  connectNats,
  ensureStream,
  isNotFound,
  type NatsOptions,
  openManager,
  patiently,
} from "./nats-connection.ts";
import { decodeReports, type ReportMessage, reportMessages, ShuffleCursor } from "./report-message.ts";
import { SealedSegments } from "./sealed-segments.ts";
import { readStream, type StreamAccess } from "./stream-reader.ts";
import { type HeaderSource, hex, readPlace, readUpload, tipAfter } from "./upload-message.ts";

export interface JetStreamLogOptions extends LogIdentity, NatsOptions {
  /** File of the index of upload ids; it is made from the stream, and again when it is lost. In memory when left out. */
  readonly indexPath?: string;
  /** Shuffled reports are kept this long, ms: longer than a worker may be away; 3 days. */
  readonly keepReportsMs?: number;
}

const BATCH = 1024;
const BATCH_BYTES = 16 * 1024 * 1024;
const KEEP_REPORTS_MS = 3 * 86_400_000;
/** The server drops what it has seen in this time by Nats-Msg-Id; longer than an election, ms. */
const DUPLICATE_MS = 120_000;
const PUBLISH_MS = 5000;
/** How long a shuffle goes on trying, ms. */
const SHUFFLE_MS = 30_000;
const NANOS = 1_000_000;

export interface LogSubjects {
  readonly log: string;
  readonly uploads: string;
  readonly segments: string;
  readonly reports: string;
}

export class JetStreamLogReader implements ReportLogReader {
  readonly partitions: number;
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly names: LogSubjects;
  readonly index: LogIndex;
  readonly genesis: Uint8Array;
  readonly sealed: SealedSegments;
  readonly #manager: JetStreamManager;
  readonly #access: StreamAccess;
  readonly #closing = new AbortController();
  readonly #readers = new Set<Promise<void>>();
  #shuffling: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /** Opens a log; makes its streams where there are none. Throws ORC_LOG_UNAVAILABLE, ORC_BAD_OPTION. */
  static async open(options: JetStreamLogOptions): Promise<JetStreamLogReader> {
    const genesis = checkIdentity(options);
    const connection = await connectNats(options);
    try {
      await checkMapping(connection, options.partitions);
      const manager = await openManager(connection);
      const log = hex(genesis).slice(0, 16);
      const names = {
        log,
        uploads: `earshot-uploads-${log}`,
        segments: `earshot-segments-${log}`,
        reports: `earshot-reports-${log}`,
      };
      const common = {
        num_replicas: options.replicas,
        duplicate_window: DUPLICATE_MS * NANOS,
        storage: "file",
        retention: "limits",
        discard: "new",
        deny_delete: true,
      } as const;
      const description = `${options.partitions} partitions, segments of ${options.segmentMs} ms`;
      await ensureStream(manager, {
        ...common,
        name: names.uploads,
        subjects: [`earshot.uploads.${log}.*.*`],
        description,
        deny_purge: true,
      });
      await ensureStream(manager, {
        ...common,
        name: names.segments,
        subjects: [`earshot.segments.${log}`],
        deny_purge: true,
      });
      await ensureStream(manager, {
        ...common,
        deny_delete: false,
        name: names.reports,
        subjects: [`earshot.reports.${log}.*.*`],
        max_age: (options.keepReportsMs ?? KEEP_REPORTS_MS) * NANOS,
      });
      const { config } = await patiently("the log", () => manager.streams.info(names.uploads));
      if (config.description !== description) {
        throw oracleError(
          "ORC_BAD_OPTION",
          `${names.uploads}: the log has ${config.description}, opened with ${description}`,
        );
      }
      return new JetStreamLogReader(options, genesis, connection, manager, names);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(
    options: JetStreamLogOptions,
    genesis: Uint8Array,
    connection: NatsConnection,
    manager: JetStreamManager,
    names: LogSubjects,
  ) {
    this.partitions = options.partitions;
    this.genesis = genesis;
    this.connection = connection;
    this.client = jetstream(connection, { timeout: PUBLISH_MS });
    this.#manager = manager;
    this.#access = { connection, manager };
    this.names = names;
    this.index = new LogIndex(options.indexPath ?? ":memory:");
    const { uploads, segments, log } = names;
    const subject = `earshot.segments.${log}`;
    this.sealed = new SealedSegments({
      connection,
      manager,
      client: this.client,
      identity: options,
      uploads,
      segments,
      subject,
    });
  }

  partitionOf(deviceKey: Uint8Array): number {
    return logPartition(deviceKey, this.partitions);
  }

  async find(uploadId: Uint8Array): Promise<LogPlace | undefined> {
    await this.catchUp();
    return this.index.find(uploadId);
  }

  async get(logIndex: number): Promise<LoggedUpload | undefined> {
    const message = await this.#message(logIndex + 1);
    return message === undefined ? undefined : readUpload(message);
  }

  async tip(): Promise<LogTip> {
    const { state } = await patiently("the log", () => this.#manager.streams.info(this.names.uploads));
    if (state.last_seq === 0) return { length: 0, head: this.genesis };
    const last = await this.#message(state.last_seq);
    if (last === undefined)
      throw oracleError("ORC_BAD_LOG", `${this.names.uploads}: message ${state.last_seq} is gone`);
    return tipAfter(readPlace(last));
  }

  /** Brings the index up to what the stream holds and gives the tip. */
  async catchUp(): Promise<LogTip> {
    const known = this.index.tip() ?? { length: 0, head: this.genesis };
    const stream = this.names.uploads;
    let entries = [];
    let tip = known;
    for await (const message of readStream(this.#access, {
      stream,
      from: known.length + 1,
      follow: false,
      headersOnly: true,
    })) {
      const place = readPlace(message);
      if (place.logIndex < tip.length) continue;
      if (place.logIndex !== tip.length || Buffer.compare(place.previousHead, tip.head) !== 0) {
        throw oracleError(
          "ORC_BAD_LOG",
          `${stream}: upload ${place.logIndex} does not follow what the index has; remove the index if it is old`,
        );
      }
      entries.push({ ...place, segment: 0, offset: 0, bytes: Number(message.header("Nats-Msg-Size")) });
      tip = tipAfter(place);
      if (entries.length === 10_000) {
        this.index.add(entries, tip);
        entries = [];
      }
    }
    if (entries.length > 0) this.index.add(entries, tip);
    return tip;
  }

  readUploads(
    partition: number | undefined,
    after: number,
    options: ReadOptions,
  ): AsyncIterable<readonly LoggedUpload[]> {
    if (partition !== undefined) checkPartition(partition, this.partitions);
    return this.#uploads(partition, after, options);
  }

  shuffle(batches: readonly ShuffleBatch[]): Promise<void> {
    // One call after the other: a message of a partition must be acknowledged before the next one is sent.
    const turn = this.#shuffling.then(() => this.#shuffle(batches));
    this.#shuffling = turn.catch(() => undefined);
    return turn;
  }

  readShuffled(
    partition: number,
    after: ShuffleCheckpoint | undefined,
    options: ReadOptions,
  ): AsyncIterable<ShuffledPage> {
    checkPartition(partition, this.partitions);
    return this.#shuffled(partition, new ShuffleCursor(after), options);
  }

  async trimShuffled(checkpoints: ReadonlyMap<number, ShuffleCheckpoint>): Promise<void> {
    for (const [partition, checkpoint] of checkpoints) {
      const filter = `earshot.reports.${this.names.log}.${partition}.*`;
      const seq = new ShuffleCursor(checkpoint).sequence + 1;
      await patiently("trim", () => this.#manager.streams.purge(this.names.reports, { filter, seq }));
    }
  }

  segments(from = 0): Promise<readonly SealedSegment[]> {
    return this.sealed.list(from);
  }

  segmentBytes(number: number): Promise<Uint8Array | undefined> {
    return this.sealed.bytes(number);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#readers, this.#shuffling]);
    await this.connection.close();
    this.index.close();
  }

  async #message(seq: number): Promise<HeaderSource | undefined> {
    return patiently(`message ${seq}`, async () => {
      try {
        const message = await this.#manager.streams.getMessage(this.names.uploads, { seq });
        if (message === null) return undefined;
        const { subject, data, header } = message;
        return { sequence: seq, subject, data, header: (name: string) => header.get(name) };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
  }

  async *#uploads(
    partition: number | undefined,
    after: number,
    options: ReadOptions,
  ): AsyncGenerator<readonly LoggedUpload[]> {
    const { batch = BATCH, follow } = options;
    const subject = `earshot.uploads.${this.names.log}.${partition ?? "*"}.*`;
    let uploads: LoggedUpload[] = [];
    let bytes = 0;
    for await (const message of this.#reading(options, {
      stream: this.names.uploads,
      subject,
      from: after + 2,
      follow,
    })) {
      uploads.push(readUpload(message));
      bytes += message.data.length;
      if (uploads.length < batch && bytes < BATCH_BYTES && message.pending > 0) continue;
      yield uploads;
      uploads = [];
      bytes = 0;
    }
    if (uploads.length > 0) yield uploads;
  }

  async *#shuffled(partition: number, cursor: ShuffleCursor, options: ReadOptions): AsyncGenerator<ShuffledPage> {
    const { batch = BATCH, follow } = options;
    const subject = `earshot.reports.${this.names.log}.${partition}.*`;
    const stream = this.names.reports;
    let reports: ReadReport[] = [];
    for await (const message of this.#reading(options, { stream, subject, from: cursor.sequence + 1, follow })) {
      reports.push(...cursor.take(message.sequence, decodeReports(message.data, `${stream} ${message.sequence}`)));
      if (reports.length === 0 || (reports.length < batch && message.pending > 0)) continue;
      yield { reports, checkpoint: cursor.checkpoint() };
      reports = [];
    }
    if (reports.length > 0) yield { reports, checkpoint: cursor.checkpoint() };
  }

  /** Messages of a stream until the reader's signal or `close`, which waits for it. */
  async *#reading({ signal }: ReadOptions, read: { stream: string; subject: string; from: number; follow: boolean }) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#readers.add(promise);
    const end = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    try {
      yield* readStream(this.#access, { ...read, signal: end });
    } finally {
      this.#readers.delete(promise);
      resolve();
    }
  }

  async #shuffle(batches: readonly ShuffleBatch[]): Promise<void> {
    checkShuffle(batches);
    const byPartition = reportMessages(batches, this.partitions);
    await Promise.all([...byPartition.values()].map((messages) => this.#publishInOrder(messages)));
  }

  async #publishInOrder(messages: readonly ReportMessage[]): Promise<void> {
    for (const { payload, data } of messages) {
      const subject = `earshot.report.${this.names.log}.${hex(payload)}`;
      const msgID = new Bun.CryptoHasher("sha256").update(data).digest("hex");
      const publish = () => this.client.publish(subject, data, { msgID, retries: 0 });
      await patiently(`shuffle into ${this.names.reports}`, publish, SHUFFLE_MS);
    }
  }
}
