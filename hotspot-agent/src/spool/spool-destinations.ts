/**
 * The destinations of a spool: how they come, what of the backlog and of memory is theirs, how they leave and are forgotten.
 *
 *   attach → arriving → entered (gets what comes, behind its backlog) → backlog read → live
 *   detach → leaving, until what is under way ended; its name and cursors stay
 *   retire → forgotten, with what waited
 *
 * One that comes back while it still leaves enters when it has left: what became of its last deliveries decides what it gets next.
 */
import { agentError } from "../errors.ts";
import type { CrcStatus, Destination, DestinationHandle, UplinkPacket } from "../messages.ts";
import { AttachedDestination, type AttachmentOptions } from "./attached-destination.ts";
import { scanBacklog } from "./backlog-scan.ts";
import { SUBSCRIBED } from "./cursor.ts";
import type { CursorWriter } from "./cursor-writer.ts";
import type { DropReason } from "./delivery-pump.ts";
import type { DestinationNumbers } from "./destination-numbers.ts";
import type { Disk } from "./disk.ts";
import { laneOf } from "./frame-lane.ts";
import type { Place } from "./live-record.ts";
import type { StoredRecord } from "./record.ts";
import type { RecordTimes } from "./record-times.ts";
import type { SegmentBook } from "./segment-book.ts";
import type { SpoolWriter } from "./spool-writer.ts";

export interface SpoolDestinationsOptions extends AttachmentOptions {
  readonly disk: Disk;
  readonly read: (record: StoredRecord) => readonly UplinkPacket[];
  readonly wantedCrc: ReadonlySet<CrcStatus>;
  readonly numbers: DestinationNumbers;
  readonly cursors: CursorWriter;
  readonly book: SegmentBook;
  readonly times: RecordTimes;
  readonly writer: SpoolWriter;
  /** A delivery is through. */
  readonly onDelivered?: (destination: string, packet: UplinkPacket) => void;
  /** A backlog stands in the queues. */
  readonly onScanned: () => void;
}

export class SpoolDestinations {
  readonly #options: SpoolDestinationsOptions;
  readonly #attached = new Map<number, AttachedDestination>();
  /** Deliveries under way to those that were detached, by number: what comes of them decides what the next one gets. */
  readonly #leaving = new Map<number, Promise<void>>();
  /** Attached as soon as the one before them has left. */
  readonly #arriving = new Map<number, AttachedDestination>();
  readonly #dropped;
  #scan: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: SpoolDestinationsOptions) {
    this.#options = options;
    this.#dropped = options.telemetry.counter("agent_packets_dropped_total", "Packets not delivered, by reason.");
  }

  /** Those that get what comes. */
  [Symbol.iterator](): IterableIterator<AttachedDestination> {
    return this.#attached.values();
  }

  get count(): number {
    return this.#attached.size;
  }

  /** Whether some destination in use is not attached now. */
  get hasAbsent(): boolean {
    return this.#options.numbers.numbers.some((number) => !this.#attached.has(number));
  }

  /** As `Spool.attach`. Several at once share one reading of the backlog. Throws AGT_BAD_DESTINATION. */
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

  /** As `Spool.fitting`. */
  fitting(names: readonly string[]): readonly string[] {
    return this.#options.numbers.fitting(names, this.#oldestSegment);
  }

  /** Settles when the backlog of everything attached so far stands in the queues. */
  scanned(): Promise<void> {
    return this.#scan;
  }

  /** Forgets a destination that is not attached and what waits for it. */
  retire(name: string): void {
    const { numbers, book, writer } = this.#options;
    const number = numbers.numbers.find((one) => numbers.nameOf(one) === name);
    if (number === undefined || this.#attached.has(number) || this.#arriving.has(number)) return;
    numbers.retire(name, writer.position.segment + 1);
    book.forgotten(number);
  }

  /** A destination is through with a row: it has the packet, or does not get it and why. */
  settle(
    { destination, number, pump }: AttachedDestination,
    row: number,
    packet: UplinkPacket | null,
    dropped: DropReason | "spool_full" | null,
  ): void {
    if (dropped !== null) this.#dropped.add({ reason: dropped, destination: destination.name });
    else if (packet !== null) this.#options.onDelivered?.(destination.name, packet);
    pump.forget(row);
    this.#options.pending.settle(row, number);
  }

  /** A new segment is meant for every destination in use, attached or not. Settles when its cursor file says so. */
  async beginSegment(segment: number): Promise<void> {
    const { numbers, book, cursors } = this.#options;
    const isRetry = book.unsealed.includes(segment);
    book.begin(segment, this.#absent(numbers.numbers));
    if (!isRetry) {
      for (const destination of numbers.numbers) {
        cursors.add(segment, { offset: 0, index: SUBSCRIBED, destination });
      }
    }
    await cursors.flushed();
  }

  /** No packet is taken out of a backlog any more; settles when deliveries under way have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#attached.values()].map(({ pump }) => pump.close()));
    await this.#scan;
  }

  get #oldestSegment(): number {
    const { book, writer } = this.#options;
    return book.numbers[0] ?? writer.position.segment;
  }

  #prepare(destination: Destination): AttachedDestination {
    const { numbers } = this.#options;
    const { name } = destination;
    if (!/^[a-z0-9-]{1,40}$/.test(name)) throw agentError("AGT_BAD_DESTINATION", `${name}: a-z, 0-9 and - only`);
    const isNew = !numbers.names.includes(name);
    const number = numbers.numberFor(name, this.#oldestSegment);
    if (this.#attached.has(number) || this.#arriving.has(number)) {
      throw agentError("AGT_BAD_DESTINATION", `${name} is attached`);
    }
    const attached = new AttachedDestination(destination, { number, isNew }, this.#options, (row, packet, dropped) =>
      this.settle(attached, row, packet, dropped),
    );
    this.#arriving.set(number, attached);
    return attached;
  }

  /** From now on they get what comes; the answer is where that begins. */
  #enter(attached: readonly AttachedDestination[]): Place {
    for (const one of attached) {
      if (this.#arriving.get(one.number) !== one) continue;
      this.#arriving.delete(one.number);
      if (one.isNew) this.#subscribe(one.number);
      else this.#takeFromMemory(one);
      this.#attached.set(one.number, one);
    }
    return this.#options.writer.position;
  }

  /** What was accepted while the destination was away and has not reached the disk: no scan would find it. */
  #takeFromMemory(attached: AttachedDestination): void {
    const { wantedCrc, read, writer, pending } = this.#options;
    for (const record of writer.unplaced) {
      if (!record.isAdmitted) continue;
      for (const [index, packet] of read(record).entries()) {
        const lane = laneOf(packet, wantedCrc);
        if (!lane.isForServers || !attached.destination.accepts(packet)) continue;
        // It may have had the packet before it went away; the note of that waits for the record's place.
        if (record.early.some((one) => one.index === index && one.destination === attached.number)) continue;
        attached.queue(pending.addLive(record, index, packet, 1), lane.key, lane.isJoin);
      }
    }
  }

  /** Notes in the segments that are being written that a new destination gets what comes from now on. */
  #subscribe(destination: number): void {
    const { writer, book, cursors } = this.#options;
    const { segment, offset } = writer.position;
    for (const unsealed of book.unsealed) {
      if (unsealed < segment) continue;
      const from = unsealed === segment ? offset : 0;
      cursors.add(unsealed, { offset: from, index: SUBSCRIBED, destination });
    }
  }

  #handle(attached: AttachedDestination): DestinationHandle {
    const { numbers, book, writer } = this.#options;
    const { destination, number, lanes, pump } = attached;
    const isHere = () => this.#attached.get(number) === attached || this.#arriving.get(number) === attached;
    return {
      setReady: (isReady) => {
        lanes.setReady(isReady);
        pump.wake();
      },
      pendingCount: () => attached.waiting,
      detach: () => {
        if (!isHere()) return;
        book.left(number);
        this.#leave(attached);
      },
      retire: (reason) => {
        if (!isHere()) return;
        this.#dropped.add({ reason, destination: destination.name }, attached.waiting);
        this.#leave(attached);
        numbers.retire(destination.name, writer.position.segment + 1);
        book.forgotten(number);
      },
    };
  }

  #leave(attached: AttachedDestination): void {
    const { number } = attached;
    this.#attached.delete(number);
    this.#arriving.delete(number);
    const before = this.#leaving.get(number);
    const left = attached.leave().then(async () => {
      await before;
      if (this.#leaving.get(number) === left) this.#leaving.delete(number);
    });
    this.#leaving.set(number, left);
  }

  async #scanFor(attached: readonly AttachedDestination[], end: Place): Promise<void> {
    const { numbers, book, cursors, pending, wantedCrc } = this.#options;
    const byNumber = new Map(attached.map((one) => [one.number, one]));
    const isHere = (one: AttachedDestination) => this.#attached.get(one.number) === one;
    await cursors.flushed();
    await scanBacklog({
      ...this.#options,
      segments: book.numbers,
      end,
      destinations: [...byNumber.keys()],
      known: () => numbers.numbers,
      onPacket: ({ segment, offset, index, packet, destinations }) => {
        const lane = laneOf(packet, wantedCrc);
        if (!lane.isForServers || this.#isClosed) return;
        const wanting = destinations
          .map((number) => byNumber.get(number)!)
          .filter((one) => isHere(one) && one.destination.accepts(packet));
        if (wanting.length === 0) return;
        const row = pending.addStored({ segment, offset }, index, packet, wanting.length);
        for (const one of wanting) one.queueStored(row, lane.key, lane.isJoin);
      },
      onSegment: (segment, subscribed) => book.scanned(segment, this.#absent(subscribed)),
    });
    for (const one of attached) if (isHere(one)) one.backlogRead();
    this.#options.onScanned();
  }

  #absent(numbers: readonly number[]): readonly number[] {
    return numbers.filter((number) => !this.#attached.has(number));
  }
}
