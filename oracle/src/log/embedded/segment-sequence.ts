/**
 * The segments of an embedded log as they are written: uploads go into the open one and from there into the next, with an entry of
 * each in the index.
 *
 * A segment ends when it is full or an upload of another span comes; one write and one fdatasync for what goes into one segment at
 * a time. Only one call may be under way: the queue of appends sees to it.
 */
import { join } from "node:path";
import { nextLogHead } from "@earshot/poc/protocol";
import type { LogTip } from "../../ports/report-log.ts";
import type { WaitingUpload } from "../append-queue.ts";
import { spanOf } from "../log-identity.ts";
import { logPartition } from "../partition.ts";
import { RECORD_HEADER_BYTES, segmentName } from "../segment.ts";
import type { LogDisk } from "./disk.ts";
import type { LateIndex } from "./late-index.ts";
import type { IndexEntry } from "./log-index.ts";
import { OpenSegment } from "./open-segment.ts";
import { RecordBuffer } from "./record-buffer.ts";
import type { RecoveredLog } from "./recover.ts";

export interface SegmentSequenceOptions {
  /** Of the segments. */
  readonly folder: string;
  readonly disk: LogDisk;
  readonly index: LateIndex;
  readonly partitions: number;
  /** Length of a span, ms. */
  readonly segmentMs: number;
  /** At which a segment is full. */
  readonly segmentBytes: number;
}

/** Uploads of one segment on their way to disk. */
interface Portion {
  readonly waiting: readonly WaitingUpload[];
  readonly entries: readonly IndexEntry[];
  readonly records: Uint8Array;
  readonly tip: LogTip;
}

export class SegmentSequence {
  readonly #options: SegmentSequenceOptions;
  readonly #records = new RecordBuffer();
  #tip: LogTip;
  #open: OpenSegment | undefined;
  #nextSegment: number;

  /** Goes on where `recovered` ends; `open` is the segment that has no trailer yet. */
  constructor(options: SegmentSequenceOptions, recovered: RecoveredLog, open: OpenSegment | undefined) {
    this.#options = options;
    this.#tip = recovered.tip;
    this.#open = open;
    this.#nextSegment = recovered.nextSegment;
  }

  /** Of what is durable. */
  get tip(): LogTip {
    return this.#tip;
  }

  /** Makes uploads durable, portion by portion; what is not acknowledged when it throws is refused by the queue. */
  async commit(uploads: readonly WaitingUpload[]): Promise<void> {
    const { index } = this.#options;
    index.makeRoom();
    await this.#open?.restore();
    const fresh: WaitingUpload[] = [];
    const found = index.findAll(uploads.map(({ upload }) => upload.uploadId));
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
      index.add(portion.entries, portion.tip);
      for (const [at, waiting] of portion.waiting.entries()) waiting.acknowledge(portion.entries[at]!, false);
      from += portion.waiting.length;
    }
  }

  /** Whether the open segment holds uploads of a span that has passed. */
  isPast(nowMs: number): boolean {
    const open = this.#open;
    return open !== undefined && open.uploads > 0 && this.#span(open.firstReceiveMs) < this.#span(nowMs);
  }

  /** Seals the open segment, if there is one. */
  async seal(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    await open.restore();
    await this.#seal(open);
  }

  close(): void {
    this.#open?.close();
  }

  /** The uploads from `from` on that belong into the segment, encoded. */
  #portion(segment: OpenSegment, uploads: readonly WaitingUpload[], from: number): Portion {
    const waiting = this.#fitting(segment, uploads, from);
    const records = waiting.map(({ upload }) => upload);
    const entries: IndexEntry[] = [];
    let { head, length: logIndex } = this.#tip;
    let offset = segment.size + RECORD_HEADER_BYTES;
    for (const { uploadId, deviceKey, receiveMs, bytes } of records) {
      const partition = logPartition(deviceKey, this.#options.partitions);
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
    const target = this.#options.segmentBytes;
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
      const isFull = open.size >= this.#options.segmentBytes;
      const isOfSpan = this.#span(open.firstReceiveMs) === this.#span(receiveMs);
      if (open.uploads === 0 || (isOfSpan && !isFull)) return open;
      await this.#seal(open);
    }
    const number = this.#nextSegment;
    const { disk, folder } = this.#options;
    const file = disk.open(join(folder, segmentName(number)));
    const segment = await OpenSegment.create(file, number, this.#tip.length, this.#tip.head);
    try {
      disk.syncFolder(folder);
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
    this.#options.index.addSegment(sealed);
  }

  #span(receiveMs: number): number {
    return spanOf(receiveMs, this.#options.segmentMs);
  }
}
