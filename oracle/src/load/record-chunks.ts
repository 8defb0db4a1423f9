/** A log's records in the pieces that are verified at a time: so many that their signatures make a good equation, so few that it ends. */
import { parseUploadHeader } from "@earshot/poc/protocol";
import type { LogRecord } from "../log/segment-reader.ts";

/**
 * Uploads of a chunk, and beacons of a chunk: ten MB or so of columns. The more, the less an equation of their signatures takes each
 * (poc/ed25519); checked one by one, which a hostile log can make them be, they are seconds.
 */
export const CHUNK_RECORDS = 16_384;

/** The records in their order. What follows from a log is the same however it is cut. */
export function* recordChunks(records: Iterable<LogRecord>): Generator<LogRecord[]> {
  let chunk: LogRecord[] = [];
  let beacons = 0;
  for (const record of records) {
    const more = beaconsOf(record);
    if (chunk.length === CHUNK_RECORDS || beacons + more > CHUNK_RECORDS) {
      yield chunk;
      chunk = [];
      beacons = 0;
    }
    chunk.push(record);
    beacons += more;
  }
  if (chunk.length > 0) yield chunk;
}

/** What a reader of the record would look at, which is nothing if it is no upload. */
function beaconsOf({ bytes }: LogRecord): number {
  const parsed = parseUploadHeader(bytes);
  return parsed.status === "refused" ? 0 : parsed.header.counts.beacons;
}
