/**
 * Reads back what earlier runs, or the time before a destination was attached, left to deliver.
 *
 * Segments in order, records in order, packets in order, one segment in memory at a time, with a breath for the event loop between
 * them. What cannot be read is counted, not fatal.
 */
import type { Log } from "../log.ts";
import type { UplinkPacket } from "../messages.ts";
import type { Telemetry } from "../telemetry.ts";
import { readCursors, type SegmentCursor } from "./cursor.ts";
import type { Disk } from "./disk.ts";
import { readSegment, type StoredRecord } from "./record.ts";
import type { RecordTimes } from "./record-times.ts";
import { cursorName, segmentName } from "./segment-names.ts";

export interface BacklogPacket {
  readonly segment: number;
  readonly offset: number;
  readonly index: number;
  readonly packet: UplinkPacket;
  /** Numbers of those that subscribed and have it not settled; 1 or more. */
  readonly destinations: readonly number[];
}

export interface BacklogScanOptions {
  readonly disk: Disk;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly read: (record: StoredRecord) => readonly UplinkPacket[];
  readonly times: RecordTimes;
  /** Segments to look at, ascending. */
  readonly segments: readonly number[];
  /** Where live packets took over: records from there on are none of the backlog. */
  readonly end: { readonly segment: number; readonly offset: number };
  /** Numbers of those that want to know. */
  readonly destinations: readonly number[];
  /** All numbers in use. */
  readonly known: () => readonly number[];
  readonly onPacket: (packet: BacklogPacket) => void;
  /** Numbers in use that subscribed to a segment, of those asking or not. */
  readonly onSegment: (segment: number, subscribed: readonly number[]) => void;
}

async function readOrEmpty(disk: Disk, name: string): Promise<Uint8Array> {
  try {
    return await disk.readAll(name);
  } catch {
    return new Uint8Array(0);
  }
}

function scanRecords(
  segment: number,
  bytes: Uint8Array,
  cursors: ReadonlyMap<number, SegmentCursor>,
  options: BacklogScanOptions,
): void {
  const { read, times, end, onPacket, telemetry } = options;
  const { records, gaps } = readSegment(bytes);
  if (gaps > 0)
    telemetry
      .counter("agent_spool_gaps_total", "Places in the spool where damaged bytes were skipped.")
      .add(undefined, gaps);
  for (const record of records) {
    const { offset } = record;
    if (segment === end.segment && offset >= end.offset) return;
    const wanting = [...cursors].filter(([, { fromOffset }]) => fromOffset !== null && offset >= fromOffset);
    if (wanting.length === 0) continue;
    // The payload outlives the segment's buffer in the packets read from it.
    const packets = read(times.found(segment, { ...record, payload: record.payload.slice() }));
    for (const [index, packet] of packets.entries()) {
      const destinations = wanting.filter(([, cursor]) => !cursor.isSettled(offset, index)).map(([number]) => number);
      if (destinations.length > 0) onPacket({ segment, offset, index, packet, destinations });
    }
  }
}

/** Hands over the backlog of some destinations, oldest first. */
export async function scanBacklog(options: BacklogScanOptions): Promise<void> {
  const { disk, log, segments, end, destinations, known, onSegment } = options;
  for (const segment of segments) {
    if (segment > end.segment) return;
    const cursorOf = readCursors(await readOrEmpty(disk, cursorName(segment)));
    const subscribed = known().filter((number) => cursorOf(number).fromOffset !== null);
    const asking = new Map(destinations.filter((one) => subscribed.includes(one)).map((one) => [one, cursorOf(one)]));
    if (asking.size > 0) {
      try {
        scanRecords(segment, await disk.readAll(segmentName(segment)), asking, options);
      } catch (error) {
        log.complain("scan", "a spool segment cannot be read", { segment, error: String(error) });
      }
    }
    onSegment(segment, subscribed);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
