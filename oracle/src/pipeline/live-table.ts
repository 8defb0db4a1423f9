/**
 * What is known of the running epoch, in SQL for the API: verdicts as they are told, and running counts by cell and hotspot.
 *
 * Rows are replaced and never added to, so a worker that begins a partition anew writes what the one before it wrote. Counts of one
 * cell or hotspot stand in a row per partition; what is asked for is their sum. Everything goes when its epoch is closed: the archive
 * then has the final word.
 */
import type { Db, SqlScalar, Tx } from "../ports/store.ts";
import { readBytes, readInteger, readNullable } from "../store/values.ts";
import type { LiveEpoch } from "./live-epoch.ts";
import type { LiveVerdict } from "./live-judge.ts";
import type { CellCounts, HotspotCounts, LiveTally } from "./live-tally.ts";

/** Rows of one statement: few enough for every database's limit of parameters. */
const BATCH_ROWS = 500;

/** Writes verdicts told at `toldMs`, replacing what was told before of the same reports. */
export async function writeVerdicts(
  tx: Tx,
  epoch: LiveEpoch,
  verdicts: readonly LiveVerdict[],
  toldMs: number,
): Promise<void> {
  const { windowMs } = epoch.opening.parameters.time;
  const rows = verdicts.map(({ report, challenge, reason, measured, limit, selected }) => ({
    epoch: epoch.epoch,
    upload_id: report.uploadId,
    index_in_upload: report.indexInUpload,
    kind: report.kind,
    hotspot_key: report.senderKey,
    challenge_id: challenge?.challengeId ?? null,
    closes_ms: challenge === undefined ? null : epoch.startMs + challenge.transmitOffsetMs + windowMs,
    told_ms: toldMs,
    reason,
    measured,
    limit_value: limit,
    selected: selected === undefined ? null : Number(selected),
  }));
  for (const batch of inBatches(rows)) {
    await tx.sql`
      INSERT INTO live_verdict ${tx.sql.rows(batch)}
      ON CONFLICT (epoch, upload_id, index_in_upload) DO UPDATE SET
        challenge_id = excluded.challenge_id, closes_ms = excluded.closes_ms, told_ms = excluded.told_ms,
        reason = excluded.reason, measured = excluded.measured, limit_value = excluded.limit_value,
        selected = excluded.selected`;
  }
}

/** Writes the counts that have changed since the last call. */
export async function writeTally(
  tx: Tx,
  { epoch, opening }: LiveEpoch,
  partition: number,
  tally: LiveTally,
  changed: ReturnType<LiveTally["takeChanged"]>,
): Promise<void> {
  const cells = changed.cells.map((cell) => {
    const counts = tally.cells.get(cell)!;
    return { epoch, cell: cell.toString(16).padStart(15, "0"), partition_number: partition, ...cellColumns(counts) };
  });
  for (const batch of inBatches(cells)) {
    await tx.sql`
      INSERT INTO live_cell ${tx.sql.rows(batch)}
      ON CONFLICT (epoch, cell, partition_number) DO UPDATE SET
        beacons = excluded.beacons, beacons_valid = excluded.beacons_valid, witness_reports = excluded.witness_reports,
        witnesses_valid = excluded.witnesses_valid, witnesses_selected = excluded.witnesses_selected`;
  }
  const hotspots = changed.hotspots.map((row) => ({
    epoch,
    hotspot_key: opening.hotspots.key.slice(row * 33, (row + 1) * 33),
    partition_number: partition,
    ...hotspotColumns(tally.hotspots.get(row)!),
  }));
  for (const batch of inBatches(hotspots)) {
    await tx.sql`
      INSERT INTO live_hotspot ${tx.sql.rows(batch)}
      ON CONFLICT (epoch, hotspot_key, partition_number) DO UPDATE SET
        beacons = excluded.beacons, beacons_valid = excluded.beacons_valid, witnesses = excluded.witnesses,
        witnesses_valid = excluded.witnesses_valid, witnesses_selected = excluded.witnesses_selected,
        last_beacon_ms = excluded.last_beacon_ms, last_witness_ms = excluded.last_witness_ms`;
  }
}

/** Forgets a closed epoch. */
export async function forgetLive(db: Db, epoch: number): Promise<void> {
  await db.sql`DELETE FROM live_verdict WHERE epoch <= ${epoch}`;
  await db.sql`DELETE FROM live_cell WHERE epoch <= ${epoch}`;
  await db.sql`DELETE FROM live_hotspot WHERE epoch <= ${epoch}`;
}

/** A verdict as it was last told. */
export interface ToldVerdict {
  readonly uploadId: Uint8Array;
  readonly indexInUpload: number;
  /** 1 beacon, 2 witness. */
  readonly kind: number;
  readonly hotspotKey: Uint8Array;
  readonly challengeId: Uint8Array | null;
  /** When the window of the challenge closed, and when the verdict was told, Unix ms. */
  readonly closesMs: number | null;
  readonly toldMs: number;
  readonly reason: number;
  readonly measured: number;
  readonly limit: number;
  /** Null while the sampling entropy is not known. */
  readonly selected: number | null;
}

/** Verdicts of a hotspot's own reports, the latest first. */
export async function verdictsOfHotspot(db: Db, epoch: number, key: Uint8Array, limit: number): Promise<ToldVerdict[]> {
  const rows = await db.sql`
    SELECT * FROM live_verdict WHERE epoch = ${epoch} AND hotspot_key = ${key}
    ORDER BY told_ms DESC, upload_id, index_in_upload LIMIT ${limit}`;
  return rows.map(readVerdict);
}

/** Verdicts of a challenge's beacon and witnesses, beacons first. */
export async function verdictsOfChallenge(db: Db, epoch: number, challengeId: Uint8Array): Promise<ToldVerdict[]> {
  const rows = await db.sql`
    SELECT * FROM live_verdict WHERE epoch = ${epoch} AND challenge_id = ${challengeId}
    ORDER BY kind, upload_id, index_in_upload`;
  return rows.map(readVerdict);
}

/** All verdicts of an epoch. */
export async function verdictsOfEpoch(db: Db, epoch: number): Promise<ToldVerdict[]> {
  const rows = await db.sql`
    SELECT * FROM live_verdict WHERE epoch = ${epoch} ORDER BY upload_id, index_in_upload`;
  return rows.map(readVerdict);
}

/** Running counts of a hotspot in an epoch, over all partitions; undefined while there are none. */
export async function hotspotCounts(db: Db, epoch: number, key: Uint8Array): Promise<HotspotCounts | undefined> {
  const rows = await db.sql`
    SELECT * FROM live_hotspot WHERE epoch = ${epoch} AND hotspot_key = ${key} ORDER BY partition_number`;
  if (rows.length === 0) return undefined;
  const { sum, latest } = columnsOf(rows);
  return {
    beacons: sum("beacons"),
    beaconsValid: sum("beacons_valid"),
    witnesses: sum("witnesses"),
    witnessesValid: sum("witnesses_valid"),
    witnessesSelected: sum("witnesses_selected"),
    lastBeaconMs: latest("last_beacon_ms"),
    lastWitnessMs: latest("last_witness_ms"),
  };
}

/** Running counts of a resolution-8 cell (15 hex digits) in an epoch; undefined while there are none. */
export async function cellCounts(db: Db, epoch: number, cell: string): Promise<CellCounts | undefined> {
  const rows = await db.sql`
    SELECT * FROM live_cell WHERE epoch = ${epoch} AND cell = ${cell} ORDER BY partition_number`;
  if (rows.length === 0) return undefined;
  const { sum } = columnsOf(rows);
  return {
    beacons: sum("beacons"),
    beaconsValid: sum("beacons_valid"),
    witnessReports: sum("witness_reports"),
    witnessesValid: sum("witnesses_valid"),
    witnessesSelected: sum("witnesses_selected"),
  };
}

function columnsOf(rows: readonly Readonly<Record<string, unknown>>[]) {
  const values = (name: string) => rows.map((row) => readInteger(row[name]));
  return {
    sum: (name: string) => values(name).reduce((total, value) => total + value, 0),
    latest: (name: string) => Math.max(...values(name)),
  };
}

function readVerdict(row: Readonly<Record<string, unknown>>): ToldVerdict {
  return {
    uploadId: readBytes(row.upload_id),
    indexInUpload: readInteger(row.index_in_upload),
    kind: readInteger(row.kind),
    hotspotKey: readBytes(row.hotspot_key),
    challengeId: readNullable(row.challenge_id, readBytes),
    closesMs: readNullable(row.closes_ms, readInteger),
    toldMs: readInteger(row.told_ms),
    reason: readInteger(row.reason),
    measured: readInteger(row.measured),
    limit: readInteger(row.limit_value),
    selected: readNullable(row.selected, readInteger),
  };
}

function cellColumns(counts: CellCounts) {
  return {
    beacons: counts.beacons,
    beacons_valid: counts.beaconsValid,
    witness_reports: counts.witnessReports,
    witnesses_valid: counts.witnessesValid,
    witnesses_selected: counts.witnessesSelected,
  };
}

function hotspotColumns(counts: HotspotCounts) {
  return {
    beacons: counts.beacons,
    beacons_valid: counts.beaconsValid,
    witnesses: counts.witnesses,
    witnesses_valid: counts.witnessesValid,
    witnesses_selected: counts.witnessesSelected,
    last_beacon_ms: counts.lastBeaconMs,
    last_witness_ms: counts.lastWitnessMs,
  };
}

function* inBatches<T extends Readonly<Record<string, SqlScalar>>>(rows: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < rows.length; from += BATCH_ROWS) yield rows.slice(from, from + BATCH_ROWS);
}
