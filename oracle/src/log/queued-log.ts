/** What logs have in common that are appended to through one queue and read by a reader that others may have too. */
import type {
  Appended,
  LoggedUpload,
  LogPlace,
  LogTip,
  RawUpload,
  ReadOptions,
  ReportLog,
  ReportLogReader,
  SealedSegment,
  ShuffleBatch,
  ShuffleCheckpoint,
  ShuffledPage,
} from "../ports/report-log.ts";
import type { AppendQueue } from "./append-queue.ts";
import { logPartition } from "./partition.ts";

export abstract class QueuedLog implements ReportLog {
  readonly partitions: number;
  protected abstract readonly reader: ReportLogReader;
  protected abstract readonly queue: AppendQueue;

  protected constructor(partitions: number) {
    this.partitions = partitions;
  }

  abstract tip(): Promise<LogTip>;
  abstract find(uploadId: Uint8Array): Promise<LogPlace | undefined>;
  abstract sealSegments(nowMs: number): Promise<void>;
  abstract showAll(): Promise<void>;
  abstract close(): Promise<void>;

  partitionOf(deviceKey: Uint8Array): number {
    return logPartition(deviceKey, this.partitions);
  }

  append(upload: RawUpload): Promise<Appended> {
    return this.queue.append(upload);
  }

  health(): { readonly inFlight: number; readonly fault: string | undefined } {
    return this.queue.health();
  }

  get(logIndex: number): Promise<LoggedUpload | undefined> {
    return this.reader.get(logIndex);
  }

  readUploads(
    partition: number | undefined,
    after: number,
    options: ReadOptions,
  ): AsyncIterable<readonly LoggedUpload[]> {
    return this.reader.readUploads(partition, after, options);
  }

  shuffle(batches: readonly ShuffleBatch[]): Promise<void> {
    return this.reader.shuffle(batches);
  }

  readShuffled(
    partition: number,
    after: ShuffleCheckpoint | undefined,
    options: ReadOptions,
  ): AsyncIterable<ShuffledPage> {
    return this.reader.readShuffled(partition, after, options);
  }

  trimShuffled(checkpoints: ReadonlyMap<number, ShuffleCheckpoint>): Promise<void> {
    return this.reader.trimShuffled(checkpoints);
  }

  segments(from = 0): Promise<readonly SealedSegment[]> {
    return this.reader.segments(from);
  }

  segmentBytes(number: number): Promise<Uint8Array | undefined> {
    return this.reader.segmentBytes(number);
  }
}
