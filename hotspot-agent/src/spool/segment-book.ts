/**
 * What stands in each segment still to be delivered, and which segments may go.
 *
 * A segment is removed when it is sealed, no packet in it is open, and every destination that it was meant for has been heard; or,
 * oldest first, when the spool is over its bound of bytes or the segment over the bound of age.
 */
import type { Log } from "../log.ts";
import { CURSOR_ENTRY_BYTES } from "./cursor.ts";
import type { CursorWriter } from "./cursor-writer.ts";
import type { Disk } from "./disk.ts";
import { cursorName, parseSpoolFileName, segmentName } from "./segment-names.ts";

interface Segment {
  readonly segment: number;
  bytes: number;
  newestMs: number;
  /** Packets not settled, over all attached destinations. */
  open: number;
  isSealed: boolean;
  /** Subscribed destinations that are not attached; null while nobody has looked. */
  absent: Set<number> | null;
}

export interface SegmentBookOptions {
  readonly disk: Disk;
  readonly cursors: CursorWriter;
  readonly log: Log;
}

export class SegmentBook {
  readonly #options: SegmentBookOptions;
  /** Ascending. */
  readonly #segments = new Map<number, Segment>();
  #removing: Promise<void> = Promise.resolve();

  constructor(options: SegmentBookOptions) {
    this.#options = options;
  }

  /** Lists what earlier runs left; the answer is the number of the first new segment. */
  async open(): Promise<number> {
    const { disk } = this.#options;
    const names = (await disk.list()).map(parseSpoolFileName).filter((name) => name !== null);
    const segments = new Set(names.filter(({ kind }) => kind === "seg").map(({ segment }) => segment));
    let last = 0;
    for (const { segment, kind } of names) {
      last = Math.max(last, segment);
      // One that stays is found again at the next start.
      if (kind === "cur" && !segments.has(segment)) await disk.remove(cursorName(segment)).catch(() => {});
    }
    for (const segment of [...segments].sort((a, b) => a - b)) {
      const { bytes, modifiedMs } = await disk.describe(segmentName(segment));
      // Cursor bytes of earlier runs are a few percent and not counted.
      this.#segments.set(segment, { segment, bytes, newestMs: modifiedMs, open: 0, isSealed: true, absent: null });
    }
    return last + 1;
  }

  /** Ascending numbers of the segments present. */
  get numbers(): readonly number[] {
    return [...this.#segments.keys()];
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#segments.values()) sum += bytes;
    return sum;
  }

  /** Numbers of the segments that are written or not yet finished. */
  get unsealed(): readonly number[] {
    return [...this.#segments.values()].filter(({ isSealed }) => !isSealed).map(({ segment }) => segment);
  }

  /** A segment that will be written now; `absent` are the destinations it is also meant for that are not attached. */
  begin(segment: number, absent: Iterable<number>): void {
    if (this.#segments.has(segment)) return;
    this.#segments.set(segment, { segment, bytes: 0, newestMs: 0, open: 0, isSealed: false, absent: new Set(absent) });
  }

  seal(segment: number): void {
    const state = this.#segments.get(segment);
    if (state === undefined) return;
    state.isSealed = true;
    this.#removeIfDone(state);
  }

  /** A record of `bytes` stands in the segment. */
  grew(segment: number, bytes: number, receivedMs: number): void {
    const state = this.#segments.get(segment);
    if (state === undefined) return;
    state.bytes += bytes;
    state.newestMs = Math.max(state.newestMs, receivedMs);
  }

  opened(segment: number, packets: number): void {
    const state = this.#segments.get(segment);
    if (state !== undefined) state.open += packets;
  }

  /** A packet is settled for a destination. */
  settled(segment: number, offset: number, index: number, destination: number): void {
    const state = this.#segments.get(segment);
    if (state === undefined) return;
    state.open--;
    if (this.#removeIfDone(state)) return;
    this.#options.cursors.add(segment, { offset, index, destination });
    state.bytes += CURSOR_ENTRY_BYTES;
  }

  /** A packet is no longer waited for here, without being settled: its destination went away. */
  abandoned(segment: number): void {
    const state = this.#segments.get(segment);
    if (state === undefined) return;
    state.open--;
    this.#removeIfDone(state);
  }

  /** Who of the subscribed destinations is not attached, as a scan found it. */
  scanned(segment: number, absent: Iterable<number>): void {
    const state = this.#segments.get(segment);
    if (state === undefined) return;
    state.absent = new Set(absent);
    this.#removeIfDone(state);
  }

  /** A destination went away but may come back: what is meant for it stays. */
  left(destination: number): void {
    for (const { absent } of this.#segments.values()) absent?.add(destination);
  }

  /** A destination is gone for good. */
  forgotten(destination: number): void {
    for (const state of [...this.#segments.values()]) {
      state.absent?.delete(destination);
      this.#removeIfDone(state);
    }
  }

  /** The oldest sealed segment that breaks a bound, and which; null when none does. */
  overdue(
    maxBytes: number,
    oldestMs: number,
  ): { readonly segment: number; readonly reason: "spool_full" | "too_old" } | null {
    for (const { segment, isSealed, newestMs } of this.#segments.values()) {
      if (!isSealed) continue;
      if (newestMs < oldestMs) return { segment, reason: "too_old" };
      return this.bytes > maxBytes ? { segment, reason: "spool_full" } : null;
    }
    return null;
  }

  /** Removes a segment whatever is in it. */
  remove(segment: number): void {
    const { disk, cursors, log } = this.#options;
    if (!this.#segments.delete(segment)) return;
    this.#removing = this.#removing
      .then(async () => {
        await cursors.drop(segment);
        await disk.remove(segmentName(segment));
        await disk.remove(cursorName(segment));
      })
      .catch((error) => log.complain("remove", "a spool segment cannot be removed", { segment, error: String(error) }));
  }

  /** Settles when every removal so far is done. */
  removed(): Promise<void> {
    return this.#removing;
  }

  #removeIfDone(state: Segment): boolean {
    if (!state.isSealed || state.open > 0 || state.absent === null || state.absent.size > 0) return false;
    this.remove(state.segment);
    return true;
  }
}
