/**
 * The spool: what the radio side brought, on disk before it is acknowledged, until every destination has it.
 *
 *   append → (on disk) onAccepted → admit → lanes and pump of each destination → settled → segment removed
 *
 * The promise: a packet whose record was accepted while the disk took writes and the spool was inside its bounds is delivered to
 * every attached destination whose filters want it; every other one is counted by reason. See spool-writer.ts for the disk,
 * device-lanes.ts for order and pace, cursor.ts for what survives a restart.
 */
import type { Clock } from "../clock.ts";
import { agentError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { CrcStatus, Destination, DestinationHandle, UplinkPacket } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import { scanBacklog } from "./backlog-scan.ts";
import { SUBSCRIBED } from "./cursor.ts";
import { CursorWriter } from "./cursor-writer.ts";
import { DeliveryPump, type DropReason } from "./delivery-pump.ts";
import { DestinationNumbers } from "./destination-numbers.ts";
import { DeviceLanes } from "./device-lanes.ts";
import type { Disk } from "./disk.ts";
import { type LaneKey, laneOf } from "./frame-lane.ts";
import type { LiveRecord } from "./live-record.ts";
import { PendingPackets } from "./pending-packets.ts";
import { MAX_RECORD_PAYLOAD_BYTES, type RecordKind, type StoredRecord } from "./record.ts";
import { RecordTimes } from "./record-times.ts";
import { SegmentBook } from "./segment-book.ts";
import { SpoolWriter } from "./spool-writer.ts";

export interface SpoolOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** UTC for a time of the steady clock, by what is known now, ms; without it the system clock's. */
  readonly toUtcMs?: (steadyMs: number) => number;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** The packets in a record; the same bytes must give the same packets. */
  readonly read: (record: StoredRecord) => readonly UplinkPacket[];
  /** CRC statuses that go to network servers. */
  readonly wantedCrc: ReadonlySet<CrcStatus>;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly syncIntervalMs: number;
  readonly stallLimitMs: number;
  readonly memoryBytes: number;
  readonly deviceSpacingMs: number;
  readonly replayPerSecond: number;
  readonly joinMaxAgeMs: number;
  /** A delivery is through: for packet receipts. */
  readonly onDelivered?: (destination: string, packet: UplinkPacket) => void;
}

/** A packet that waited longer than this is a replay, ms. */
const liveMs = 1000;
/** Deliveries of one destination under way at once. */
const maxInFlight = 512;
const sweepMs = 5000;
const segmentsInBound = 64;
const minSegmentBytes = 64 * 1024;
const maxSegmentBytes = 4 * 1024 * 1024;

interface Attached {
  readonly destination: Destination;
  readonly number: number;
  readonly lanes: DeviceLanes;
  readonly pump: DeliveryPump;
  readonly isNew: boolean;
  /** Packets that arrive while the backlog is read: they stand behind it. Null afterwards. */
  behind: { readonly row: number; readonly key: LaneKey; readonly isJoin: boolean }[] | null;
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #writer: SpoolWriter;
  readonly #cursors: CursorWriter;
  readonly #book: SegmentBook;
  readonly #numbers: DestinationNumbers;
  readonly #pending: PendingPackets;
  readonly #times: RecordTimes;
  readonly #attached = new Map<number, Attached>();
  /** Deliveries under way to those that were detached, by number: what comes of them decides what the next one gets. */
  readonly #leaving = new Map<number, Promise<void>>();
  /** Attached as soon as the one before them has left. */
  readonly #arriving = new Map<number, Attached>();
  readonly #dropped;
  readonly #pendingGauge;
  readonly #bytesGauge;
  #scan: Promise<void> = Promise.resolve();
  #cancelSweep: () => void = () => {};
  #isClosed = false;

  private constructor(
    options: SpoolOptions,
    numbers: DestinationNumbers,
    cursors: CursorWriter,
    book: SegmentBook,
    firstSegment: number,
  ) {
    this.#options = options;
    this.#numbers = numbers;
    this.#cursors = cursors;
    this.#book = book;
    const { clock, telemetry, maxBytes } = options;
    const { toUtcMs = (steadyMs) => steadyMs + clock.wallMs() - clock.nowMs() } = options;
    this.#times = new RecordTimes({ clock, toUtcMs, firstSegment, liveMs });
    this.#pending = new PendingPackets({ ...options, book, times: this.#times });
    this.#dropped = telemetry.counter("agent_packets_dropped_total", "Packets not delivered, by reason.");
    this.#pendingGauge = telemetry.gauge("agent_spool_pending_packets", "Packets that wait, by destination.");
    this.#bytesGauge = telemetry.gauge("agent_spool_bytes", "Bytes of the spool on disk.");
    this.#writer = new SpoolWriter({
      ...options,
      times: this.#times,
      firstSegment,
      segmentBytes: Math.min(Math.max(maxBytes / segmentsInBound, minSegmentBytes), maxSegmentBytes),
      onSegmentBegun: (segment) => this.#begin(segment),
      syncCursor: (segment) => cursors.sync(segment),
      onSegmentSealed: (segment) => {
        book.seal(segment);
        this.#keepBounds();
      },
      isWanted: (record) => !record.isAdmitted || record.open > 0 || this.#hasAbsent,
      onPlaced: (record) => this.#pending.placed(record),
    });
    this.#sweepLater();
  }

  /** Opens the folder; what earlier runs left is read when its destinations are attached. Throws AGT_SPOOL_UNUSABLE. */
  static async open(options: SpoolOptions): Promise<Spool> {
    try {
      const cursors = new CursorWriter(options);
      const book = new SegmentBook({ ...options, cursors });
      const firstSegment = await book.open();
      return new Spool(options, await DestinationNumbers.open(options.disk), cursors, book, firstSegment);
    } catch (error) {
      throw agentError("AGT_SPOOL_UNUSABLE", String(error), { cause: error });
    }
  }

  /** Names with a cursor on disk, attached or not. Retire those that no config and no route names any more. */
  get knownDestinations(): readonly string[] {
    return this.#numbers.names;
  }

  /** True while the disk refuses and new packets live in memory alone. */
  get isFailing(): boolean {
    return this.#writer.isFailing;
  }

  /** Bytes on disk and packets that wait, for status pages. */
  get fill(): { readonly bytes: number; readonly maxBytes: number; readonly waitingPackets: number } {
    return { bytes: this.#book.bytes, maxBytes: this.#options.maxBytes, waitingPackets: this.#pending.table.size };
  }

  /**
   * Takes what the radio side brought. `onAccepted` is called once, in the order of appending: the record is on disk, or was
   * counted as not. Longer payloads than MAX_RECORD_PAYLOAD_BYTES are refused with AGT_BAD_OPTION.
   */
  append(kind: RecordKind, receivedMs: number, payload: Uint8Array, onAccepted: (record: LiveRecord) => void): void {
    if (payload.length > MAX_RECORD_PAYLOAD_BYTES)
      throw agentError("AGT_BAD_OPTION", `record of ${payload.length} bytes`);
    this.#writer.append(kind, receivedMs, payload, onAccepted);
  }

  /** Queues the packets of an accepted record, in their order, for every destination that wants them. */
  admit(record: LiveRecord, packets: readonly UplinkPacket[]): void {
    record.isAdmitted = true;
    const nowMs = this.#options.clock.nowMs();
    for (let index = 0; index < packets.length; index++) this.#admitPacket(record, packets[index], index, nowMs);
    for (const { pump } of this.#attached.values()) pump.wake();
  }

  #admitPacket(record: LiveRecord, packet: UplinkPacket, index: number, nowMs: number): void {
    const lane = laneOf(packet, this.#options.wantedCrc);
    if (!lane.isForServers) {
      if (lane.reason !== "proprietary") this.#dropped.add({ reason: lane.reason });
      return;
    }
    const { key, isJoin } = lane;
    const wanting: Attached[] = [];
    for (const attached of this.#attached.values()) if (attached.destination.accepts(packet)) wanting.push(attached);
    if (wanting.length === 0) {
      // One that is away finds it on disk when it comes back.
      if (this.#hasAbsent) return;
      this.#dropped.add({ reason: this.#attached.size === 0 ? "no_server" : "no_server_wants_it" });
      return;
    }
    const row = this.#pending.addLive(record, index, packet, wanting.length);
    for (const { behind, lanes } of wanting) {
      if (behind === null) lanes.add(row, key, isJoin, nowMs);
      else behind.push({ row, key, isJoin });
    }
  }

  /**
   * Gives a destination what it has not got yet and all that comes; one that comes back waits for what was under way when it
   * left. Several at once share one reading of the backlog. Throws AGT_BAD_DESTINATION for a name that is unusable or attached.
   */
  attach(destination: Destination): DestinationHandle {
    return this.attachAll([destination])[0];
  }

  attachAll(destinations: readonly Destination[]): readonly DestinationHandle[] {
    const attached = destinations.map((destination) => this.#prepare(destination));
    const [late, now] = [true, false].map((isLate) =>
      attached.filter(({ number }) => this.#leaving.has(number) === isLate),
    );
    const end = this.#enter(now);
    this.#scan = this.#scan.then(() => this.#scanFor(now, end));
    if (late.length > 0) {
      const left = Promise.all(late.map(({ number }) => this.#leaving.get(number)));
      const entered = left.then(() => this.#enter(late));
      this.#scan = this.#scan.then(async () => this.#scanFor(late, await entered));
    }
    return attached.map((one) => this.#handle(one));
  }

  /** Settles when the backlog of everything attached so far stands in the queues. */
  scanned(): Promise<void> {
    return this.#scan;
  }

  /** Forgets a destination that is not attached and what waits for it. */
  retire(name: string): void {
    const number = this.#numbers.numbers.find((one) => this.#numbers.nameOf(one) === name);
    if (number === undefined || this.#attached.has(number) || this.#arriving.has(number)) return;
    this.#numbers.retire(name, this.#writer.position.segment + 1);
    this.#book.forgotten(number);
  }

  /** Writes what waits, lets deliveries under way end, closes the files and gives the folder free. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSweep();
    await Promise.all([...this.#attached.values()].map(({ pump }) => pump.close()));
    await this.#scan;
    await this.#writer.close();
    await this.#cursors.close();
    await this.#book.removed();
    await this.#numbers.saved().catch(() => {});
    await this.#options.disk.unlock();
  }

  /** Whether some destination in use is not attached now. */
  get #hasAbsent(): boolean {
    return this.#numbers.numbers.some((number) => !this.#attached.has(number));
  }

  #prepare(destination: Destination): Attached {
    const { name } = destination;
    if (!/^[a-z0-9-]{1,40}$/.test(name)) throw agentError("AGT_BAD_DESTINATION", `${name}: a-z, 0-9 and - only`);
    const isNew = !this.#numbers.names.includes(name);
    const number = this.#numbers.numberFor(name, this.#book.numbers[0] ?? this.#writer.position.segment);
    if (this.#attached.has(number) || this.#arriving.has(number)) {
      throw agentError("AGT_BAD_DESTINATION", `${name} is attached`);
    }
    const { clock, log, telemetry, deviceSpacingMs, replayPerSecond, joinMaxAgeMs, maxAgeMs } = this.#options;
    const lanes = new DeviceLanes(this.#pending.table, {
      spacingMs: deviceSpacingMs,
      maxInFlight,
      liveMs,
      replayPerSecond,
      joinMaxAgeMs,
      maxAgeMs,
      replay: destination.replay,
    });
    const pump = new DeliveryPump({
      destination,
      lanes,
      clock,
      log,
      telemetry,
      fetch: (row) => this.#pending.fetch(row),
      onDone: (row, packet, dropped) => this.#done(attached, row, packet, dropped),
    });
    const attached: Attached = { destination, number, lanes, pump, isNew, behind: [] };
    this.#arriving.set(number, attached);
    return attached;
  }

  /** From now on they get what comes; the answer is where that begins. */
  #enter(attached: readonly Attached[]): { readonly segment: number; readonly offset: number } {
    for (const one of attached) {
      if (this.#arriving.get(one.number) !== one) continue;
      this.#arriving.delete(one.number);
      if (one.isNew) this.#subscribe(one.number);
      else this.#takeFromMemory(one);
      this.#attached.set(one.number, one);
    }
    return this.#writer.position;
  }

  /** What was accepted while the destination was away and has not reached the disk: no scan would find it. */
  #takeFromMemory(attached: Attached): void {
    const { wantedCrc, read } = this.#options;
    for (const record of this.#writer.unplaced) {
      if (!record.isAdmitted) continue;
      for (const [index, packet] of read(record).entries()) {
        const lane = laneOf(packet, wantedCrc);
        if (!lane.isForServers || !attached.destination.accepts(packet)) continue;
        // It may have had the packet before it went away; the note of that waits for the record's place.
        if (record.early.some((one) => one.index === index && one.destination === attached.number)) continue;
        const row = this.#pending.addLive(record, index, packet, 1);
        attached.behind?.push({ row, key: lane.key, isJoin: lane.isJoin });
      }
    }
  }

  /** Notes in the segments that are being written that a new destination gets what comes from now on. */
  #subscribe(destination: number): void {
    const { segment, offset } = this.#writer.position;
    for (const unsealed of this.#book.unsealed) {
      if (unsealed < segment) continue;
      const from = unsealed === segment ? offset : 0;
      this.#cursors.add(unsealed, { offset: from, index: SUBSCRIBED, destination });
    }
  }

  /** A new segment is meant for every destination in use, attached or not. */
  async #begin(segment: number): Promise<void> {
    const isRetry = this.#book.unsealed.includes(segment);
    this.#book.begin(
      segment,
      this.#numbers.numbers.filter((number) => !this.#attached.has(number)),
    );
    if (!isRetry) {
      for (const destination of this.#numbers.numbers) {
        this.#cursors.add(segment, { offset: 0, index: SUBSCRIBED, destination });
      }
    }
    await this.#cursors.flushed();
  }

  #handle(attached: Attached): DestinationHandle {
    const { destination, number, lanes, pump } = attached;
    const isHere = () => this.#attached.get(number) === attached || this.#arriving.get(number) === attached;
    const leave = () => {
      this.#attached.delete(number);
      this.#arriving.delete(number);
      const before = this.#leaving.get(number);
      const left = pump.close().then(async () => {
        for (const row of lanes.waiting()) this.#pending.abandon(row);
        for (const { row } of attached.behind ?? []) this.#pending.abandon(row);
        await before;
        if (this.#leaving.get(number) === left) this.#leaving.delete(number);
      });
      this.#leaving.set(number, left);
    };
    return {
      setReady: (isReady) => {
        lanes.setReady(isReady);
        pump.wake();
      },
      pendingCount: () => lanes.pending + (attached.behind?.length ?? 0),
      detach: () => {
        if (!isHere()) return;
        this.#book.left(number);
        leave();
      },
      retire: (reason) => {
        if (!isHere()) return;
        const label = { reason, destination: destination.name };
        this.#dropped.add(label, lanes.pending + (attached.behind?.length ?? 0));
        leave();
        this.#numbers.retire(destination.name, this.#writer.position.segment + 1);
        this.#book.forgotten(number);
      },
    };
  }

  async #scanFor(
    attached: readonly Attached[],
    end: { readonly segment: number; readonly offset: number },
  ): Promise<void> {
    const { clock } = this.#options;
    const byNumber = new Map(attached.map((one) => [one.number, one]));
    const isHere = (one: Attached) => this.#attached.get(one.number) === one;
    await this.#cursors.flushed();
    await scanBacklog({
      ...this.#options,
      times: this.#times,
      segments: this.#book.numbers,
      end,
      destinations: [...byNumber.keys()],
      known: () => this.#numbers.numbers,
      onPacket: ({ segment, offset, index, packet, destinations }) => {
        const lane = laneOf(packet, this.#options.wantedCrc);
        if (!lane.isForServers || this.#isClosed) return;
        const wanting = destinations
          .map((number) => byNumber.get(number)!)
          .filter((one) => isHere(one) && one.destination.accepts(packet));
        if (wanting.length === 0) return;
        const row = this.#pending.addStored({ segment, offset }, index, packet, wanting.length);
        for (const { lanes } of wanting) lanes.add(row, lane.key, lane.isJoin, clock.nowMs());
      },
      onSegment: (segment, subscribed) =>
        this.#book.scanned(
          segment,
          subscribed.filter((number) => !this.#attached.has(number)),
        ),
    });
    for (const one of attached) {
      if (!isHere(one)) continue;
      for (const { row, key, isJoin } of one.behind ?? []) one.lanes.add(row, key, isJoin, clock.nowMs());
      one.behind = null;
      one.pump.wake();
    }
    this.#keepBounds();
  }

  #done(attached: Attached, row: number, packet: UplinkPacket | null, dropped: DropReason | "spool_full" | null): void {
    const { destination, number } = attached;
    if (dropped !== null) this.#dropped.add({ reason: dropped, destination: destination.name });
    else if (packet !== null) this.#options.onDelivered?.(destination.name, packet);
    this.#pending.settle(row, number);
  }

  /** Gives up the oldest segments while the spool is over a bound. */
  #keepBounds(): void {
    const { maxBytes, maxAgeMs, clock } = this.#options;
    for (;;) {
      const overdue = this.#book.overdue(maxBytes, clock.nowMs() - maxAgeMs);
      if (overdue === null) break;
      for (const attached of this.#attached.values()) {
        const isIn = (row: number) => this.#pending.isUpTo(row, overdue.segment);
        for (const { row, reason } of attached.lanes.sweep(clock.nowMs(), isIn)) {
          this.#done(attached, row, null, reason ?? overdue.reason);
        }
      }
      this.#book.remove(overdue.segment);
    }
    this.#bytesGauge.set(this.#book.bytes);
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.clock.after(sweepMs, () => {
      const nowMs = this.#options.clock.nowMs();
      for (const attached of this.#attached.values()) {
        for (const { row, reason } of attached.lanes.sweep(nowMs, () => false)) {
          if (reason !== null) this.#done(attached, row, null, reason);
        }
        this.#pendingGauge.set(attached.lanes.pending, { destination: attached.destination.name });
      }
      this.#keepBounds();
      this.#sweepLater();
    });
  }
}
