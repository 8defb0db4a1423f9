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
  #waiting = new Map<number, CursorEntry[]>();
  /** Least recently used first. */
  readonly #open = new Map<number, OpenCursor>();
  #writing: Promise<void> | null = null;

  constructor(options: CursorWriterOptions) {
    this.#options = options;
  }

  add(segment: number, entry: CursorEntry): void {
    const waiting = this.#waiting.get(segment);
    if (waiting === undefined) this.#waiting.set(segment, [entry]);
    else waiting.push(entry);
    this.#writing ??= this.#writeAll();
  }

  /** Settles when every entry so far was written, or the disk refused. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** Writes what waits and puts a segment's file onto the medium. */
  async sync(segment: number): Promise<void> {
    await this.#writing;
    await this.#open.get(segment)?.file.sync();
  }

  /** Forgets a segment that is about to be removed. */
  async drop(segment: number): Promise<void> {
    this.#waiting.delete(segment);
    await this.#writing;
    await this.#closeFile(segment);
  }

  async close(): Promise<void> {
    await this.#writing;
    for (const segment of [...this.#open.keys()]) await this.#closeFile(segment);
  }

  async #writeAll(): Promise<void> {
    // Entries of one turn of the loop go together.
    await Promise.resolve();
    try {
      for (let next = this.#takeFirst(); next !== null; next = this.#takeFirst()) await this.#write(...next);
    } catch (error) {
      this.#options.log.complain("cursor", "deliveries cannot be noted on disk", { error: String(error) });
      this.#options.clock.after(retryMs, () => {
        if (this.#waiting.size > 0) this.#writing ??= this.#writeAll();
      });
    } finally {
      this.#writing = null;
    }
  }

  #takeFirst(): [number, CursorEntry[]] | null {
    for (const [segment, entries] of this.#waiting) {
      this.#waiting.delete(segment);
      return [segment, entries];
    }
    return null;
  }

  async #write(segment: number, entries: CursorEntry[]): Promise<void> {
    try {
      const cursor = await this.#cursorOf(segment);
      await cursor.file.write(encodeCursorEntries(entries), cursor.position);
      cursor.position += entries.length * CURSOR_ENTRY_BYTES;
    } catch (error) {
      const since = this.#waiting.get(segment) ?? [];
      this.#waiting.set(segment, [...entries, ...since]);
      throw error;
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
