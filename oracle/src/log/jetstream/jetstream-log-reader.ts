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
import { checkPartition } from "../check-shuffle.ts";
import type { LogIndex } from "../embedded/log-index.ts";
import { openIndex } from "../embedded/open-index.ts";
import { checkIdentity } from "../log-identity.ts";
import { logPartition } from "../partition.ts";
import { ensureLogStreams, type LogStreams, type LogStreamsOptions } from "./log-streams.ts";
import { checkMapping, connectNats, isNotFound, type NatsOptions, openManager, patiently } from "./nats-connection.ts";
import { decodeReports, ShuffleCursor } from "./report-message.ts";
import { ReportShuffle } from "./report-shuffle.ts";
import { SealedSegments } from "./sealed-segments.ts";
import { readStream, type StreamAccess } from "./stream-reader.ts";
import { type HeaderSource, readPlace, readUpload, tipAfter } from "./upload-message.ts";

export interface JetStreamLogOptions extends LogStreamsOptions, NatsOptions {
  /** File of the index of upload ids; it is made from the stream, and again when it is lost or damaged. In memory when left out. */
  readonly indexPath?: string;
}

const BATCH = 1024;
const BATCH_BYTES = 16 * 1024 * 1024;
const PUBLISH_MS = 5000;

export class JetStreamLogReader implements ReportLogReader {
  readonly partitions: number;
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly names: LogStreams;
  readonly index: LogIndex;
  readonly genesis: Uint8Array;
  readonly sealed: SealedSegments;
  readonly #manager: JetStreamManager;
  readonly #access: StreamAccess;
  readonly #closing = new AbortController();
  readonly #readers = new Set<Promise<void>>();
  readonly #shuffle: ReportShuffle;
  #closed: Promise<void> | undefined;

  /** Opens a log; makes its streams where there are none. Throws ORC_LOG_UNAVAILABLE, ORC_BAD_OPTION. */
  static async open(options: JetStreamLogOptions): Promise<JetStreamLogReader> {
    const genesis = checkIdentity(options);
    const connection = await connectNats(options);
    try {
      await checkMapping(connection, options.partitions);
      const manager = await openManager(connection);
      const names = await ensureLogStreams(manager, genesis, options);
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
    names: LogStreams,
  ) {
    this.partitions = options.partitions;
    this.genesis = genesis;
    this.connection = connection;
    this.client = jetstream(connection, { timeout: PUBLISH_MS });
    this.#manager = manager;
    this.#access = { connection, manager };
    this.names = names;
    this.#shuffle = new ReportShuffle(this.client, names, options.partitions);
    this.index = openIndex(options.indexPath ?? ":memory:");
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
    return this.#shuffle.publish(batches);
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
    await Promise.all([...this.#readers, this.#shuffle.idle()]);
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
}
