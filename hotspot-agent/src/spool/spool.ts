/**
 * The spool: what the radio side brought, on disk before it is acknowledged, until every destination has it.
 *
 *   append → (on disk) onAccepted → admit → lanes and pump of each destination → settled → segment removed
 *
 * The promise: a packet whose record was accepted while the disk took writes and the spool was inside its bounds is delivered to
 * every attached destination whose filters want it; every other one is counted by reason. See spool-writer.ts for the disk,
 * spool-destinations.ts for who comes and goes, device-lanes.ts for order and pace, cursor.ts for what survives a
 * restart.
 */
import type { Clock } from "../clock.ts";
import { agentError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { CrcStatus, Destination, DestinationHandle, UplinkPacket } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import type { AttachedDestination } from "./attached-destination.ts";
import { CursorWriter } from "./cursor-writer.ts";
import { DestinationNumbers } from "./destination-numbers.ts";
import type { Disk } from "./disk.ts";
import { laneOf } from "./frame-lane.ts";
import type { LiveRecord } from "./live-record.ts";
import { PendingPackets } from "./pending-packets.ts";
import { MAX_RECORD_PAYLOAD_BYTES, type RecordKind, type StoredRecord } from "./record.ts";
import { RecordTimes } from "./record-times.ts";
import { SegmentBook } from "./segment-book.ts";
import { SpoolDestinations } from "./spool-destinations.ts";
import type { SpoolLimits } from "./spool-limits.ts";
import { SpoolWriter } from "./spool-writer.ts";

export interface SpoolOptions extends SpoolLimits {
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
  /** A delivery is through: for packet receipts. */
  readonly onDelivered?: (destination: string, packet: UplinkPacket) => void;
}

/** A packet that waited longer than this is a replay, ms. */
const liveMs = 1000;
const sweepMs = 5000;
const segmentsInBound = 64;
const minSegmentBytes = 64 * 1024;
const maxSegmentBytes = 4 * 1024 * 1024;

export class Spool {
  readonly #options: SpoolOptions;
  readonly #writer: SpoolWriter;
  readonly #cursors: CursorWriter;
  readonly #book: SegmentBook;
  readonly #numbers: DestinationNumbers;
  readonly #pending: PendingPackets;
  readonly #times: RecordTimes;
  readonly #destinations: SpoolDestinations;
  readonly #dropped;
  readonly #pendingGauge;
  readonly #bytesGauge;
  #cancelSweep: () => void = () => {};

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
      onSegmentBegun: (segment) => this.#destinations.beginSegment(segment),
      syncCursor: (segment) => cursors.sync(segment),
      onSegmentSealed: (segment) => {
        book.seal(segment);
        this.#keepBounds();
      },
      isWanted: (record) => !record.isAdmitted || record.open > 0 || this.#destinations.hasAbsent,
      onPlaced: (record) => this.#pending.placed(record),
    });
    this.#destinations = new SpoolDestinations({
      ...options,
      liveMs,
      numbers,
      cursors,
      book,
      pending: this.#pending,
      times: this.#times,
      writer: this.#writer,
      onScanned: () => this.#keepBounds(),
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
    for (let index = 0; index < packets.length; index++) this.#admitPacket(record, packets[index], index);
    for (const { pump } of this.#destinations) pump.wake();
  }

  #admitPacket(record: LiveRecord, packet: UplinkPacket, index: number): void {
    const lane = laneOf(packet, this.#options.wantedCrc);
    if (!lane.isForServers) {
      if (lane.reason !== "proprietary") this.#dropped.add({ reason: lane.reason });
      return;
    }
    const { key, isJoin } = lane;
    const wanting: AttachedDestination[] = [];
    for (const attached of this.#destinations) if (attached.destination.accepts(packet)) wanting.push(attached);
    if (wanting.length === 0) {
      // One that is away finds it on disk when it comes back.
      if (this.#destinations.hasAbsent) return;
      this.#dropped.add({ reason: this.#destinations.count === 0 ? "no_server" : "no_server_wants_it" });
      return;
    }
    const row = this.#pending.addLive(record, index, packet, wanting.length);
    for (const attached of wanting) attached.queue(row, key, isJoin);
  }

  /**
   * Gives a destination what it has not got yet and all that comes; one that comes back waits for what was under way when it
   * left. Throws AGT_BAD_DESTINATION for a name that is unusable or attached.
   */
  attach(destination: Destination): DestinationHandle {
    return this.attachAll([destination])[0];
  }

  /** The same for several, which share one reading of the backlog. */
  attachAll(destinations: readonly Destination[]): readonly DestinationHandle[] {
    return this.#destinations.attachAll(destinations);
  }

  /** Those of some names, in their order, that `attachAll` has room for beside what it knows. */
  fitting(names: readonly string[]): readonly string[] {
    return this.#destinations.fitting(names);
  }

  /** Settles when the backlog of everything attached so far stands in the queues. */
  scanned(): Promise<void> {
    return this.#destinations.scanned();
  }

  /** Forgets a destination that is not attached and what waits for it. */
  retire(name: string): void {
    this.#destinations.retire(name);
  }

  /** Writes what waits, lets deliveries under way end, closes the files and gives the folder free. */
  async close(): Promise<void> {
    this.#cancelSweep();
    await this.#destinations.close();
    await this.#writer.close();
    await this.#cursors.close();
    await this.#book.removed();
    await this.#numbers.saved().catch(() => {});
    await this.#options.disk.unlock();
  }

  /** Gives up the oldest segments while the spool is over a bound. */
  #keepBounds(): void {
    const { maxBytes, maxAgeMs, clock } = this.#options;
    for (;;) {
      const overdue = this.#book.overdue(maxBytes, clock.nowMs() - maxAgeMs);
      if (overdue === null) break;
      for (const attached of this.#destinations) {
        const isIn = (row: number) => this.#pending.isUpTo(row, overdue.segment);
        for (const { row, reason } of attached.lanes.sweep(clock.nowMs(), isIn)) {
          this.#destinations.settle(attached, row, null, reason ?? overdue.reason);
        }
      }
      this.#book.remove(overdue.segment);
    }
    this.#bytesGauge.set(this.#book.bytes);
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.clock.after(sweepMs, () => {
      const nowMs = this.#options.clock.nowMs();
      for (const attached of this.#destinations) {
        for (const { row, reason } of attached.lanes.sweep(nowMs, () => false)) {
          if (reason !== null) this.#destinations.settle(attached, row, null, reason);
        }
        this.#pendingGauge.set(attached.lanes.pending, { destination: attached.destination.name });
      }
      this.#keepBounds();
      this.#sweepLater();
    });
  }
}
