/**
 * Reads an embedded log, in the process that writes it or in any other on the machine: workers, the API, an audit.
 *
 * Layout of the folder: `log.json` (whose log it is), `uploads/NNNNNN.seg` (the truth), `index.sqlite` (made from it),
 * `shuffled.sqlite`, `tail` and `shuffled-tail` (news for readers), `writer.lock`.
 */
import { join } from "node:path";
import { readWhole } from "../../epoch-folder/durable-file.ts";
import { oracleError } from "../../errors.ts";
import type {
  LoggedUpload,
  LogPlace,
  LogTip,
  ReadOptions,
  ReportLogReader,
  SealedSegment,
  ShuffleBatch,
  ShuffleCheckpoint,
  ShuffledPage,
} from "../../ports/report-log.ts";
import { checkPartition, checkShuffle } from "../check-shuffle.ts";
import { checkIdentity, type LogIdentity } from "../log-identity.ts";
import { logPartition } from "../partition.ts";
import { segmentName } from "../segment.ts";
import { takeIdentity } from "./identity-file.ts";
import { LogIndex } from "./log-index.ts";
import { RecordReader } from "./record-reader.ts";
import { ShuffledTable } from "./shuffled-table.ts";
import { TailFile, TailWatch } from "./tail-watch.ts";

/** Entries in a batch when the reader does not say, and the bytes at which a batch is full. */
const BATCH = 1024;
const BATCH_BYTES = 16 * 1024 * 1024;

export const LOG_FILES = {
  uploads: "uploads",
  index: "index.sqlite",
  shuffled: "shuffled.sqlite",
  tail: "tail",
  shuffledTail: "shuffled-tail",
  lock: "writer.lock",
} as const;

/** What is read of an index: that of SQLite, or what the writer knows besides. */
export type ReadIndex = Pick<LogIndex, "find" | "get" | "after" | "tip" | "segments" | "close">;

export class EmbeddedLogReader implements ReportLogReader {
  readonly partitions: number;
  readonly #folder: string;
  readonly #genesis: Uint8Array;
  readonly #index: ReadIndex;
  readonly #records: RecordReader;
  readonly #shuffled: ShuffledTable;
  readonly #shuffledTail: TailFile;
  readonly #closing = new AbortController();
  readonly #readers = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;

  /** Opens a log that a writer has made. Throws ORC_MISSING_FILE, ORC_BAD_OPTION when it is another log. */
  static open(folder: string, identity: LogIdentity): EmbeddedLogReader {
    takeIdentity(folder, identity);
    return new EmbeddedLogReader(folder, identity, new LogIndex(join(folder, LOG_FILES.index)));
  }

  constructor(folder: string, identity: LogIdentity, index: ReadIndex) {
    this.#genesis = checkIdentity(identity);
    this.partitions = identity.partitions;
    this.#folder = folder;
    this.#index = index;
    this.#records = new RecordReader(join(folder, LOG_FILES.uploads));
    this.#shuffled = new ShuffledTable(join(folder, LOG_FILES.shuffled), identity.partitions);
    this.#shuffledTail = new TailFile(join(folder, LOG_FILES.shuffledTail));
  }

  partitionOf(deviceKey: Uint8Array): number {
    return logPartition(deviceKey, this.partitions);
  }

  async find(uploadId: Uint8Array): Promise<LogPlace | undefined> {
    return this.#index.find(uploadId);
  }

  async get(logIndex: number): Promise<LoggedUpload | undefined> {
    const entry = this.#index.get(logIndex);
    return entry === undefined ? undefined : this.#records.read(entry);
  }

  async tip(): Promise<LogTip> {
    return this.#index.tip() ?? { length: 0, head: this.#genesis };
  }

  readUploads(
    partition: number | undefined,
    after: number,
    options: ReadOptions,
  ): AsyncIterable<readonly LoggedUpload[]> {
    if (partition !== undefined) checkPartition(partition, this.partitions);
    let last = after;
    return this.#pages(LOG_FILES.tail, options, () => {
      const uploads = this.#load(partition, last, options.batch ?? BATCH);
      last = uploads.at(-1)?.logIndex ?? last;
      return uploads.length === 0 ? undefined : uploads;
    });
  }

  async shuffle(batches: readonly ShuffleBatch[]): Promise<void> {
    checkShuffle(batches);
    let last: number;
    try {
      last = this.#shuffled.add(batches);
    } catch (cause) {
      throw oracleError("ORC_LOG_UNAVAILABLE", `${LOG_FILES.shuffled}: ${cause}`, { cause, retryable: true });
    }
    this.#shuffledTail.announce(last);
  }

  readShuffled(
    partition: number,
    after: ShuffleCheckpoint | undefined,
    options: ReadOptions,
  ): AsyncIterable<ShuffledPage> {
    checkPartition(partition, this.partitions);
    let last = after === undefined ? 0 : numberOf(after);
    return this.#pages(LOG_FILES.shuffledTail, options, () => {
      const rows = this.#shuffled.after(partition, last, options.batch ?? BATCH);
      const end = rows.at(-1);
      if (end === undefined) return undefined;
      last = end.number;
      return { reports: rows.map(({ number: _, ...report }) => report), checkpoint: String(last) };
    });
  }

  async trimShuffled(checkpoints: ReadonlyMap<number, ShuffleCheckpoint>): Promise<void> {
    for (const [partition, checkpoint] of checkpoints) this.#shuffled.trim(partition, numberOf(checkpoint));
  }

  async segments(from = 0): Promise<readonly SealedSegment[]> {
    return this.#index.segments(from);
  }

  async segmentBytes(number: number): Promise<Uint8Array | undefined> {
    const isSealed = this.#index.segments(number)[0]?.number === number;
    return isSealed ? readWhole(join(this.#folder, LOG_FILES.uploads, segmentName(number))) : undefined;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#readers);
    this.#records.close();
    this.#index.close();
    this.#shuffled.close();
    this.#shuffledTail.close();
  }

  #load(partition: number | undefined, after: number, limit: number): LoggedUpload[] {
    const uploads: LoggedUpload[] = [];
    let bytes = 0;
    for (const entry of this.#index.after(partition, after, limit)) {
      bytes += entry.bytes;
      if (uploads.length > 0 && bytes > BATCH_BYTES) break;
      uploads.push(this.#records.read(entry));
    }
    return uploads;
  }

  /** Pages until there is no more, or the signal or `close` ends it. */
  async *#pages<Page>(
    tail: string,
    { follow, signal }: ReadOptions,
    next: () => Page | undefined,
  ): AsyncGenerator<Page> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#readers.add(promise);
    const end = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    const watch = follow ? new TailWatch(join(this.#folder, tail)) : undefined;
    try {
      while (!end.aborted) {
        watch?.arm();
        const page = next();
        if (page !== undefined) yield page;
        else if (watch === undefined) return;
        else await watch.news(end);
      }
    } finally {
      watch?.close();
      this.#readers.delete(promise);
      resolve();
    }
  }
}

function numberOf(checkpoint: ShuffleCheckpoint): number {
  const number = Number(checkpoint);
  if (!/^[0-9]{1,16}$/.test(checkpoint) || !Number.isSafeInteger(number)) {
    throw oracleError("ORC_BAD_LOG", `"${checkpoint}" is no checkpoint of this log`);
  }
  return number;
}
