/**
 * The embedded report log: append-only segments on one machine's disk, indexed in SQLite.
 *
 * Durable means: fdatasync of the segment returned. An acknowledged upload withstands `kill -9` and a power cut, as far as the disk
 * keeps what it says it wrote; it does not withstand the loss of the disk. Appends are gathered while the commit before them
 * runs; one commit is one write and one fdatasync. The index follows (late-index.ts).
 */
import { SQLiteError } from "bun:sqlite";
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { makeFolder } from "../../epoch-folder/durable-file.ts";
import { oracleError } from "../../errors.ts";
import type { LogPlace, LogTip } from "../../ports/report-log.ts";
import { AppendQueue } from "../append-queue.ts";
import { checkIdentity, type LogIdentity } from "../log-identity.ts";
import { QueuedLog } from "../queued-log.ts";
import { SEGMENT_TARGET_BYTES, segmentName } from "../segment.ts";
import { type LogDisk, realDisk } from "./disk.ts";
import { EmbeddedLogReader, LOG_FILES } from "./embedded-log-reader.ts";
import { makeIdentity, takeIdentity } from "./identity-file.ts";
import { LateIndex } from "./late-index.ts";
import type { LogIndex } from "./log-index.ts";
import { openIndex } from "./open-index.ts";
import { OpenSegment } from "./open-segment.ts";
import { type RecoveredLog, recoverLog } from "./recover.ts";
import { SegmentSequence } from "./segment-sequence.ts";
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

const GATHER_MS = 0;
const SHOW_WITHIN_MS = 200;

export class EmbeddedReportLog extends QueuedLog {
  /** Bytes of a torn tail that opening took away; they were never acknowledged. */
  readonly tornBytes: number;
  readonly #uploads: string;
  readonly #lock: WriterLock;
  readonly #index: LateIndex;
  protected override readonly reader: EmbeddedLogReader;
  readonly #tail: TailFile;
  protected override readonly queue: AppendQueue;
  readonly #segments: SegmentSequence;
  #closed: Promise<void> | undefined;

  /** Opens a log, makes it where there is none, and repairs a torn tail. Throws ORC_LOG_BUSY, ORC_LOG_UNAVAILABLE, ORC_BAD_OPTION, ORC_BAD_LOG, ORC_MISSING_FILE, ORC_READ_FAILED, ORC_WRITE_FAILED. */
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
      if (!(error instanceof SQLiteError)) throw error;
      throw oracleError("ORC_LOG_UNAVAILABLE", `${folder}: ${error.message}`, { cause: error, retryable: true });
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
    super(partitions);
    this.tornBytes = recovered.tornBytes;
    this.#uploads = join(folder, LOG_FILES.uploads);
    this.#lock = lock;
    this.#tail = new TailFile(join(folder, LOG_FILES.tail));
    this.#index = new LateIndex(index, options.showWithinMs ?? SHOW_WITHIN_MS, (length) => this.#tail.announce(length));
    this.reader = new EmbeddedLogReader(folder, options, this.#index);
    const { segmentMs, segmentBytes = SEGMENT_TARGET_BYTES, disk = realDisk } = options;
    this.#segments = new SegmentSequence(
      { folder: this.#uploads, disk, index: this.#index, partitions, segmentMs, segmentBytes },
      recovered,
      open,
    );
    this.queue = new AppendQueue({
      gatherMs: options.gatherMs ?? GATHER_MS,
      commit: async (uploads) => {
        await this.#attempt(() => this.#segments.commit(uploads));
        this.#index.storeSome();
      },
    });
  }

  async tip(): Promise<LogTip> {
    return this.#segments.tip;
  }

  find(uploadId: Uint8Array): Promise<LogPlace | undefined> {
    return this.reader.find(uploadId);
  }

  sealSegments(nowMs: number): Promise<void> {
    return this.queue.between(async () => {
      if (!this.#segments.isPast(nowMs)) return;
      await this.#attempt(async () => {
        this.#index.store();
        await this.#segments.seal();
      });
    });
  }

  async showAll(): Promise<void> {
    await this.#attempt(async () => this.#index.store());
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.queue.close();
    await this.reader.close();
    this.#segments.close();
    this.#tail.close();
    this.#lock.release();
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
}
