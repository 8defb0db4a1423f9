/**
 * Opens what is on disk: finds the durable end, cuts the torn tail off, and adds to the index what it lacks.
 *
 * Segments the index lists as sealed are not read again. What the index names and the segments do not hold was acknowledged and is
 * lost: that is never repaired in silence but refused, naming file and offset.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { nextLogHead, uploadId } from "@earshot/poc/protocol";
import { readWhole } from "../../epoch-folder/durable-file.ts";
import { oracleError } from "../../errors.ts";
import type { LogTip, SealedSegment } from "../../ports/report-log.ts";
import { deviceKeyOf } from "../check-upload.ts";
import { logPartition } from "../partition.ts";
import { segmentName } from "../segment.ts";
import { segmentNames } from "../segment-reader.ts";
import type { IndexEntry, LogIndex } from "./log-index.ts";
import type { OpenSegmentState } from "./open-segment.ts";
import { type ScannedSegment, scanSegment } from "./scan-segment.ts";

export interface RecoveredLog {
  readonly tip: LogTip;
  /** Number of the open segment, or of the next one when none is open. */
  readonly nextSegment: number;
  /** The last segment, when it has no trailer and at least its header. */
  readonly open: OpenSegmentState | undefined;
  /** Bytes of uploads that were never acknowledged, and go. */
  readonly tornBytes: number;
}

/** Entries put into the index in one transaction while a lost index is made again. */
const ENTRIES_AT_ONCE = 50_000;

/** Throws ORC_BAD_LOG, ORC_MISSING_FILE, ORC_FOREIGN_FILE, ORC_READ_FAILED. */
export function recoverLog(folder: string, index: LogIndex, genesis: Uint8Array, partitions: number): RecoveredLog {
  const files = existsSync(folder) && readdirSync(folder).length > 0 ? segmentNames(folder).length : 0;
  const sealed = index.segments();
  if (files < sealed.length) {
    throw oracleError("ORC_MISSING_FILE", `${join(folder, segmentName(files))}: the index knows it as sealed`);
  }
  const last = sealed.at(-1);
  let tip: LogTip = {
    length: last === undefined ? 0 : last.firstIndex + last.uploads,
    head: last?.headAfter ?? genesis,
  };
  const indexed = index.tip()?.length ?? 0;
  let open: OpenSegmentState | undefined;
  let tornBytes = 0;
  for (let number = sealed.length; number < files; number++) {
    const path = join(folder, segmentName(number));
    const bytes = readWhole(path);
    const scanned = scanSegment(bytes, number, path);
    if (!scanned.isSealed && number < files - 1) {
      throw oracleError("ORC_BAD_LOG", `${path}: offset ${scanned.wholeBytes}: damaged, and not the last segment`);
    }
    const first = tip;
    const entries = entriesOf(scanned, number, first, partitions);
    checkIndexed(index, entries, indexed, path, scanned.wholeBytes);
    tip = addMissing(index, entries, first, indexed);
    if (scanned.isSealed) index.addSegment(sealedSegment(bytes, number, scanned, first, tip));
    else {
      tornBytes = bytes.length - scanned.wholeBytes;
      if (scanned.wholeBytes > 0) open = openState(bytes, number, scanned, first);
    }
  }
  if (indexed > tip.length) {
    const { segment, offset } = index.get(tip.length) ?? { segment: files, offset: 0 };
    const name = join(folder, segmentName(segment));
    throw oracleError(
      "ORC_BAD_LOG",
      `${name}: offset ${offset}: upload ${tip.length} was acknowledged and is not there`,
    );
  }
  return { tip, nextSegment: index.segments().length, open, tornBytes };
}

function entriesOf({ records }: ScannedSegment, segment: number, first: LogTip, partitions: number): IndexEntry[] {
  let { head, length } = first;
  return records.map(({ receiveMs, offset, upload }) => {
    const place = { uploadId: uploadId(upload), receiveMs, logIndex: length++, previousHead: head };
    head = nextLogHead(head, place);
    return {
      ...place,
      partition: logPartition(deviceKeyOf(upload), partitions),
      segment,
      offset,
      bytes: upload.length,
    };
  });
}

/** The last entry the index has of a segment must be the one that is found; with its head that holds for all before it. */
function checkIndexed(
  index: LogIndex,
  entries: readonly IndexEntry[],
  indexed: number,
  path: string,
  end: number,
): void {
  const known = entries.findLast(({ logIndex }) => logIndex < indexed);
  if (known === undefined) return;
  const entry = index.get(known.logIndex);
  const isSame =
    entry !== undefined &&
    entry.offset === known.offset &&
    Buffer.compare(entry.uploadId, known.uploadId) === 0 &&
    Buffer.compare(entry.previousHead, known.previousHead) === 0;
  if (!isSame)
    throw oracleError("ORC_BAD_LOG", `${path}: offset ${known.offset} of ${end}: not the upload that was acknowledged`);
}

function addMissing(index: LogIndex, entries: readonly IndexEntry[], first: LogTip, indexed: number): LogTip {
  const last = entries.at(-1);
  if (last === undefined) return first;
  const missing = entries.filter(({ logIndex }) => logIndex >= indexed);
  for (let from = 0; from < missing.length; from += ENTRIES_AT_ONCE) {
    const part = missing.slice(from, from + ENTRIES_AT_ONCE);
    index.add(part, tipAfter(part.at(-1)!));
  }
  return tipAfter(last);
}

function tipAfter(entry: IndexEntry): LogTip {
  return { length: entry.logIndex + 1, head: nextLogHead(entry.previousHead, entry) };
}

function sealedSegment(
  bytes: Uint8Array,
  number: number,
  { records }: ScannedSegment,
  first: LogTip,
  tip: LogTip,
): SealedSegment {
  return {
    number,
    firstIndex: first.length,
    uploads: records.length,
    ...receiveSpan(records),
    bytes: bytes.length,
    sha256: Uint8Array.from(createHash("sha256").update(bytes).digest()),
    headBefore: first.head,
    headAfter: tip.head,
  };
}

function openState(bytes: Uint8Array, number: number, scanned: ScannedSegment, first: LogTip): OpenSegmentState {
  return {
    number,
    firstIndex: first.length,
    uploads: scanned.records.length,
    ...receiveSpan(scanned.records),
    headBefore: first.head,
    bytes: bytes.subarray(0, scanned.wholeBytes),
  };
}

function receiveSpan(records: ScannedSegment["records"]): { firstReceiveMs: number; lastReceiveMs: number } {
  let firstReceiveMs = records[0]?.receiveMs ?? 0;
  let lastReceiveMs = firstReceiveMs;
  for (const { receiveMs } of records) {
    firstReceiveMs = Math.min(firstReceiveMs, receiveMs);
    lastReceiveMs = Math.max(lastReceiveMs, receiveMs);
  }
  return { firstReceiveMs, lastReceiveMs };
}
