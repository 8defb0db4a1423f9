/**
 * Receipts of delivered packets on disk until an upload has them: they are what the hotspot is paid for, and may wait long.
 *
 *   receipts-<first index, 16 hex digits>   rows of 59 bytes: the 55 bytes of a receipt · first 4 bytes of their SHA-256
 *
 * Every receipt has an index, counted on over restarts. A sealed upload says up to which index it has them, and the files below
 * that go. A torn row ends its file; what comes next goes to a new one. Rows are written as they come, many at a time when the disk
 * is slow, and made durable once a second. A receipt that the disk did not take waits in memory behind the ones on disk.
 */
import { type PacketReceipt, RECORD_BYTES, readPacketReceipt, sha256, writePacketReceipt } from "@earshot/poc/protocol";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Counter } from "../telemetry.ts";
import type { StateFiles } from "./state-files.ts";

const RECEIPT_BYTES = RECORD_BYTES.receipt;
export const ROW_BYTES: number = RECEIPT_BYTES + 4;
/** Rows of a file: just under 1 MiB. */
export const FILE_ROWS = 16_384;
/** One that is being written and one before it: the bound is never under 2 MB. */
const LEAST_FILES = 2;
/** Longest time that a power cut may cost, ms. */
const SYNC_INTERVAL_MS = 1000;
/** Receipts kept in memory while the disk takes none: 3.8 MB. */
const MAX_UNWRITTEN = 65_536;

interface JournalFile {
  readonly name: string;
  readonly first: number;
  rows: number;
  /** No more rows after a failed write or a torn end. */
  isClosed: boolean;
}

export interface ReceiptJournalOptions {
  readonly files: StateFiles;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts by `reason`: spool_full, disk_failed. */
  readonly dropped: Counter;
  readonly maxBytes: number;
}

export class ReceiptJournal {
  readonly #options: ReceiptJournalOptions;
  #files: JournalFile[] = [];
  /** Encoded rows that are not on disk; their indexes follow those on disk. */
  #unwritten: Uint8Array[] = [];
  /** Index of the first receipt no upload has. */
  #consumed = 0;
  #writing: Promise<void> | null = null;
  /** Until it is known what an earlier run left, nothing is written: it would be taken for that. */
  #isLoaded = false;
  /** Names of files with rows that a power cut would cost. */
  readonly #unsynced = new Set<string>();
  #isSyncing = false;
  #oldestMs: number | null = null;

  constructor(options: ReceiptJournalOptions) {
    this.#options = options;
  }

  /** Receipts no upload has. */
  get length(): number {
    return this.#end - this.#consumed;
  }

  /** Steady time since when the oldest of them waits; null without any. */
  get oldestMs(): number | null {
    return this.length === 0 ? null : this.#oldestMs;
  }

  /** Finds what an earlier run left; `consumed` is how far its last upload went. Until it has resolved once receipts wait in memory. */
  async load(consumed: number): Promise<void> {
    const { files } = this.#options;
    this.#files = [];
    for (const { name } of await files.list()) {
      const first = /^receipts-([0-9a-f]{16})$/.exec(name)?.[1];
      if (first === undefined) continue;
      const rows = goodRows((await files.read(name)) ?? new Uint8Array(0));
      if (rows > 0) this.#files.push({ name, first: Number.parseInt(first, 16), rows, isClosed: true });
      else await files.remove(name);
    }
    // How long they waited before the start nobody knows: one that is started again and again must not keep them for ever.
    this.#oldestMs = Number.NEGATIVE_INFINITY;
    this.#consumed = Math.max(consumed, this.#files[0]?.first ?? 0);
    await this.#removeFiles((file) => file.first + file.rows <= this.#consumed);
    this.#isLoaded = true;
    this.#startWriting();
  }

  /** Takes a receipt; it is on its way to the disk when this returns. Throws POC_BAD_ENCODING if a value does not fit. */
  add(receipt: PacketReceipt): void {
    const row = new Uint8Array(ROW_BYTES);
    writePacketReceipt(row, 0, receipt);
    row.set(sha256(row.subarray(0, RECEIPT_BYTES)).subarray(0, 4), RECEIPT_BYTES);
    if (this.#unwritten.length >= MAX_UNWRITTEN) {
      this.#options.dropped.add({ reason: "disk_failed" });
      return;
    }
    if (this.length === 0) this.#oldestMs = this.#options.clock.nowMs();
    this.#unwritten.push(row);
    this.#startWriting();
  }

  /** Up to `most` of the oldest receipts no upload has, and the index after the last of them. */
  async peek(most: number): Promise<{ readonly receipts: readonly PacketReceipt[]; readonly end: number }> {
    await this.#written();
    const receipts: PacketReceipt[] = [];
    let at = this.#consumed;
    for (const file of this.#files) {
      if (receipts.length >= most || at >= file.first + file.rows) continue;
      at = Math.max(at, file.first);
      const bytes = (await this.#options.files.read(file.name)) ?? new Uint8Array(0);
      for (; at < file.first + file.rows && receipts.length < most; at++) {
        receipts.push(readPacketReceipt(bytes, (at - file.first) * ROW_BYTES));
      }
    }
    // What the disk does not take is in memory, behind what it took.
    if (at >= this.#diskEnd) {
      for (const row of this.#unwritten.slice(0, most - receipts.length)) {
        receipts.push(readPacketReceipt(row, 0));
        at++;
      }
    }
    return { receipts, end: at };
  }

  /** Forgets the receipts below `end`: a durable upload has them. */
  async consume(end: number): Promise<void> {
    // A write that begins meanwhile would take rows that are forgotten here.
    while (this.#writing !== null) await this.#writing;
    if (end > this.#diskEnd) {
      this.#unwritten.splice(0, end - this.#diskEnd);
      for (const file of this.#files) file.isClosed = true;
    }
    this.#consumed = Math.max(this.#consumed, end);
    await this.#removeFiles((file) => file.isClosed && file.first + file.rows <= this.#consumed);
    this.#oldestMs = this.#options.clock.nowMs();
  }

  /** Makes durable what waits, as far as the disk takes it; rejects if it cannot be synced. */
  async flush(): Promise<void> {
    await this.#written();
    await this.#sync();
  }

  get #diskEnd(): number {
    const last = this.#files.at(-1);
    return last === undefined ? this.#consumed : last.first + last.rows;
  }

  get #end(): number {
    return Math.max(this.#diskEnd, this.#consumed) + this.#unwritten.length;
  }

  async #removeFiles(isGone: (file: JournalFile) => boolean): Promise<void> {
    const gone = this.#files.filter(isGone);
    this.#files = this.#files.filter((file) => !gone.includes(file));
    for (const { name } of gone) {
      this.#unsynced.delete(name);
      await this.#options.files.remove(name).catch(() => {});
    }
  }

  /** Waits for a write on its way, and for one more of what is not on disk then: the disk may have been full before. */
  async #written(): Promise<void> {
    await this.#writing;
    this.#startWriting();
    await this.#writing;
  }

  /** Writes all that waits, one write at a time. */
  #startWriting(): void {
    if (!this.#isLoaded || this.#writing !== null || this.#unwritten.length === 0) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = null;
    });
  }

  async #write(): Promise<void> {
    const { files, log } = this.#options;
    while (this.#unwritten.length > 0) {
      const file = this.#openFile();
      const rows = this.#unwritten.slice(0, FILE_ROWS - file.rows);
      try {
        // What a failed write left under this name must not stand before the first row.
        if (file.rows === 0) await files.remove(file.name);
        await files.append(file.name, new Uint8Array(Buffer.concat(rows)));
      } catch (error) {
        // Part of a row may be on disk: nothing may follow it in this file.
        file.isClosed = true;
        if (file.rows === 0) this.#files.pop();
        log.complain("receipts", "receipts cannot be written to disk", { error: String(error) });
        return;
      }
      file.rows += rows.length;
      if (file.rows >= FILE_ROWS) file.isClosed = true;
      this.#unwritten.splice(0, rows.length);
      this.#unsynced.add(file.name);
      this.#syncSoon();
    }
    await this.#keepBound();
  }

  #openFile(): JournalFile {
    const last = this.#files.at(-1);
    if (last !== undefined && !last.isClosed) return last;
    const first = Math.max(this.#diskEnd, this.#consumed);
    const name = `receipts-${first.toString(16).padStart(16, "0")}`;
    const file = { name, first, rows: 0, isClosed: false };
    this.#files.push(file);
    return file;
  }

  #syncSoon(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    this.#options.clock.after(SYNC_INTERVAL_MS, () => {
      this.#isSyncing = false;
      this.#sync().catch(() => this.#syncSoon());
    });
  }

  async #sync(): Promise<void> {
    for (const name of this.#unsynced) {
      this.#unsynced.delete(name);
      try {
        await this.#options.files.sync(name);
      } catch (error) {
        this.#unsynced.add(name);
        throw error;
      }
    }
  }

  async #keepBound(): Promise<void> {
    const { dropped, maxBytes } = this.#options;
    const most = Math.max(LEAST_FILES, Math.floor(maxBytes / (FILE_ROWS * ROW_BYTES)));
    while (this.#files.length > most && this.#files[0]!.isClosed) {
      const { first, rows } = this.#files[0]!;
      const end = first + rows;
      dropped.add({ reason: "spool_full" }, Math.max(0, end - Math.max(first, this.#consumed)));
      this.#consumed = Math.max(this.#consumed, end);
      await this.#removeFiles((file) => file.first === first);
    }
  }
}

/** Rows from the start of a file whose check is right. */
function goodRows(bytes: Uint8Array): number {
  let rows = 0;
  for (let at = 0; at + ROW_BYTES <= bytes.length; at += ROW_BYTES, rows++) {
    const check = sha256(bytes.subarray(at, at + RECEIPT_BYTES));
    for (let i = 0; i < 4; i++) if (check[i] !== bytes[at + RECEIPT_BYTES + i]) return rows;
  }
  return rows;
}
