/**
 * Appends records to segments: one write for all that arrived meanwhile, then the acks.
 *
 * The promise: `onAccepted` is called when the write that holds the record returned, so the record survives `kill -9`; a group
 * fdatasync follows within the sync interval. If the write takes longer than the stall limit, or the disk refuses, the record is
 * accepted all the same and stays in memory, within a bound, counted by reason; when the disk takes writes again it is written
 * in its turn. Records reach the disk in the order of their arrival.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { GroupSync } from "./group-sync.ts";
import type { LiveRecord } from "./live-record.ts";
import { encodeRecord, type RecordKind, SEGMENT_HEADER_BYTES, segmentHeader } from "./record.ts";
import type { RecordTimes } from "./record-times.ts";
import { segmentName } from "./segment-names.ts";
import { WaitingRecords } from "./waiting-records.ts";

/** Most bytes in one write: bounds the copy and how long a record waits for a neighbour. */
const maxBatchBytes = 256 * 1024;
/**
 * Zeros are written this far ahead of the records, bytes. A sync of bytes that replace others writes them and nothing else; behind the end
 * of a file it writes its length and with it the journal of the file system: three times as much on ext4 (bench/wear.ts).
 */
const fillAheadBytes = 64 * 1024;
/** Pause between attempts while the disk refuses, ms. */
const retryMs = 1000;

export type UnspooledReason = "stalled" | "disk_full" | "write_failed";

export interface SpoolWriterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly times: RecordTimes;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Number of the first segment to write; no file of that number exists. */
  readonly firstSegment: number;
  readonly segmentBytes: number;
  readonly syncIntervalMs: number;
  readonly stallLimitMs: number;
  /** Bound of what is kept in memory while the disk does not take it, bytes. */
  readonly memoryBytes: number;
  /** A segment is about to be written: settles when its cursor file says whom it is meant for. May be called again. */
  readonly onSegmentBegun: (segment: number) => Promise<void>;
  /** Puts the cursor file of a new segment onto the medium. */
  readonly syncCursor: (segment: number) => Promise<void>;
  readonly onSegmentSealed: (segment: number) => void;
  /** False for a record that nobody waits for any more: it need not be written. */
  readonly isWanted: (record: LiveRecord) => boolean;
  readonly onPlaced: (record: LiveRecord) => void;
}

interface OpenSegment {
  readonly segment: number;
  readonly file: DiskFile;
  position: number;
  /** End of the zeros ahead; null when the disk refused some. */
  filledTo: number | null;
}

function reasonOf(error: unknown): UnspooledReason {
  const code = (error as { readonly code?: unknown }).code;
  return code === "ENOSPC" || code === "EDQUOT" ? "disk_full" : "write_failed";
}

export class SpoolWriter {
  readonly #options: SpoolWriterOptions;
  #nextSegment: number;
  #open: OpenSegment | null = null;
  /** Handed to the disk, not answered yet. */
  #writing: readonly LiveRecord[] = [];
  /** Behind them, in order of arrival. */
  readonly #waiting = new WaitingRecords();
  #isWriting = false;
  /** When the write that is under way was begun; null when none is. */
  #writeStartedMs: number | null = null;
  #isScheduled = false;
  #failure: UnspooledReason | null = null;
  #hasStallTimer = false;
  #cancelStallTimer: () => void = () => {};
  #cancelRetry: () => void = () => {};
  #isClosed = false;
  #drained: (() => void)[] = [];
  readonly #records;
  readonly #unspooled;
  readonly #sync: GroupSync;

  constructor(options: SpoolWriterOptions) {
    this.#options = options;
    this.#nextSegment = options.firstSegment;
    const { telemetry } = options;
    this.#records = telemetry.counter("agent_spool_records_total", "Records written to the spool.");
    this.#unspooled = telemetry.counter(
      "agent_spool_unspooled_total",
      "Records acknowledged before they were on disk, by reason.",
    );
    this.#sync = new GroupSync(options);
  }

  /** Where the next record will go; records before it are not affected by what happens now. */
  get position(): { readonly segment: number; readonly offset: number } {
    const open = this.#open;
    return open === null
      ? { segment: this.#nextSegment, offset: SEGMENT_HEADER_BYTES }
      : { segment: open.segment, offset: open.position };
  }

  /** Records that have no place on disk yet, in order of arrival. */
  get unplaced(): readonly LiveRecord[] {
    return [...this.#writing, ...this.#waiting];
  }

  /** True while the disk refuses and packets live in memory alone. */
  get isFailing(): boolean {
    return this.#failure !== null;
  }

  append(kind: RecordKind, receivedMs: number, payload: Uint8Array, onAccepted: (record: LiveRecord) => void): void {
    const { clock, times } = this.#options;
    const { bytes, recordId } = encodeRecord(kind, times.written(receivedMs), payload);
    const record: LiveRecord = {
      kind,
      receivedMs,
      earlierUtcMs: null,
      payload,
      recordId,
      appendedMs: clock.nowMs(),
      bytes,
      place: null,
      isAccepted: false,
      isLost: false,
      isAdmitted: false,
      open: 0,
      rows: [],
      early: [],
      onAccepted,
    };
    this.#waiting.add(record);
    if (this.#failure !== null) this.#accept(record, this.#failure);
    else this.#watchForStall();
    this.#boundMemory();
    this.#schedule();
  }

  /** Settles when nothing waits to be written, or the disk refuses. */
  drained(): Promise<void> {
    const isIdle = this.#waiting.length === 0 && this.#writing.length === 0;
    if (isIdle || this.#failure !== null) return Promise.resolve();
    return new Promise((done) => this.#drained.push(done));
  }

  /** Writes and syncs what waits, then closes the segment. What the disk does not take is lost, and is not tried again. */
  async close(): Promise<void> {
    await this.drained();
    this.#isClosed = true;
    this.#cancelRetry();
    this.#cancelStallTimer();
    await this.#sync.flush();
    await this.#open?.file.close();
    this.#open = null;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWriting || this.#failure !== null) return;
    this.#isScheduled = true;
    // After the datagrams that arrived together were all handed in.
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0) await this.#writeBatch();
      this.#failure = null;
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isWriting = false;
      this.#writeStartedMs = null;
      for (const done of this.#drained.splice(0)) done();
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #writeBatch(): Promise<void> {
    this.#writeStartedMs = this.#options.clock.nowMs();
    const open = await this.#openSegment();
    const batch = this.#waiting.take(maxBatchBytes, this.#options.isWanted);
    if (batch.length > 0) {
      this.#writing = batch;
      try {
        await fillAhead(open, batch);
        await open.file.write(batch.length === 1 ? batch[0].bytes! : joined(batch), open.position);
      } catch (error) {
        this.#waiting.putBack(batch);
        throw error;
      } finally {
        this.#writing = [];
      }
    }
    for (const record of batch) {
      record.place = { segment: open.segment, offset: open.position };
      open.position += record.bytes!.length;
      record.bytes = null;
    }
    if (batch.length > 0) this.#wrote(batch, open.file);
  }

  #wrote(batch: readonly LiveRecord[], file: DiskFile): void {
    if (this.#failure !== null) this.#options.log.info("the spool writes again");
    this.#failure = null;
    this.#records.add(undefined, batch.length);
    for (const record of batch) {
      this.#options.onPlaced(record);
      this.#accept(record, null);
    }
    this.#sync.wrote(file);
  }

  async #openSegment(): Promise<OpenSegment> {
    const { disk, segmentBytes, onSegmentBegun, onSegmentSealed, syncCursor } = this.#options;
    const full = this.#open;
    if (full !== null && full.position < segmentBytes) return full;
    const segment = this.#nextSegment;
    await onSegmentBegun(segment);
    const file = await disk.open(segmentName(segment));
    try {
      await file.write(segmentHeader(), 0);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#nextSegment++;
    this.#open = { segment, file, position: SEGMENT_HEADER_BYTES, filledTo: SEGMENT_HEADER_BYTES };
    // Reaches the medium with the next group sync, like the records: a write must not wait for it.
    this.#sync.also(async () => {
      await syncCursor(segment);
      await disk.syncFolder();
    });
    if (full !== null) {
      this.#sync.also(async () => {
        await full.file.close();
        onSegmentSealed(full.segment);
      });
    }
    this.#sync.wrote(file);
    return this.#open;
  }

  #accept(record: LiveRecord, reason: UnspooledReason | null): void {
    if (record.isAccepted) return;
    record.isAccepted = true;
    if (reason !== null) this.#unspooled.add({ reason });
    record.onAccepted(record);
  }

  #fail(error: unknown): void {
    const reason = reasonOf(error);
    const { clock, log } = this.#options;
    this.#failure = reason;
    log.complain(reason, "the spool cannot write: packets are kept in memory", { error: String(error) });
    for (const record of [...this.#waiting]) this.#accept(record, reason);
    this.#boundMemory();
    if (!this.#isClosed) this.#cancelRetry = clock.after(retryMs, () => void this.#writeAll());
  }

  /** Looks, a stall limit from now and on, whether a write takes longer than the limit. */
  #watchForStall(): void {
    if (this.#hasStallTimer || this.#isClosed) return;
    this.#hasStallTimer = true;
    const { clock, stallLimitMs } = this.#options;
    const startedMs = this.#writeStartedMs ?? clock.nowMs();
    this.#cancelStallTimer = clock.after(Math.max(startedMs + stallLimitMs - clock.nowMs(), 1), () => {
      // One turn later: the answer of the write may be waiting behind this timer when the machine is busy.
      setImmediate(() => {
        this.#hasStallTimer = false;
        if (this.#waiting.length === 0 && this.#writing.length === 0) return;
        const limitMs = clock.nowMs() - stallLimitMs;
        if (this.#writeStartedMs !== null && this.#writeStartedMs <= limitMs) {
          for (const record of [...this.#writing, ...this.#waiting]) {
            if (record.appendedMs <= limitMs) this.#accept(record, "stalled");
          }
        }
        this.#watchForStall();
      });
    });
  }

  /** Gives up the oldest records in memory beyond the bound. */
  #boundMemory(): void {
    this.#waiting.giveUpBeyond(this.#options.memoryBytes, (record) => this.#accept(record, "stalled"));
  }
}

/**
 * Puts zeros behind a batch that leaves none, for those to come. A disk that has no room for them may have it for the batch; one so
 * large that its sync is shared by hundreds of records needs none.
 */
async function fillAhead(open: OpenSegment, batch: readonly LiveRecord[]): Promise<void> {
  const end = open.position + batch.reduce((sum, record) => sum + record.bytes!.length, 0);
  if (open.filledTo === null || end <= open.filledTo) return;
  if (end - open.position >= fillAheadBytes) {
    open.filledTo = end;
    return;
  }
  // One that fails in between may have left a part: it is not tried again in this segment.
  open.filledTo = null;
  try {
    await open.file.write(new Uint8Array(fillAheadBytes), end);
    open.filledTo = end + fillAheadBytes;
  } catch {
    // What is wrong with the disk the batch will find out.
  }
}

function joined(batch: readonly LiveRecord[]): Uint8Array {
  const length = batch.reduce((sum, record) => sum + record.bytes!.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const record of batch) {
    bytes.set(record.bytes!, at);
    at += record.bytes!.length;
  }
  return bytes;
}
