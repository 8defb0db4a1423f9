/**
 * The embedded report log: append-only segments on one machine's disk, indexed in SQLite.
 *
 * Durable means: fdatasync of the segment returned. An acknowledged upload withstands `kill -9` and a power cut, as far as the disk
 * keeps what it says it wrote; it does not withstand the loss of the disk. Appends are gathered while the commit before them
 * runs; one commit is one write and one fdatasync. The index follows (late-index.ts).
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { nextLogHead } from "@earshot/poc/protocol";
import { makeFolder } from "../../epoch-folder/durable-file.ts";
import { oracleError } from "../../errors.ts";
import type {
  Appended,
  LoggedUpload,
  LogPlace,
  LogTip,
  RawUpload,
  ReadOptions,
  ReportLog,
  SealedSegment,
  ShuffleBatch,
  ShuffleCheckpoint,
  ShuffledPage,
} from "../../ports/report-log.ts";
import { AppendQueue, type WaitingUpload } from "../append-queue.ts";
import { checkIdentity, type LogIdentity, spanOf } from "../log-identity.ts";
import { logPartition } from "../partition.ts";
import { RECORD_HEADER_BYTES, SEGMENT_TARGET_BYTES, segmentName } from "../segment.ts";
import { type LogDisk, realDisk } from "./disk.ts";
import { EmbeddedLogReader, LOG_FILES } from "./embedded-log-reader.ts";
import { makeIdentity, takeIdentity } from "./identity-file.ts";
import { LateIndex } from "./late-index.ts";
import { type IndexEntry, LogIndex } from "./log-index.ts";
import { OpenSegment } from "./open-segment.ts";
import { RecordBuffer } from "./record-buffer.ts";
import { type RecoveredLog, recoverLog } from "./recover.ts";
import { TailFile } from "./tail-watch.ts";
import { WriterLock } from "./writer-lock.ts";

export interface EmbeddedLogOptions extends LogIdentity {
  /** Holds this log and nothing else. */
  readonly folder: string;
  /** A commit waits this long for company, ms; 0, since a slow disk gathers by itself. */
  readonly gatherMs?: number;
  /** Other processes see an upload this much after it is durable, ms; 200: verdicts have 10 s. */
  readonly showWithinMs?: number;
  /** The files; the real disk unless a test says otherwise. */
  readonly disk?: LogDisk;
}

/** Uploads of one segment on their way to disk. */
interface Portion {
  readonly waiting: readonly WaitingUpload[];
  readonly entries: readonly IndexEntry[];
  readonly records: Uint8Array;
  readonly tip: LogTip;
}

const GATHER_MS = 0;
const SHOW_WITHIN_MS = 200;

export class EmbeddedReportLog implements ReportLog {
  readonly partitions: number;
  /** Bytes of a torn tail that opening took away; they were never acknowledged. */
  readonly tornBytes: number;
  readonly #options: EmbeddedLogOptions;
  readonly #disk: LogDisk;
  readonly #uploads: string;
  readonly #lock: WriterLock;
  readonly #index: LateIndex;
  readonly #reader: EmbeddedLogReader;
  readonly #tail: TailFile;
  readonly #queue: AppendQueue;
  readonly #records = new RecordBuffer();
  #tip: LogTip;
  #open: OpenSegment | undefined;
  #nextSegment: number;
  #closed: Promise<void> | undefined;

  /** Opens a log, makes it where there is none, and repairs a torn tail. Throws ORC_LOG_BUSY, ORC_BAD_OPTION, ORC_BAD_LOG, ORC_MISSING_FILE, ORC_READ_FAILED, ORC_WRITE_FAILED. */
  static async open(options: EmbeddedLogOptions): Promise<EmbeddedReportLog> {
    const { folder } = options;
    const genesis = checkIdentity(options);
    const uploads = join(folder, LOG_FILES.uploads);
    makeFolder(uploads);
    const lock = new WriterLock(join(folder, LOG_FILES.lock));
    let index: LogIndex | undefined;
    try {
      makeIdentity(folder, options);
      takeIdentity(folder, options);
      index = openIndex(join(folder, LOG_FILES.index));
      const recovered = recoverLog(uploads, index, genesis, options.partitions);
      const disk = options.disk ?? realDisk;
      const open =
        recovered.open &&
        (await OpenSegment.resume(disk.open(join(uploads, segmentName(recovered.open.number))), recovered.open));
      return new EmbeddedReportLog(options, lock, index, recovered, open);
    } catch (error) {
      index?.close();
      lock.release();
      throw error;
    }
  }

  private constructor(
    options: EmbeddedLogOptions,
    lock: WriterLock,
    index: LogIndex,
    recovered: RecoveredLog,
    open: OpenSegment | undefined,
  ) {
    const { folder, partitions } = options;
    this.partitions = partitions;
    this.tornBytes = recovered.tornBytes;
    this.#options = options;
    this.#disk = options.disk ?? realDisk;
    this.#uploads = join(folder, LOG_FILES.uploads);
    this.#lock = lock;
    this.#tip = recovered.tip;
    this.#open = open;
    this.#nextSegment = recovered.nextSegment;
    this.#tail = new TailFile(join(folder, LOG_FILES.tail));
    this.#index = new LateIndex(index, options.showWithinMs ?? SHOW_WITHIN_MS, (length) => this.#tail.announce(length));
    this.#reader = new EmbeddedLogReader(folder, options, this.#index);
    this.#queue = new AppendQueue({
      gatherMs: options.gatherMs ?? GATHER_MS,
      commit: (uploads) => this.#commit(uploads),
    });
  }

  partitionOf(deviceKey: Uint8Array): number {
    return logPartition(deviceKey, this.partitions);
  }

  append(upload: RawUpload): Promise<Appended> {
    return this.#queue.append(upload);
  }

  async tip(): Promise<LogTip> {
    return this.#tip;
  }

  find(uploadId: Uint8Array): Promise<LogPlace | undefined> {
    return this.#reader.find(uploadId);
  }

  get(logIndex: number): Promise<LoggedUpload | undefined> {
    return this.#reader.get(logIndex);
  }

  readUploads(
    partition: number | undefined,
    after: number,
    options: ReadOptions,
  ): AsyncIterable<readonly LoggedUpload[]> {
    return this.#reader.readUploads(partition, after, options);
  }

  shuffle(batches: readonly ShuffleBatch[]): Promise<void> {
    return this.#reader.shuffle(batches);
  }

  readShuffled(
    partition: number,
    after: ShuffleCheckpoint | undefined,
    options: ReadOptions,
  ): AsyncIterable<ShuffledPage> {
    return this.#reader.readShuffled(partition, after, options);
  }

  trimShuffled(checkpoints: ReadonlyMap<number, ShuffleCheckpoint>): Promise<void> {
    return this.#reader.trimShuffled(checkpoints);
  }

  segments(from = 0): Promise<readonly SealedSegment[]> {
    return this.#reader.segments(from);
  }

  segmentBytes(number: number): Promise<Uint8Array | undefined> {
    return this.#reader.segmentBytes(number);
  }

  sealSegments(nowMs: number): Promise<void> {
    return this.#queue.between(async () => {
      const open = this.#open;
      if (open === undefined || open.uploads === 0) return;
      if (this.#span(open.firstReceiveMs) >= this.#span(nowMs)) return;
      await this.#attempt(async () => {
        this.#index.store();
        await open.restore();
        await this.#seal(open);
      });
    });
  }

  async showAll(): Promise<void> {
    await this.#attempt(async () => this.#index.store());
  }

  health(): { inFlight: number; fault: string | undefined } {
    return this.#queue.health();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#queue.close();
    await this.#reader.close();
    this.#open?.close();
    this.#tail.close();
    this.#lock.release();
  }

  /** Makes uploads durable, portion by portion; what is not acknowledged when it throws is refused by the queue. */
  async #commit(uploads: readonly WaitingUpload[]): Promise<void> {
    await this.#attempt(async () => {
      this.#index.makeRoom();
      await this.#open?.restore();
      const fresh: WaitingUpload[] = [];
      const found = this.#index.findAll(uploads.map(({ upload }) => upload.uploadId));
      for (const [at, waiting] of uploads.entries()) {
        const known = found[at];
        if (known === undefined) fresh.push(waiting);
        else waiting.acknowledge(known, true);
      }
      for (let from = 0; from < fresh.length; ) {
        const segment = await this.#segmentFor(fresh[from]!.upload.receiveMs);
        const portion = this.#portion(segment, fresh, from);
        await segment.append(
          portion.records,
          portion.waiting.map(({ upload }) => upload.receiveMs),
        );
        this.#tip = portion.tip;
        this.#index.add(portion.entries, portion.tip);
        for (const [at, waiting] of portion.waiting.entries()) waiting.acknowledge(portion.entries[at]!, false);
        from += portion.waiting.length;
      }
    });
    this.#index.storeSome();
  }

  /** The uploads from `from` on that belong into the segment, encoded. */
  #portion(segment: OpenSegment, uploads: readonly WaitingUpload[], from: number): Portion {
    const waiting = this.#fitting(segment, uploads, from);
    const records = waiting.map(({ upload }) => upload);
    const entries: IndexEntry[] = [];
    let { head, length: logIndex } = this.#tip;
    let offset = segment.size + RECORD_HEADER_BYTES;
    for (const { uploadId, deviceKey, receiveMs, bytes } of records) {
      const partition = logPartition(deviceKey, this.partitions);
      const previousHead = head;
      entries.push({
        uploadId,
        receiveMs,
        logIndex,
        previousHead,
        partition,
        segment: segment.number,
        offset,
        bytes: bytes.length,
      });
      head = nextLogHead(head, { uploadId, receiveMs, logIndex });
      offset += bytes.length + RECORD_HEADER_BYTES;
      logIndex++;
    }
    return { waiting, entries, records: this.#records.encode(records), tip: { length: logIndex, head } };
  }

  /** Those from `from` on that are of one span, until the segment is full; at least one. */
  #fitting(segment: OpenSegment, uploads: readonly WaitingUpload[], from: number): readonly WaitingUpload[] {
    const span = this.#span(uploads[from]!.upload.receiveMs);
    const target = this.#options.segmentBytes ?? SEGMENT_TARGET_BYTES;
    let size = segment.size;
    let to = from;
    for (; to < uploads.length && (to === from || size < target); to++) {
      const { receiveMs, bytes } = uploads[to]!.upload;
      if (this.#span(receiveMs) !== span) break;
      size += RECORD_HEADER_BYTES + bytes.length;
    }
    return uploads.slice(from, to);
  }

  /** The open segment if the receive time belongs into it, or the next one. */
  async #segmentFor(receiveMs: number): Promise<OpenSegment> {
    const open = this.#open;
    if (open !== undefined) {
      const isFull = open.size >= (this.#options.segmentBytes ?? SEGMENT_TARGET_BYTES);
      const isOfSpan = this.#span(open.firstReceiveMs) === this.#span(receiveMs);
      if (open.uploads === 0 || (isOfSpan && !isFull)) return open;
      await this.#seal(open);
    }
    const number = this.#nextSegment;
    const file = this.#disk.open(join(this.#uploads, segmentName(number)));
    const segment = await OpenSegment.create(file, number, this.#tip.length, this.#tip.head);
    try {
      this.#disk.syncFolder(this.#uploads);
    } catch (error) {
      segment.close();
      throw error;
    }
    this.#open = segment;
    return segment;
  }

  async #seal(open: OpenSegment): Promise<void> {
    const sealed = await open.seal(this.#tip.head);
    this.#open = undefined;
    this.#nextSegment = open.number + 1;
    this.#index.addSegment(sealed);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      if (cause instanceof CodedError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw oracleError("ORC_LOG_UNAVAILABLE", `${this.#uploads}: ${reason}`, { cause, retryable: true });
    }
  }

  #span(receiveMs: number): number {
    return spanOf(receiveMs, this.#options.segmentMs);
  }
}

/** An index that SQLite cannot read is made again from the segments. */
function openIndex(path: string): LogIndex {
  try {
    return new LogIndex(path);
  } catch {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    return new LogIndex(path);
  }
}
