/**
 * One ingest's log as this oracle holds it, asked for heads and entries: what receipts and heads from elsewhere are held against.
 *
 * Sealed segments say the heads at their ends; heads in between follow from the uploads inside. What was computed of a sealed segment
 * stays true, so the last one looked at is kept.
 */
import { type LogEntry, logGenesis, nextLogHead, uploadId } from "@earshot/poc/protocol";
import { oracleError } from "../errors.ts";
import { readSegment } from "../log/segment-reader.ts";
import type { LogReader } from "../pipeline/log-reader.ts";
import type { SealedSegment } from "../ports/report-log.ts";

export interface LoggedEntry extends LogEntry {
  /** Head before the upload, 32 bytes. */
  readonly previousHead: Uint8Array;
}

export class LogCopy {
  readonly reader: LogReader;
  readonly network: number;
  readonly ingestKey: Uint8Array;
  readonly #genesis: Uint8Array;
  #last: { readonly number: number; readonly entries: readonly LoggedEntry[] } | undefined;

  constructor(reader: LogReader, network: number, ingestKey: Uint8Array) {
    this.reader = reader;
    this.network = network;
    this.ingestKey = ingestKey;
    this.#genesis = logGenesis(network, ingestKey);
  }

  /** Uploads in the sealed part. */
  async length(): Promise<number> {
    const last = (await this.reader.segments()).at(-1);
    return last === undefined ? 0 : last.firstIndex + last.uploads;
  }

  /** The head after so many uploads, or undefined beyond the sealed part. */
  async headAt(length: number): Promise<Uint8Array | undefined> {
    if (length === 0) return this.#genesis;
    const next = (await this.reader.segments()).find(({ firstIndex }) => firstIndex === length);
    if (next !== undefined) return next.headBefore;
    const segment = await this.segmentOf(length - 1);
    if (segment === undefined) return undefined;
    if (length === segment.firstIndex + segment.uploads) return segment.headAfter;
    const entries = await this.#entries(segment);
    return entries[length - segment.firstIndex].previousHead;
  }

  /** What the log holds at an index, or undefined beyond the sealed part. */
  async entryAt(logIndex: number): Promise<LoggedEntry | undefined> {
    const segment = await this.segmentOf(logIndex);
    if (segment === undefined) return undefined;
    return (await this.#entries(segment))[logIndex - segment.firstIndex];
  }

  /** The sealed segment that holds an index. */
  async segmentOf(logIndex: number): Promise<SealedSegment | undefined> {
    return (await this.reader.segments()).find(
      ({ firstIndex, uploads }) => logIndex >= firstIndex && logIndex < firstIndex + uploads,
    );
  }

  async #entries(segment: SealedSegment): Promise<readonly LoggedEntry[]> {
    if (this.#last?.number === segment.number) return this.#last.entries;
    const bytes = await this.reader.segmentBytes(segment.number);
    const path = `${this.reader.name}/${segment.number}`;
    if (bytes === undefined) throw oracleError("ORC_MISSING_FILE", `${path}: the log lost a sealed segment`);
    const entries = entriesOf(bytes, segment, path);
    this.#last = { number: segment.number, entries };
    return entries;
  }
}

/** Entries of a segment. Throws ORC_BAD_LOG when its heads do not follow from its uploads. */
export function entriesOf(
  bytes: Uint8Array,
  segment: Pick<SealedSegment, "number" | "firstIndex" | "headBefore" | "headAfter">,
  path: string,
): readonly LoggedEntry[] {
  let head = segment.headBefore;
  const entries = readSegment(bytes, segment.number, path).map((record, at): LoggedEntry => {
    const entry = {
      uploadId: uploadId(record.bytes),
      receiveMs: record.receiveMs,
      logIndex: segment.firstIndex + at,
      previousHead: head,
    };
    head = nextLogHead(head, entry);
    return entry;
  });
  if (Buffer.compare(head, segment.headAfter) !== 0) {
    throw oracleError("ORC_BAD_LOG", `${path}: its uploads do not lead to the head it says it ends with`);
  }
  return entries;
}
