/**
 * The report log of one ingest as the rest of the oracle sees it. Two adapters: `log/embedded` (segments on disk) and
 * `log/jetstream` (a NATS cluster). One contract suite, `test/ports/report-log.contract.ts`, runs on both.
 *
 * One ingest key has one log: a total order of raw uploads, numbered from 0, chained by hash (poc/protocol log-head.ts). Every upload
 * also belongs to one of `partitions` by its sender's key, and an upload's place in its partition is its log index: the uploads
 * of one hotspot are always in one partition, in the order in which they were acknowledged.
 *
 *   uploads    append ──► 0, 1, 2, …  (log order, heads)       readUploads(partition, after)   raw, by hotspot
 *   shuffled   append ──► per partition, by payload hash        readShuffled(partition, after)  verified reports, by payload
 *
 * Who writes: exactly one process per log at a time. A second writer on the embedded log is refused when it opens; on JetStream
 * it is refused by the stream at its first append (expected sequence), re-reads the head and goes on from it, so that even two
 * writers never make two heads for one index. Who reads: any number of processes.
 * Who owns a partition is not decided here but by leases in the Store (ports/store.ts): a worker commits its result and its
 * position in one transaction that also checks its lease, and no log can offer that.
 */

/** An upload as ingest hands it over: verified, in its chain's order, never judged here. */
export interface RawUpload {
  /** Upload id (poc/protocol upload.ts), 32 bytes. */
  readonly uploadId: Uint8Array;
  /** Key of its sender, 33 bytes: decides the partition. */
  readonly deviceKey: Uint8Array;
  /** Ingest time, Unix ms. Data: written once, and the log does not compare it with a clock or with its neighbours. */
  readonly receiveMs: number;
  /** The sealed upload with its signature, at most 4 MiB. */
  readonly bytes: Uint8Array;
}

/** Where an upload stands. With the ingest's signature this is the receipt (poc/protocol receipt.ts). */
export interface LogPlace {
  readonly uploadId: Uint8Array;
  readonly logIndex: number;
  /** Receive time that is in the log: the first one, where the upload was appended twice. */
  readonly receiveMs: number;
  /** Head of the log before this upload, 32 bytes. */
  readonly previousHead: Uint8Array;
}

export interface Appended extends LogPlace {
  /** True when the log held the upload already; the place is then the first one. */
  readonly isDuplicate: boolean;
}

/** An upload as it is read back. */
export interface LoggedUpload extends LogPlace {
  readonly partition: number;
  readonly deviceKey: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Length and head of the durable log. */
export interface LogTip {
  /** Uploads in the log; the next one gets this index. */
  readonly length: number;
  /** Head after the last upload, 32 bytes; `logGenesis` when the log is empty. */
  readonly head: Uint8Array;
}

/** A sealed, immutable part of the log in the form of log/segment.ts, the same bytes from every adapter. */
export interface SealedSegment {
  /** From 0, without gaps. */
  readonly number: number;
  readonly firstIndex: number;
  /** At least 1. */
  readonly uploads: number;
  /** Lowest and highest receive time in it, Unix ms; both lie in one span of `segmentMs`. */
  readonly firstReceiveMs: number;
  readonly lastReceiveMs: number;
  readonly bytes: number;
  /** SHA-256 of the whole file. */
  readonly sha256: Uint8Array;
  /** Head before its first upload and after its last one. */
  readonly headBefore: Uint8Array;
  readonly headAfter: Uint8Array;
}

export interface ReadOptions {
  /** Ends the reading; without it, or until then, a following reader waits at the end of the log. */
  readonly signal?: AbortSignal;
  /** False: end at what is durable when the reader gets there. True: wait for more. */
  readonly follow: boolean;
  /** Most entries in one batch; 1024. */
  readonly batch?: number;
}

/** A verified report on its way from the partition of its sender to the partition of its payload. */
export interface ShuffledReport {
  /** Decides the partition: the 24-byte payload a beacon put on the air and a witness heard, or what the pipeline joins by. */
  readonly payload: Uint8Array;
  /** What the report says and where it stands; the pipeline's encoding, opaque to the log. At most 64 KiB. */
  readonly bytes: Uint8Array;
}

/**
 * The reports of one raw upload, to be shuffled together. `source` and `position` say where they come from: source names an ordered
 * input (`<log>/<partition>`), position is the log index of the upload in it. They make the shuffle exactly-once, see below.
 */
export interface ShuffleBatch {
  /** At most 64 characters of [A-Za-z0-9_/-]. */
  readonly source: string;
  readonly position: number;
  readonly reports: readonly ShuffledReport[];
}

export interface ReadReport {
  readonly source: string;
  readonly position: number;
  /** Place of the report in its batch. */
  readonly index: number;
  readonly payload: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What a reader of a shuffled partition has read: store it with your result, and hand it back to go on. Opaque text. */
export type ShuffleCheckpoint = string;

export interface ShuffledPage {
  readonly reports: readonly ReadReport[];
  /** Where reading goes on after this page. */
  readonly checkpoint: ShuffleCheckpoint;
}

export interface ReportLog {
  /** Number of partitions of uploads, and of shuffled reports: 1 to 256, fixed when the log is made. */
  readonly partitions: number;

  /** The partition of a sender: `logPartition(deviceKey, partitions)`. */
  partitionOf(deviceKey: Uint8Array): number;

  /**
   * Appends an upload. Resolves when it is durable (the adapter's docstring says what that withstands) and never before; many calls
   * share one commit. Uploads get their indexes in the order of the calls. Idempotent by upload id over the whole log, also for
   * calls that are still under way.
   * @throws ORC_LOG_UNAVAILABLE (retryable: disk full, no quorum, too much in flight): the upload is not acknowledged. It may still
   *   become durable; the next append of the same upload then answers `isDuplicate`.
   * @throws ORC_BAD_LOG for a value the log cannot hold.
   */
  append(upload: RawUpload): Promise<Appended>;

  /** The place of an upload, or undefined when the log does not hold it. */
  find(uploadId: Uint8Array): Promise<LogPlace | undefined>;

  /** The upload at an index with its bytes, or undefined past the end. */
  get(logIndex: number): Promise<LoggedUpload | undefined>;

  /** What is durable now. Sign this as the log head (poc/protocol signLogHead). */
  tip(): Promise<LogTip>;

  /**
   * Durable uploads in log order with `logIndex > after` (−1: from the start), in batches that are never empty. `partition` undefined:
   * all. Reading does not move anything: positions are the reader's, kept in the Store.
   */
  readUploads(
    partition: number | undefined,
    after: number,
    options: ReadOptions,
  ): AsyncIterable<readonly LoggedUpload[]>;

  /**
   * Appends the reports of uploads to the shuffled stream; resolves when all are durable.
   *
   * Exactly once, under one rule: whoever shuffles a source does so in ascending position, without leaving one out, and starts at or
   * below the first position that is not known to be shuffled. Then it does not matter how often a worker is killed and repeats, or
   * whether a worker that lost its lease still writes for a while: readers drop what they have seen of a source (position and
   * index ascend for first arrivals), and JetStream drops most repeats before that.
   * @throws ORC_LOG_UNAVAILABLE, ORC_BAD_LOG.
   */
  shuffle(batches: readonly ShuffleBatch[]): Promise<void>;

  /** Shuffled reports of a partition after a checkpoint (undefined: from the start), each exactly once, in pages never empty. */
  readShuffled(
    partition: number,
    after: ShuffleCheckpoint | undefined,
    options: ReadOptions,
  ): AsyncIterable<ShuffledPage>;

  /** Drops shuffled reports below these checkpoints, which nobody will read again. Keeps at least what comes after. */
  trimShuffled(checkpoints: ReadonlyMap<number, ShuffleCheckpoint>): Promise<void>;

  /**
   * Segments that are sealed, in order, from a number on. One is sealed when it reaches 64 MiB, when an upload of another span of `segmentMs` follows, or
   * by `sealSegments`. Sealed does not mean public: `publishedSegments` (log/published-segments.ts) says which may be shown.
   */
  segments(from?: number): Promise<readonly SealedSegment[]>;

  /** Seals the open segment if its span of `segmentMs` ended before `nowMs`; called by a timer, so that quiet hours are sealed too. */
  sealSegments(nowMs: number): Promise<void>;

  /** The bytes of a sealed segment, or undefined. */
  segmentBytes(number: number): Promise<Uint8Array | undefined>;

  /**
   * Resolves when readers in every process see all uploads that were acknowledged before the call; in this process they do at once. Whoever
   * tells others up to when the log is settled calls it first. Throws ORC_LOG_UNAVAILABLE.
   */
  showAll(): Promise<void>;

  /** For /metrics and /readyz: uploads in flight, and undefined or the reason why appends fail at the moment. */
  health(): { readonly inFlight: number; readonly fault: string | undefined };

  /** Waits for what is in flight, ends all readers and lets go of the log. Closing twice is closing once. */
  close(): Promise<void>;
}

/** What workers and the API open, in as many processes as they like: everything but writing uploads. */
export type ReportLogReader = Omit<ReportLog, "append" | "sealSegments" | "showAll" | "health">;
