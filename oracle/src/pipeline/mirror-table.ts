/** Segments of other ingests' logs that were downloaded and checked, in SQL; their bytes are artefacts. */
import type { SealedSegment } from "../ports/report-log.ts";
import type { Db } from "../ports/store.ts";
import { readBytes, readInteger } from "../store/values.ts";

/** Notes a segment; noting it again changes nothing. */
export async function insertMirrored(db: Db, log: string, segment: SealedSegment): Promise<void> {
  const row = {
    log,
    segment: segment.number,
    first_index: segment.firstIndex,
    uploads: segment.uploads,
    first_receive_ms: segment.firstReceiveMs,
    last_receive_ms: segment.lastReceiveMs,
    bytes: segment.bytes,
    sha256: segment.sha256,
    head_before: segment.headBefore,
    head_after: segment.headAfter,
  };
  await db.sql`INSERT INTO mirror_segment ${db.sql.rows([row])} ON CONFLICT (log, segment) DO NOTHING`;
}

/** All segments of a log, in order. */
export async function mirroredSegments(db: Db, log: string): Promise<readonly SealedSegment[]> {
  const rows = await db.sql`SELECT * FROM mirror_segment WHERE log = ${log} ORDER BY segment`;
  return rows.map((row) => ({
    number: readInteger(row.segment),
    firstIndex: readInteger(row.first_index),
    uploads: readInteger(row.uploads),
    firstReceiveMs: readInteger(row.first_receive_ms),
    lastReceiveMs: readInteger(row.last_receive_ms),
    bytes: readInteger(row.bytes),
    sha256: readBytes(row.sha256),
    headBefore: readBytes(row.head_before),
    headAfter: readBytes(row.head_after),
  }));
}
