/**
 * In which order and when one destination gets its packets. Pure: rows of the packet table in, rows out, time is an argument.
 *
 * Per device: oldest first, one frame at a time, `spacingMs` apart, in a backlog from when the one before was settled: ChirpStack handles uplinks
 * concurrently and drops a frame whose counter is below one it has seen. A frame that was handed out may wait for a connection, so
 * only its settlement says when the server may have got it. Live frames of a device stand behind its
 * backlog; other devices do not wait. Copies of one frame (other gateways, other antennas) go together and share the slot: the
 * network server collects them for 200 ms only. Frames that have waited are replayed no faster than the replay rate over all
 * devices, live ones go at once. A failed send puts the device back at its place and pauses the destination, longer each time.
 */
import type { ReplayMode } from "../messages.ts";
import { DueHeap } from "./due-heap.ts";
import { Fifo } from "./fifo.ts";
import type { LaneKey } from "./frame-lane.ts";
import type { PacketTable } from "./packet-table.ts";

export interface LaneRules {
  /** Between two frames of one device, ms. */
  readonly spacingMs: number;
  /** Packets that are being sent at once, all devices. */
  readonly maxInFlight: number;
  /** A packet that waited longer than this is a replay, ms. */
  readonly liveMs: number;
  /** Replays a second over all devices, on top of what arrives: how fast a backlog shrinks. */
  readonly replayPerSecond: number;
  readonly joinMaxAgeMs: number;
  readonly maxAgeMs: number;
  readonly replay: ReplayMode;
}

export type StaleReason = "too_old" | "join_too_old" | "replay_off";

/** Copies of one frame are sent alongside within this time of the first, ms: half of ChirpStack's deduplication window. */
const copyWindowMs = 100;
/** Rows looked at for further copies of a frame. */
const maxCopyScan = 32;
const firstPauseMs = 250;
const maxPauseMs = 5000;
/** The arrival rate is taken over this time, ms. */
const rateWindowMs = 5000;
const none = 0xffff_ffff;

interface Lane {
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
  /** The row behind each row in its lane. */
  #next = new Uint32Array(0);
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
  #replayCredit = 0;
  #replayCreditMs = 0;
  #arrivals = 0;
  #arrivalsSinceMs = 0;
  #arrivalsPerSecond = 0;

  constructor(table: PacketTable, rules: LaneRules) {
    this.#table = table;
    this.#rules = rules;
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
    if (!this.#isReplay(row, nowMs)) this.#countArrival(nowMs);
    const lane = this.#laneFor(key, isJoin);
    const isCopy = this.#table.phyHash[row] === lane.sentHash && nowMs - lane.sentMs <= copyWindowMs;
    if (isCopy && this.#isReady && nowMs >= this.#pausedUntilMs) {
      this.#pushCopy(lane, row);
      return;
    }
    if (this.#next.length < this.#table.capacity) {
      const larger = new Uint32Array(this.#table.capacity);
      larger.set(this.#next);
      this.#next = larger;
    }
    this.#next[row] = none;
    if (lane.head === none) lane.head = row;
    else this.#next[lane.tail] = row;
    lane.tail = row;
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
      const waitMs = lane.head === none || this.#staleReason(lane, nowMs) !== null ? 0 : this.#replayWaitMs(nowMs);
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
    if (lane.failed.length > 0) this.#putBack(lane);
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
        this.#takeHead(lane);
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
      for (let row = lane.head; row !== none; row = this.#next[row]) yield row;
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
      lane = {
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
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** Puts a lane with something to send where it will be found in time. */
  #queue(lane: Lane, nowMs: number): void {
    if (lane.isQueued || lane.head === none || lane.inFlight.length > 0) return;
    lane.isQueued = true;
    const isBacklog = lane.wasReplay || this.#isReplay(lane.head, nowMs);
    const readyMs = (isBacklog ? Math.max(lane.sentMs, lane.settledMs) : lane.sentMs) + this.#rules.spacingMs;
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
    const row = this.#takeHead(lane);
    if (reason !== null) {
      this.#pending--;
      this.#queue(lane, nowMs);
      return { kind: "drop", row, reason };
    }
    lane.wasReplay = this.#isReplay(row, nowMs);
    if (lane.wasReplay) this.#replayCredit -= 1;
    lane.sentMs = nowMs;
    lane.sentHash = this.#table.phyHash[row];
    this.#takeCopies(lane);
    return this.#send(lane, row, nowMs);
  }

  #send(lane: Lane, row: number, nowMs: number): LaneStep {
    this.#inFlight++;
    lane.inFlight.push(row);
    return { kind: "send", dispatch: { row, laneKey: lane.key, isReplay: this.#isReplay(row, nowMs) } };
  }

  #takeHead(lane: Lane): number {
    const row = lane.head;
    lane.head = this.#next[row];
    if (lane.head === none) lane.tail = none;
    return row;
  }

  /** Moves further copies of the frame just taken from the lane to the rows that go at once. */
  #takeCopies(lane: Lane): void {
    let before = none;
    let row = lane.head;
    for (let seen = 0; row !== none && seen < maxCopyScan; seen++) {
      const next = this.#next[row];
      if (this.#table.phyHash[row] === lane.sentHash) {
        if (before === none) lane.head = next;
        else this.#next[before] = next;
        if (lane.tail === row) lane.tail = before;
        this.#pushCopy(lane, row);
      } else before = row;
      row = next;
    }
  }

  /** Failed rows go back to the front in the order they had. */
  #putBack(lane: Lane): void {
    for (const row of lane.failed.reverse()) {
      this.#next[row] = lane.head;
      if (lane.head === none) lane.tail = row;
      lane.head = row;
    }
    lane.failed = [];
  }

  #isReplay(row: number, nowMs: number): boolean {
    return nowMs - this.#table.receivedMs[row] > this.#rules.liveMs;
  }

  #staleReason(lane: Lane, nowMs: number): StaleReason | null {
    const { replay, joinMaxAgeMs, maxAgeMs, liveMs } = this.#rules;
    const ageMs = nowMs - this.#table.receivedMs[lane.head];
    if (ageMs > maxAgeMs) return "too_old";
    if (lane.isJoin && replay !== "all" && ageMs > joinMaxAgeMs) return "join_too_old";
    return replay === "off" && ageMs > Math.max(liveMs, joinMaxAgeMs) ? "replay_off" : null;
  }

  /** How long until the replay rate allows another, ms; up to a tenth of a second's worth is saved up. */
  #replayWaitMs(nowMs: number): number {
    const sinceMs = nowMs - this.#arrivalsSinceMs;
    const arriving = sinceMs < rateWindowMs ? this.#arrivalsPerSecond : (1000 * this.#arrivals) / sinceMs;
    const perMs = (this.#rules.replayPerSecond + arriving) / 1000;
    const saved = this.#replayCredit + (nowMs - this.#replayCreditMs) * perMs;
    this.#replayCredit = Math.min(saved, Math.max(1, 100 * perMs));
    this.#replayCreditMs = nowMs;
    return this.#replayCredit >= 1 ? 0 : (1 - this.#replayCredit) / perMs;
  }

  #countArrival(nowMs: number): void {
    const elapsedMs = nowMs - this.#arrivalsSinceMs;
    if (elapsedMs >= rateWindowMs) {
      this.#arrivalsPerSecond = (1000 * this.#arrivals) / elapsedMs;
      this.#arrivals = 0;
      this.#arrivalsSinceMs = nowMs;
    }
    this.#arrivals++;
  }
}

function earlier(atMs: number, other: number | null): number {
  return other === null ? atMs : Math.min(atMs, other);
}
