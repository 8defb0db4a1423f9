/**
 * The writer's side of the index: entries of the latest uploads stay in memory and go into SQLite together.
 *
 * What a commit of SQLite costs hardly depends on how many entries are in it, and an upload need not wait for it: it is durable in its
 * segment and acknowledged before. In this process it is found at once; other processes see it when its entry is stored, which they
 * are then told. A process that is killed leaves the entries that waited to the next start, which takes them from the segment (recover.ts).
 */
import type { LogTip, SealedSegment } from "../../ports/report-log.ts";
import { idName } from "../id-name.ts";
import type { IndexEntry, LogIndex } from "./log-index.ts";

/** More than this do not wait: storing them holds the process for about 10 ms. */
const STORE_AT = 2048;

export class LateIndex {
  readonly #index: LogIndex;
  readonly #onStored: (length: number) => void;
  readonly #withinMs: number;
  /** In log order, without gaps. */
  #waiting: IndexEntry[] = [];
  #byId = new Map<string, IndexEntry>();
  #tip: LogTip | undefined;
  #unlisted: SealedSegment | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #storedMs = Number.NEGATIVE_INFINITY;
  #isRefused = false;

  /** Entries wait for `withinMs` at most; `onStored` hears the length of the log that others can see. */
  constructor(index: LogIndex, withinMs: number, onStored: (length: number) => void) {
    this.#index = index;
    this.#withinMs = withinMs;
    this.#onStored = onStored;
    this.#tip = index.tip();
  }

  find(uploadId: Uint8Array): IndexEntry | undefined {
    return this.#byId.get(idName(uploadId)) ?? this.#index.find(uploadId);
  }

  findAll(uploadIds: readonly Uint8Array[]): (IndexEntry | undefined)[] {
    const stored = this.#index.findAll(uploadIds);
    return uploadIds.map((id, at) => this.#byId.get(idName(id)) ?? stored[at]);
  }

  get(logIndex: number): IndexEntry | undefined {
    const first = this.#waiting[0]?.logIndex ?? Number.POSITIVE_INFINITY;
    return logIndex >= first ? this.#waiting[logIndex - first] : this.#index.get(logIndex);
  }

  /** Entries after an index, in order. */
  after(partition: number | undefined, logIndex: number, limit: number): IndexEntry[] {
    const stored = this.#index.after(partition, logIndex, limit);
    if (stored.length === limit) return stored;
    const waiting = this.#waiting.filter(
      (entry) => entry.logIndex > logIndex && (partition === undefined || entry.partition === partition),
    );
    return [...stored, ...waiting.slice(0, limit - stored.length)];
  }

  tip(): LogTip | undefined {
    return this.#tip;
  }

  segments(from = 0): SealedSegment[] {
    return this.#index.segments(from);
  }

  /** Takes entries that are durable, and the tip after them. Cannot fail: they may be acknowledged. */
  add(entries: readonly IndexEntry[], tip: LogTip): void {
    for (const entry of entries) {
      this.#waiting.push(entry);
      this.#byId.set(idName(entry.uploadId), entry);
    }
    this.#tip = tip;
  }

  /** Takes a segment that was sealed behind all entries so far, and stores everything. Throws while SQLite refuses. */
  addSegment(segment: SealedSegment): void {
    this.#unlisted = segment;
    this.store();
  }

  /** Stores what has waited long or is much, and sees to the rest; what SQLite refuses waits for `retry`. */
  storeSome(): void {
    if (this.#waiting.length === 0 || this.#timer !== undefined || this.#isRefused) return;
    const leftMs = this.#storedMs + this.#withinMs - performance.now();
    if (leftMs > 0) this.#timer = setTimeout(() => this.#tryToStore(), leftMs);
    else this.#tryToStore();
  }

  /** Room for more entries: stores what is much, and what was refused before. Throws while SQLite refuses (its disk is full). */
  makeRoom(): void {
    if (this.#isRefused || this.#waiting.length >= STORE_AT) this.store();
  }

  /** Stores everything that waits. Throws while SQLite refuses. */
  store(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#storedMs = performance.now();
    this.#isRefused = true;
    if (this.#waiting.length > 0) {
      this.#index.add(this.#waiting, this.#tip!);
      this.#waiting = [];
      this.#byId = new Map();
      this.#onStored(this.#tip!.length);
    }
    if (this.#unlisted !== undefined) {
      this.#index.addSegment(this.#unlisted);
      this.#unlisted = undefined;
    }
    this.#isRefused = false;
  }

  close(): void {
    this.#tryToStore();
    clearTimeout(this.#timer);
    this.#index.close();
  }

  #tryToStore(): void {
    try {
      this.store();
    } catch {
      // The next commit tries again and says why not; until then nothing more is taken.
    }
  }
}
