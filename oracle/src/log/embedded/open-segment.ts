/**
 * The segment of an embedded log that is still written: bytes go in at its durable end, and come out again when they cannot be synced.
 *
 * Nothing is counted before it is on disk: after a failed write or sync the file is cut back to what was durable before, which an
 * earlier sync covered, so that bytes the system may have dropped are never taken for written.
 */
import { createHash, type Hash } from "node:crypto";
import type { SealedSegment } from "../../ports/report-log.ts";
import { segmentHeader, TRAILER_BYTES, TRAILER_MARK } from "../segment.ts";
import type { LogFile } from "./disk.ts";

/** What is durable of a segment that has no trailer yet. */
export interface OpenSegmentState {
  readonly number: number;
  readonly firstIndex: number;
  readonly uploads: number;
  readonly firstReceiveMs: number;
  readonly lastReceiveMs: number;
  readonly headBefore: Uint8Array;
  /** Everything so far, the header included. */
  readonly bytes: Uint8Array;
}

export class OpenSegment {
  readonly number: number;
  readonly firstIndex: number;
  readonly #headBefore: Uint8Array;
  readonly #file: LogFile;
  /** Over the durable bytes. */
  readonly #hash: Hash = createHash("sha256");
  #size = 0;
  #uploads: number;
  #firstReceiveMs: number;
  #lastReceiveMs: number;
  #isDirty = false;

  private constructor(file: LogFile, state: OpenSegmentState) {
    this.#file = file;
    this.number = state.number;
    this.firstIndex = state.firstIndex;
    this.#uploads = state.uploads;
    this.#firstReceiveMs = state.firstReceiveMs;
    this.#lastReceiveMs = state.lastReceiveMs;
    this.#headBefore = state.headBefore;
  }

  /** A new segment whose header is durable. */
  static async create(file: LogFile, number: number, firstIndex: number, headBefore: Uint8Array): Promise<OpenSegment> {
    const bytes = new Uint8Array(0);
    const state = { number, firstIndex, uploads: 0, firstReceiveMs: 0, lastReceiveMs: 0, headBefore, bytes };
    const segment = new OpenSegment(file, state);
    try {
      file.truncate(0);
      await segment.#write(segmentHeader(number));
    } catch (error) {
      file.close();
      throw error;
    }
    return segment;
  }

  /** A segment as it was found, cut behind what is whole in it. */
  static async resume(file: LogFile, state: OpenSegmentState): Promise<OpenSegment> {
    const segment = new OpenSegment(file, state);
    segment.#hash.update(state.bytes);
    segment.#size = state.bytes.length;
    file.truncate(state.bytes.length);
    await file.sync();
    return segment;
  }

  /** Where the next record begins. */
  get size(): number {
    return this.#size;
  }

  get uploads(): number {
    return this.#uploads;
  }

  /** A receive time in the segment's span; of an empty segment nothing is known. */
  get firstReceiveMs(): number {
    return this.#firstReceiveMs;
  }

  /** Appends encoded records and resolves when they are durable. On an error nothing of them counts; `restore` then takes them out. */
  async append(records: Uint8Array, receiveTimes: readonly number[]): Promise<void> {
    await this.#write(records);
    for (const receiveMs of receiveTimes) {
      const isFirst = this.#uploads === 0;
      this.#firstReceiveMs = isFirst ? receiveMs : Math.min(this.#firstReceiveMs, receiveMs);
      this.#lastReceiveMs = isFirst ? receiveMs : Math.max(this.#lastReceiveMs, receiveMs);
      this.#uploads++;
    }
  }

  /** Writes the trailer and closes the file. On an error the segment stays open. */
  async seal(headAfter: Uint8Array): Promise<SealedSegment> {
    const trailer = new Uint8Array(TRAILER_BYTES);
    const view = new DataView(trailer.buffer);
    view.setUint32(0, TRAILER_MARK, true);
    view.setUint32(4, this.#uploads, true);
    trailer.set(this.#hash.copy().digest(), 8);
    await this.#write(trailer);
    this.#file.close();
    return {
      number: this.number,
      firstIndex: this.firstIndex,
      uploads: this.#uploads,
      firstReceiveMs: this.#firstReceiveMs,
      lastReceiveMs: this.#lastReceiveMs,
      bytes: this.#size,
      sha256: Uint8Array.from(this.#hash.copy().digest()),
      headBefore: this.#headBefore,
      headAfter,
    };
  }

  /** Takes out what a failed append or seal left behind. Throws while the disk refuses that too. */
  async restore(): Promise<void> {
    if (!this.#isDirty) return;
    this.#file.truncate(this.#size);
    await this.#file.sync();
    this.#isDirty = false;
  }

  close(): void {
    this.#file.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#isDirty = true;
    this.#file.write(bytes, this.#size);
    await this.#file.sync();
    this.#isDirty = false;
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }
}
