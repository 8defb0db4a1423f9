/**
 * In which order and when one destination gets its packets. Pure: rows of the packet table in, rows out, time is an argument.
 *
 * Per device: oldest first, one frame at a time, `spacingMs` apart, in a backlog from when the one before was settled: ChirpStack handles uplinks
 * concurrently and drops a frame whose counter is below one it has seen. A frame that was handed out may wait for a connection, or for a
 * broker that stands still, so only its settlement says when the server may have got it; between live frames half the space is kept from
 * there, so that links with long ways cost them little. Live frames of a device stand behind its
 * backlog; other devices do not wait. Copies of one frame (other gateways, other antennas) go together and share the slot: the
 * network server collects them for 200 ms only. Frames that have waited are replayed no faster than the replay rate over all
 * devices, live ones go at once. A failed send puts the device back at its place and pauses the destination, longer each time.
 */

import { Fifo } from "../fifo.ts";
import { DueHeap } from "./due-heap.ts";
import type { LaneKey } from "./frame-lane.ts";
import { emptyLane, type Lane, LaneLinks, none } from "./lane.ts";
import { isReplay, type LaneRules, type StaleReason, staleReason } from "./lane-rules.ts";
import type { PacketTable } from "./packet-table.ts";
import { ReplayPace } from "./replay-pace.ts";

/** Copies of one frame are sent alongside within this time of the first, ms: half of ChirpStack's deduplication window. */
const copyWindowMs = 100;
const firstPauseMs = 250;
const maxPauseMs = 5000;

export interface Dispatch {
  readonly row: number;
  readonly laneKey: LaneKey;
  readonly isReplay: boolean;
}

export type LaneStep =
  /** Send this. */
  | { readonly kind: "send"; readonly dispatch: Dispatch }
  /** Give this up and say why. */
  | { readonly kind: "drop"; readonly row: number; readonly reason: StaleReason }
  /** Nothing to do before `atMs`, or before something changes when null. */
  | { readonly kind: "wait"; readonly atMs: number | null };

export class DeviceLanes {
  readonly #table: PacketTable;
  readonly #rules: LaneRules;
  readonly #lanes = new Map<LaneKey, Lane>();
  readonly #links: LaneLinks;
  readonly #pace: ReplayPace;
  readonly #liveLanes = new Fifo<Lane>();
  readonly #replayLanes = new Fifo<Lane>();
  readonly #timedLanes = new DueHeap<Lane>();
  /** Rows that go at once: copies of what is being sent. */
  readonly #copies = new Fifo<{ readonly lane: Lane; readonly row: number }>();
  #isReady = false;
  #pausedUntilMs = 0;
  #pauseMs = firstPauseMs;
  #inFlight = 0;
  #pending = 0;

  constructor(table: PacketTable, rules: LaneRules) {
    this.#table = table;
    this.#rules = rules;
    this.#links = new LaneLinks(table);
    this.#pace = new ReplayPace(rules.replayPerSecond);
  }

  /** Rows not settled yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Ready or not; becoming ready ends a pause. */
  setReady(isReady: boolean): void {
    if (isReady && !this.#isReady) this.#pausedUntilMs = 0;
    this.#isReady = isReady;
  }

  /** Puts a row at the end of its device's lane. Rows must come in the order of their reception. */
  add(row: number, key: LaneKey, isJoin: boolean, nowMs: number): void {
    this.#pending++;
    if (!this.#isReplay(row, nowMs)) this.#pace.arrived(nowMs);
    const lane = this.#laneFor(key, isJoin);
    const isCopy = this.#table.phyHash[row] === lane.sentHash && nowMs - lane.sentMs <= copyWindowMs;
    if (isCopy && this.#isReady && nowMs >= this.#pausedUntilMs) {
      this.#pushCopy(lane, row);
      return;
    }
    this.#links.append(lane, row);
    this.#queue(lane, nowMs);
  }

  /** The next thing to do; ask again until it says wait. */
  step(nowMs: number): LaneStep {
    if (!this.#isReady || this.#inFlight >= this.#rules.maxInFlight) return { kind: "wait", atMs: null };
    if (nowMs < this.#pausedUntilMs) return { kind: "wait", atMs: this.#pausedUntilMs };
    const copy = this.#copies.shift();
    if (copy !== undefined) {
      copy.lane.copies--;
      return this.#send(copy.lane, copy.row, nowMs);
    }
    for (let due = this.#timedLanes.take(nowMs); due !== null; due = this.#timedLanes.take(nowMs)) {
      this.#queueByAge(due, nowMs);
    }
    for (let lane = this.#liveLanes.shift(); lane !== undefined; lane = this.#liveLanes.shift()) {
      if (lane.head !== none && this.#isReplay(lane.head, nowMs)) {
        this.#replayLanes.push(lane);
        continue;
      }
      const step = this.#stepLane(lane, nowMs);
      if (step !== null) return step;
    }
    while (this.#replayLanes.length > 0) {
      const lane = this.#replayLanes.first!;
      const waitMs = lane.head === none || this.#staleReason(lane, nowMs) !== null ? 0 : this.#pace.waitMs(nowMs);
      if (waitMs > 0) return { kind: "wait", atMs: earlier(nowMs + waitMs, this.#timedLanes.firstMs) };
      this.#replayLanes.shift();
      const step = this.#stepLane(lane, nowMs);
      if (step !== null) return step;
    }
    return { kind: "wait", atMs: this.#timedLanes.firstMs };
  }

  /** A sent row was delivered or refused (`isDone`), or must be sent again. The caller releases rows that are done. */
  settle({ row, laneKey }: Dispatch, isDone: boolean, nowMs: number): void {
    this.#inFlight--;
    const lane = this.#lanes.get(laneKey)!;
    lane.inFlight.splice(lane.inFlight.indexOf(row), 1);
    if (isDone) {
      this.#pending--;
      this.#pauseMs = firstPauseMs;
    } else {
      lane.failed.push(row);
      if (nowMs >= this.#pausedUntilMs) {
        this.#pausedUntilMs = nowMs + this.#pauseMs;
        this.#pauseMs = Math.min(2 * this.#pauseMs, maxPauseMs);
      }
    }
    lane.settledMs = nowMs;
    if (lane.inFlight.length > 0) return;
    if (lane.failed.length > 0) this.#links.putBackFailed(lane);
    this.#queue(lane, nowMs);
  }

  /**
   * Takes out rows at the front of lanes: those that `isUnwanted` says, and those that are stale. For the bounds of the spool and
   * for a periodic sweep; what is in flight stays.
   */
  *sweep(nowMs: number, isUnwanted: (row: number) => boolean): Generator<{ row: number; reason: StaleReason | null }> {
    for (const lane of this.#lanes.values()) {
      if (lane.inFlight.length > 0) continue;
      while (lane.head !== none) {
        const row = lane.head;
        const reason = isUnwanted(row) ? null : this.#staleReason(lane, nowMs);
        if (reason === null && !isUnwanted(row)) break;
        this.#links.takeHead(lane);
        this.#pending--;
        yield { row, reason };
      }
      const isIdle =
        lane.head === none &&
        !lane.isQueued &&
        lane.copies === 0 &&
        nowMs - Math.max(lane.sentMs, lane.settledMs) > Math.max(this.#rules.spacingMs, copyWindowMs);
      if (isIdle) this.#lanes.delete(lane.key);
    }
  }

  /** Every row that waits, in no particular order; what is in flight is not among them. */
  *waiting(): Generator<number> {
    for (const lane of this.#lanes.values()) {
      yield* this.#links.rows(lane);
      yield* lane.failed;
    }
    for (const { row } of this.#copies) yield row;
  }

  #pushCopy(lane: Lane, row: number): void {
    lane.copies++;
    this.#copies.push({ lane, row });
  }

  #laneFor(key: LaneKey, isJoin: boolean): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = emptyLane(key, isJoin);
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** Puts a lane with something to send where it will be found in time. */
  #queue(lane: Lane, nowMs: number): void {
    if (lane.isQueued || lane.head === none || lane.inFlight.length > 0) return;
    lane.isQueued = true;
    const isBacklog = lane.wasReplay || this.#isReplay(lane.head, nowMs);
    const { spacingMs } = this.#rules;
    const readyMs = Math.max(lane.sentMs + spacingMs, lane.settledMs + (isBacklog ? spacingMs : spacingMs / 2));
    if (readyMs > nowMs) this.#timedLanes.push(readyMs, lane);
    else this.#queueByAge(lane, nowMs);
  }

  #queueByAge(lane: Lane, nowMs: number): void {
    const isReplay = lane.head !== none && this.#isReplay(lane.head, nowMs);
    (isReplay ? this.#replayLanes : this.#liveLanes).push(lane);
  }

  /** The next row of a lane that came out of its queue; null when there is none left. */
  #stepLane(lane: Lane, nowMs: number): LaneStep | null {
    lane.isQueued = false;
    if (lane.head === none) return null;
    const reason = this.#staleReason(lane, nowMs);
    const row = this.#links.takeHead(lane);
    if (reason !== null) {
      this.#pending--;
      this.#queue(lane, nowMs);
      return { kind: "drop", row, reason };
    }
    lane.wasReplay = this.#isReplay(row, nowMs);
    if (lane.wasReplay) this.#pace.spend();
    lane.sentMs = nowMs;
    lane.sentHash = this.#table.phyHash[row];
    for (const copy of this.#links.takeCopies(lane)) this.#pushCopy(lane, copy);
    return this.#send(lane, row, nowMs);
  }

  #send(lane: Lane, row: number, nowMs: number): LaneStep {
    this.#inFlight++;
    lane.inFlight.push(row);
    return { kind: "send", dispatch: { row, laneKey: lane.key, isReplay: this.#isReplay(row, nowMs) } };
  }

  #isReplay(row: number, nowMs: number): boolean {
    return isReplay(nowMs - this.#table.receivedMs[row], this.#rules);
  }

  /** Why the oldest row of a lane is not sent any more; null while it is. */
  #staleReason(lane: Lane, nowMs: number): StaleReason | null {
    return staleReason(nowMs - this.#table.receivedMs[lane.head], lane.isJoin, this.#rules);
  }
}

function earlier(atMs: number, other: number | null): number {
  return other === null ? atMs : Math.min(atMs, other);
}
