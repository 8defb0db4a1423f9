/**
 * Notes in the cursor files which packets are settled: one write for all of a segment that were settled meanwhile.
 *
 * What is noted survives `kill -9` as soon as the write returned; what is not is delivered again, which a network server takes as a
 * retransmission. While the disk refuses, entries wait in memory and are tried again every second.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { CURSOR_ENTRY_BYTES, type CursorEntry, encodeCursorEntries } from "./cursor.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { cursorName } from "./segment-names.ts";

/** Cursor files kept open; a replay touches old segments and the newest. */
const maxOpenFiles = 8;
const retryMs = 1000;

/** Entries of one segment that go in one write. */
class Batch {
  readonly entries: CursorEntry[];
  /** Settles when they were written, or the disk refused them once. */
  readonly tried: Promise<void>;
  readonly settle: () => void;

  constructor(entries: CursorEntry[]) {
    this.entries = entries;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.tried = promise;
    this.settle = resolve;
  }
}

interface OpenCursor {
  readonly file: DiskFile;
  position: number;
}

export interface CursorWriterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
}

export class CursorWriter {
  readonly #options: CursorWriterOptions;
  readonly #waiting = new Map<number, Batch>();
  #current: Batch | null = null;
  /** Least recently used first. */
  readonly #open = new Map<number, OpenCursor>();
  #writing: Promise<void> | null = null;
  #cancelRetry: () => void = () => {};
  #isClosed = false;

  constructor(options: CursorWriterOptions) {
    this.#options = options;
  }

  add(segment: number, entry: CursorEntry): void {
    const waiting = this.#waiting.get(segment);
    if (waiting === undefined) this.#waiting.set(segment, new Batch([entry]));
    else waiting.entries.push(entry);
    this.#writing ??= this.#writeAll();
  }

  /** Settles when every entry so far was written, or the disk refused; not when more come all the time. */
  async flushed(): Promise<void> {
    await Promise.all([this.#current?.tried, ...[...this.#waiting.values()].map(({ tried }) => tried)]);
  }

  /** Writes what waits and puts a segment's file onto the medium. */
  async sync(segment: number): Promise<void> {
    await this.flushed();
    await this.#open.get(segment)?.file.sync();
  }

  /** Forgets a segment that is about to be removed. */
  async drop(segment: number): Promise<void> {
    this.#waiting.get(segment)?.settle();
    this.#waiting.delete(segment);
    await this.#current?.tried;
    await this.#closeFile(segment);
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#isClosed = true;
    this.#cancelRetry();
    for (const segment of [...this.#open.keys()]) await this.#closeFile(segment);
  }

  async #writeAll(): Promise<void> {
    // Entries of one turn of the loop go together.
    await Promise.resolve();
    try {
      for (const [segment, batch] of this.#waiting) {
        this.#waiting.delete(segment);
        await this.#write(segment, batch);
      }
    } catch (error) {
      this.#options.log.complain("cursor", "deliveries cannot be noted on disk", { error: String(error) });
      if (this.#isClosed) return;
      this.#cancelRetry = this.#options.clock.after(retryMs, () => {
        if (this.#waiting.size > 0) this.#writing ??= this.#writeAll();
      });
    } finally {
      this.#writing = null;
    }
  }

  async #write(segment: number, batch: Batch): Promise<void> {
    this.#current = batch;
    try {
      const cursor = await this.#cursorOf(segment);
      await cursor.file.write(encodeCursorEntries(batch.entries), cursor.position);
      cursor.position += batch.entries.length * CURSOR_ENTRY_BYTES;
    } catch (error) {
      const since = this.#waiting.get(segment);
      this.#waiting.set(segment, new Batch([...batch.entries, ...(since?.entries ?? [])]));
      since?.settle();
      throw error;
    } finally {
      this.#current = null;
      batch.settle();
    }
  }

  async #cursorOf(segment: number): Promise<OpenCursor> {
    let cursor = this.#open.get(segment);
    if (cursor === undefined) {
      const file = await this.#options.disk.open(cursorName(segment));
      // Past a torn entry, so that every entry stands at a multiple of its size.
      cursor = { file, position: Math.ceil(file.sizeAtOpen / CURSOR_ENTRY_BYTES) * CURSOR_ENTRY_BYTES };
      const oldest = this.#open.keys().next().value;
      if (this.#open.size >= maxOpenFiles && oldest !== undefined) await this.#closeFile(oldest);
    } else this.#open.delete(segment);
    this.#open.set(segment, cursor);
    return cursor;
  }

  async #closeFile(segment: number): Promise<void> {
    const cursor = this.#open.get(segment);
    this.#open.delete(segment);
    await cursor?.file.close();
  }
}
