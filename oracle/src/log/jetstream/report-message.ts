/**
 * Shuffled reports on their way: many of one partition in a message, so that a message is acknowledged or not and order holds.
 *
 *   message   record …                                      record: source u8+text · position u64 · index u32 · payload u8+bytes · u32+bytes
 *
 * A writer has one message of a partition under way at a time. So what arrives first of a source ascends by (position, index), and a
 * reader knows a repeat by the last it has seen of the source (`ShuffleCursor`), which is its checkpoint together with the sequence.
 */
import { oracleError } from "../../errors.ts";
import type { ReadReport, ShuffleBatch, ShuffleCheckpoint } from "../../ports/report-log.ts";
import { logPartition } from "../partition.ts";

/** Bytes at which a message is full. */
const MESSAGE_BYTES = 1024 * 1024;

export interface ReportMessage {
  readonly partition: number;
  /** Payload of its first report: names the subject. */
  readonly payload: Uint8Array;
  readonly data: Uint8Array;
}

/** The messages of batches by partition, in the order in which they must arrive. */
export function reportMessages(batches: readonly ShuffleBatch[], partitions: number): Map<number, ReportMessage[]> {
  const open = new Map<number, { payload: Uint8Array; parts: Uint8Array[]; bytes: number }>();
  const messages = new Map<number, ReportMessage[]>();
  const finish = (partition: number) => {
    const { payload, parts } = open.get(partition)!;
    const list = messages.get(partition) ?? [];
    list.push({ partition, payload, data: Buffer.concat(parts) });
    messages.set(partition, list);
    open.delete(partition);
  };
  for (const { source, position, reports } of batches) {
    for (const [index, { payload, bytes }] of reports.entries()) {
      const partition = logPartition(payload, partitions);
      const record = encodeRecord({ source, position, index, payload, bytes });
      const message = open.get(partition) ?? { payload, parts: [], bytes: 0 };
      open.set(partition, message);
      message.parts.push(record);
      message.bytes += record.length;
      if (message.bytes >= MESSAGE_BYTES) finish(partition);
    }
  }
  for (const partition of [...open.keys()]) finish(partition);
  return messages;
}

function encodeRecord({ source, position, index, payload, bytes }: ReadReport): Uint8Array {
  const record = Buffer.alloc(18 + source.length + payload.length + bytes.length);
  let at = record.writeUInt8(source.length, 0);
  at += record.write(source, at, "latin1");
  at = record.writeBigUInt64LE(BigInt(position), at);
  at = record.writeUInt32LE(index, at);
  at = record.writeUInt8(payload.length, at);
  record.set(payload, at);
  at = record.writeUInt32LE(bytes.length, at + payload.length);
  record.set(bytes, at);
  return record;
}

/** The reports of a message. Throws ORC_BAD_LOG for bytes that no log wrote. */
export function decodeReports(data: Uint8Array, place: string): ReadReport[] {
  const record = Buffer.from(data.buffer, data.byteOffset, data.length);
  const reports: ReadReport[] = [];
  let at = 0;
  const take = (bytes: number): number => {
    const start = at;
    if (start + bytes > record.length) throw oracleError("ORC_BAD_LOG", `${place}: a report is cut off at ${start}`);
    at = start + bytes;
    return start;
  };
  while (at < record.length) {
    const sourceLength = record.readUInt8(take(1));
    const source = record.toString("latin1", take(sourceLength), at);
    const position = Number(record.readBigUInt64LE(take(8)));
    const index = record.readUInt32LE(take(4));
    const payloadLength = record.readUInt8(take(1));
    const payload = Uint8Array.from(record.subarray(take(payloadLength), at));
    const length = record.readUInt32LE(take(4));
    const bytes = Uint8Array.from(record.subarray(take(length), at));
    reports.push({ source, position, index, payload, bytes });
  }
  return reports;
}

/** What a reader of a partition has seen: the last sequence, and of each source the last place. */
export class ShuffleCursor {
  #sequence: number;
  readonly #seen: Map<string, readonly [position: number, index: number]>;

  /** Throws ORC_BAD_LOG for text that is no checkpoint of this log. */
  constructor(checkpoint: ShuffleCheckpoint | undefined) {
    const { sequence, seen } = checkpoint === undefined ? { sequence: 0, seen: [] } : parseCheckpoint(checkpoint);
    this.#sequence = sequence;
    this.#seen = new Map(seen.map(([source, position, index]) => [source, [position, index]]));
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Moves on over a message; gives what of it is new. */
  take(sequence: number, reports: readonly ReadReport[]): ReadReport[] {
    this.#sequence = sequence;
    return reports.filter(({ source, position, index }) => {
      const [lastPosition, lastIndex] = this.#seen.get(source) ?? [-1, -1];
      if (position < lastPosition || (position === lastPosition && index <= lastIndex)) return false;
      this.#seen.set(source, [position, index]);
      return true;
    });
  }

  checkpoint(): ShuffleCheckpoint {
    const seen = [...this.#seen].map(([source, [position, index]]) => [source, position, index]);
    return JSON.stringify({ sequence: this.#sequence, seen });
  }
}

interface Checkpoint {
  readonly sequence: number;
  readonly seen: readonly (readonly [string, number, number])[];
}

function parseCheckpoint(text: ShuffleCheckpoint): Checkpoint {
  let value: Partial<Checkpoint> | null = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below.
  }
  const isPlace = (place: unknown) =>
    Array.isArray(place) &&
    typeof place[0] === "string" &&
    Number.isSafeInteger(place[1]) &&
    Number.isSafeInteger(place[2]);
  if (Number.isSafeInteger(value?.sequence) && Array.isArray(value?.seen) && value.seen.every(isPlace)) {
    return value as Checkpoint;
  }
  throw oracleError("ORC_BAD_LOG", `"${text.slice(0, 80)}" is no checkpoint of this log`);
}
