/**
 * What the pipeline has done, in SQL: a row per verified segment and per closed epoch. The only state workers share besides leases.
 *
 * Every row says what follows from a log and the chain alone, so two workers that do the same work write the same row, and the second
 * one changes nothing. Files stand in the artefact store under the hashes that the rows hold.
 */
import { oracleError } from "../errors.ts";
import type { Db, Lease, SqlRow, Store } from "../ports/store.ts";
import { requireLease } from "../store/leases.ts";
import { readAmount, readBytes, readInteger, readText } from "../store/values.ts";

/** Name of an interval's challenges among the facts of an epoch. */
const INTERVAL_FACT = "challenges/";

/** A sealed segment as an epoch reads it. */
export interface ChunkRow {
  readonly epoch: number;
  readonly log: string;
  readonly segment: number;
  /** The chunk (chunk-file.ts) and the segment itself in the artefact store, 32 bytes each. */
  readonly chunkSha256: Uint8Array;
  readonly segmentSha256: Uint8Array;
}

export interface ClosedEpoch {
  readonly epoch: number;
  /** Hash of manifest.json, 32 bytes: what oracles vote on as the report. */
  readonly manifestSha256: Uint8Array;
  /** Root of the rewards, 32 bytes. */
  readonly rootHash: Uint8Array;
  readonly totalAtoms: bigint;
  readonly leafCount: number;
  /** 32 bytes. */
  readonly parameterHash: Uint8Array;
}

/** Notes that a segment was verified for an epoch. Throws ORC_LEASE_LOST, and ORC_CONTRADICTION when another chunk is noted for it. */
export function noteChunk(store: Store, lease: Lease, row: ChunkRow): Promise<void> {
  return store.transaction(async (tx) => {
    await requireLease(tx, lease);
    const known = await chunkOf(tx, row);
    if (known !== undefined) {
      if (Buffer.compare(known.chunkSha256, row.chunkSha256) === 0) return;
      throw oracleError(
        "ORC_CONTRADICTION",
        `segment ${row.segment} of ${row.log} gave two chunks in epoch ${row.epoch}`,
      );
    }
    const { epoch, log, segment, chunkSha256, segmentSha256 } = row;
    const columns = { epoch, log, segment, chunk_sha256: chunkSha256, segment_sha256: segmentSha256 };
    await tx.sql`INSERT INTO pipeline_chunk ${tx.sql.rows([columns])}`;
  });
}

/** The verified segments of an epoch, by log and number. */
export async function chunksOf(db: Db, epoch: number): Promise<readonly ChunkRow[]> {
  const rows = await db.sql`SELECT * FROM pipeline_chunk WHERE epoch = ${epoch} ORDER BY log, segment`;
  return rows.map(readChunk);
}

async function chunkOf(db: Db, { epoch, log, segment }: ChunkRow): Promise<ChunkRow | undefined> {
  const rows = await db.sql`
    SELECT * FROM pipeline_chunk WHERE epoch = ${epoch} AND log = ${log} AND segment = ${segment} ORDER BY log`;
  return rows[0] === undefined ? undefined : readChunk(rows[0]);
}

/** Drops the rows of an epoch's segments: when it is closed nobody needs them. */
export async function forgetChunks(db: Db, epoch: number): Promise<void> {
  await db.sql`DELETE FROM pipeline_chunk WHERE epoch = ${epoch}`;
}

/** Notes the challenges of an interval (derive-intervals.ts). Throws ORC_LEASE_LOST, and ORC_CONTRADICTION when others are noted. */
export function noteInterval(
  store: Store,
  lease: Lease,
  { epoch, interval, sha256 }: { readonly epoch: number; readonly interval: number; readonly sha256: string },
): Promise<void> {
  return store.transaction(async (tx) => {
    await requireLease(tx, lease);
    const known = (await intervalsOf(tx, epoch)).get(interval);
    if (known === sha256) return;
    if (known !== undefined) {
      throw oracleError("ORC_CONTRADICTION", `interval ${interval} of epoch ${epoch} gave two lists of challenges`);
    }
    await tx.sql`INSERT INTO epoch_fact ${tx.sql.rows([{ epoch, name: `${INTERVAL_FACT}${interval}`, value: sha256 }])}`;
  });
}

/** Hashes of the challenges that were derived, by interval. */
export async function intervalsOf(db: Db, epoch: number): Promise<ReadonlyMap<number, string>> {
  const rows = await db.sql`SELECT name, value FROM epoch_fact WHERE epoch = ${epoch} ORDER BY name`;
  const known = rows.map((row) => [readText(row.name), readText(row.value)] as const);
  return new Map(
    known
      .filter(([name]) => name.startsWith(INTERVAL_FACT))
      .map(([name, value]) => [Number(name.slice(INTERVAL_FACT.length)), value]),
  );
}

/** Notes a closed epoch. Throws ORC_LEASE_LOST, and ORC_CONTRADICTION when it was closed with another manifest. */
export function noteClosed(store: Store, lease: Lease, closed: ClosedEpoch): Promise<void> {
  return store.transaction(async (tx) => {
    await requireLease(tx, lease);
    const known = await closedEpoch(tx, closed.epoch);
    if (known !== undefined) {
      if (Buffer.compare(known.manifestSha256, closed.manifestSha256) === 0) return;
      throw oracleError("ORC_CONTRADICTION", `epoch ${closed.epoch} was closed with another manifest`);
    }
    const columns = {
      epoch: closed.epoch,
      manifest_sha256: closed.manifestSha256,
      root_hash: closed.rootHash,
      total_atoms: closed.totalAtoms,
      leaf_count: closed.leafCount,
      parameter_hash: closed.parameterHash,
    };
    await tx.sql`INSERT INTO pipeline_epoch ${tx.sql.rows([columns])}`;
  });
}

export async function closedEpoch(db: Db, epoch: number): Promise<ClosedEpoch | undefined> {
  const rows = await db.sql`
    SELECT epoch, manifest_sha256, root_hash, CAST(total_atoms AS TEXT) AS total_atoms, leaf_count, parameter_hash
    FROM pipeline_epoch WHERE epoch = ${epoch} ORDER BY epoch`;
  return rows[0] === undefined ? undefined : readClosed(rows[0]);
}

/** The last closed epoch, or undefined before the first. */
export async function lastClosedEpoch(db: Db): Promise<ClosedEpoch | undefined> {
  const rows = await db.sql`
    SELECT epoch, manifest_sha256, root_hash, CAST(total_atoms AS TEXT) AS total_atoms, leaf_count, parameter_hash
    FROM pipeline_epoch ORDER BY epoch DESC LIMIT 1`;
  return rows[0] === undefined ? undefined : readClosed(rows[0]);
}

/** Numbers of all closed epochs, ascending. */
export async function closedEpochs(db: Db): Promise<readonly number[]> {
  const rows = await db.sql`SELECT epoch FROM pipeline_epoch ORDER BY epoch`;
  return rows.map((row) => readInteger(row.epoch));
}

function readChunk(row: SqlRow): ChunkRow {
  return {
    epoch: readInteger(row.epoch),
    log: readText(row.log),
    segment: readInteger(row.segment),
    chunkSha256: readBytes(row.chunk_sha256),
    segmentSha256: readBytes(row.segment_sha256),
  };
}

function readClosed(row: SqlRow): ClosedEpoch {
  return {
    epoch: readInteger(row.epoch),
    manifestSha256: readBytes(row.manifest_sha256),
    rootHash: readBytes(row.root_hash),
    totalAtoms: readAmount(row.total_atoms),
    leafCount: readInteger(row.leaf_count),
    parameterHash: readBytes(row.parameter_hash),
  };
}
