/**
 * The packets that some destination waits for, by row: where each lies, and the way back to it.
 *
 * Most rows are numbers in the packet table; a bounded number of packets is kept as it was read, for who sends it at once; a row whose
 * record has no place on disk yet keeps the record. What is settled is noted in the segment's book, or on the record until it has
 * a place.
 */
import { crc32 } from "node:zlib";
import type { UplinkPacket } from "../messages.ts";
import type { Disk } from "./disk.ts";
import type { LiveRecord, Place } from "./live-record.ts";
import { PacketTable } from "./packet-table.ts";
import { MAX_RECORD_PAYLOAD_BYTES, RECORD_HEADER_BYTES, readRecord, type StoredRecord } from "./record.ts";
import type { RecordTimes } from "./record-times.ts";
import type { SegmentBook } from "./segment-book.ts";
import { segmentName } from "./segment-names.ts";

/** Packets kept as they were read. */
const maxHotPackets = 2048;

export interface PendingPacketsOptions {
  readonly disk: Disk;
  readonly book: SegmentBook;
  readonly read: (record: StoredRecord) => readonly UplinkPacket[];
  readonly times: RecordTimes;
}

/** A packet, or a promise of it, or why it is gone. */
export type Fetched = UplinkPacket | Promise<UplinkPacket | "unreadable"> | "lost_in_memory";

export class PendingPackets {
  readonly table = new PacketTable();
  readonly #options: PendingPacketsOptions;
  readonly #hot = new Map<number, UplinkPacket>();
  readonly #unplaced = new Map<number, LiveRecord>();

  constructor(options: PendingPacketsOptions) {
    this.#options = options;
  }

  /** A row for a packet that lies on disk. */
  addStored({ segment, offset }: Place, index: number, packet: UplinkPacket, uses: number): number {
    const { receivedMs, phyPayload } = packet;
    this.#options.book.opened(segment, uses);
    return this.table.add({ segment, offset, index, receivedMs, phyHash: crc32(phyPayload) }, uses);
  }

  /** A row for a packet of a record that was just accepted, on disk or not yet. */
  addLive(record: LiveRecord, index: number, packet: UplinkPacket, uses: number): number {
    const row =
      record.place === null
        ? this.#addUnplaced(record, index, packet, uses)
        : this.addStored(record.place, index, packet, uses);
    this.#hot.set(row, packet);
    if (this.#hot.size > maxHotPackets) {
      for (const oldest of this.#hot.keys()) {
        this.#hot.delete(oldest);
        break;
      }
    }
    return row;
  }

  /** Whether a row lies in a segment up to `segment`; one that has no place yet does not. */
  isUpTo(row: number, segment: number): boolean {
    return this.table.segment[row] !== 0 && this.table.segment[row] <= segment;
  }

  /** A record reached the disk: its rows get their place, and what was settled before is noted. */
  placed(record: LiveRecord): void {
    const { book } = this.#options;
    const { segment, offset } = record.place!;
    book.grew(segment, RECORD_HEADER_BYTES + record.payload.length, record.receivedMs);
    if (!record.isAdmitted) return;
    for (const row of record.rows) {
      if (this.#unplaced.get(row) !== record) continue;
      this.#unplaced.delete(row);
      this.table.segment[row] = segment;
      this.table.offset[row] = offset;
    }
    record.rows = [];
    book.opened(segment, record.open + record.early.length);
    for (const { index, destination } of record.early) book.settled(segment, offset, index, destination);
  }

  /** The packet of a row. */
  fetch(row: number): Fetched {
    const hot = this.#hot.get(row);
    if (hot !== undefined) return hot;
    const index = this.table.index[row];
    const unplaced = this.#unplaced.get(row);
    if (unplaced === undefined) return this.#readBack(row);
    return unplaced.isLost ? "lost_in_memory" : (this.#options.read(unplaced)[index] ?? "lost_in_memory");
  }

  /** A destination is through with a row. */
  settle(row: number, destination: number): void {
    const { segment, offset, index } = this.table;
    const record = this.#unplaced.get(row);
    if (record === undefined) this.#options.book.settled(segment[row], offset[row], index[row], destination);
    else {
      record.open--;
      record.early.push({ index: index[row], destination });
    }
    this.#release(row);
  }

  /** A destination that went away does not wait for a row any more, and has not got it. */
  abandon(row: number): void {
    const record = this.#unplaced.get(row);
    if (record === undefined) this.#options.book.abandoned(this.table.segment[row]);
    else record.open--;
    this.#release(row);
  }

  #addUnplaced(record: LiveRecord, index: number, packet: UplinkPacket, uses: number): number {
    const { receivedMs, phyPayload } = packet;
    const row = this.table.add({ segment: 0, offset: 0, index, receivedMs, phyHash: crc32(phyPayload) }, uses);
    record.rows.push(row);
    record.open += uses;
    this.#unplaced.set(row, record);
    return row;
  }

  #release(row: number): void {
    if (!this.table.release(row)) return;
    this.#hot.delete(row);
    this.#unplaced.delete(row);
  }

  async #readBack(row: number): Promise<UplinkPacket | "unreadable"> {
    const { table } = this;
    const [segment, offset, index, receivedMs] = [
      table.segment[row],
      table.offset[row],
      table.index[row],
      table.receivedMs[row],
    ];
    const { disk, read, times } = this.#options;
    const file = await disk.open(segmentName(segment));
    try {
      const header = await file.read(offset, RECORD_HEADER_BYTES);
      if (header.length < RECORD_HEADER_BYTES) return "unreadable";
      const payloadBytes = new DataView(header.buffer, header.byteOffset).getUint32(4, true);
      const length = RECORD_HEADER_BYTES + Math.min(payloadBytes, MAX_RECORD_PAYLOAD_BYTES);
      const record = readRecord(await file.read(offset, length), 0);
      if (record === null) return "unreadable";
      return read(times.readBack(segment, record, receivedMs))[index] ?? "unreadable";
    } finally {
      await file.close();
    }
  }
}
