/**
 * The packets of one device that wait for one destination, oldest first, and what was last sent of them.
 *
 * Lanes of a destination share one column of links between rows of the packet table, so that a packet that waits costs four bytes
 * here and a lane of any length is one object.
 */
import type { LaneKey } from "./frame-lane.ts";
import type { PacketTable } from "./packet-table.ts";

/** No row. */
export const none = 0xffff_ffff;
/** Rows looked at for further copies of a frame. */
const maxCopyScan = 32;

export interface Lane {
  readonly key: LaneKey;
  readonly isJoin: boolean;
  head: number;
  tail: number;
  /** Rows being sent. */
  readonly inFlight: number[];
  /** Rows that failed, until the last one in flight is settled. */
  failed: number[];
  /** Last frame sent: when, and which. */
  sentMs: number;
  sentHash: number;
  /** When the last frame was settled: by then the server had it, if at all. */
  settledMs: number;
  /** The last frame sent had waited. */
  wasReplay: boolean;
  /** In a queue or in the heap. */
  isQueued: boolean;
  /** Rows among the copies that go at once. */
  copies: number;
}

export function emptyLane(key: LaneKey, isJoin: boolean): Lane {
  return {
    key,
    isJoin,
    head: none,
    tail: none,
    inFlight: [],
    failed: [],
    sentMs: Number.NEGATIVE_INFINITY,
    sentHash: 0,
    settledMs: Number.NEGATIVE_INFINITY,
    wasReplay: false,
    isQueued: false,
    copies: 0,
  };
}

export class LaneLinks {
  readonly #table: PacketTable;
  /** The row behind each row in its lane. */
  #next = new Uint32Array(0);

  constructor(table: PacketTable) {
    this.#table = table;
  }

  /** Puts a row at the end of a lane. */
  append(lane: Lane, row: number): void {
    if (this.#next.length < this.#table.capacity) {
      const larger = new Uint32Array(this.#table.capacity);
      larger.set(this.#next);
      this.#next = larger;
    }
    this.#next[row] = none;
    if (lane.head === none) lane.head = row;
    else this.#next[lane.tail] = row;
    lane.tail = row;
  }

  /** Takes the oldest row out of a lane that has one. */
  takeHead(lane: Lane): number {
    const row = lane.head;
    lane.head = this.#next[row];
    if (lane.head === none) lane.tail = none;
    return row;
  }

  /** Takes the copies of the frame that was sent last out of a lane, of those rows that are looked at. */
  takeCopies(lane: Lane): readonly number[] {
    const copies: number[] = [];
    let before = none;
    let row = lane.head;
    for (let seen = 0; row !== none && seen < maxCopyScan; seen++) {
      const next = this.#next[row];
      if (this.#table.phyHash[row] === lane.sentHash) {
        if (before === none) lane.head = next;
        else this.#next[before] = next;
        if (lane.tail === row) lane.tail = before;
        copies.push(row);
      } else before = row;
      row = next;
    }
    return copies;
  }

  /** Failed rows go back to the front in the order they had. */
  putBackFailed(lane: Lane): void {
    for (const row of lane.failed.reverse()) {
      this.#next[row] = lane.head;
      if (lane.head === none) lane.tail = row;
      lane.head = row;
    }
    lane.failed = [];
  }

  /** The rows of a lane that wait, oldest first. */
  *rows(lane: Lane): Generator<number> {
    for (let row = lane.head; row !== none; row = this.#next[row]) yield row;
  }
}
