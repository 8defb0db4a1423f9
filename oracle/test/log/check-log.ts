/** What must hold of a log after anything: every acknowledged upload where it was said to be, once, in one chain of heads. */
import { createHash } from "node:crypto";
import { logGenesis, nextLogHead, uploadId } from "@earshot/poc/protocol";
import { expect } from "vitest";
import type { LogIdentity } from "../../src/log/log-identity.ts";
import { readSegment } from "../../src/log/segment-reader.ts";
import type { LogPlace, ReportLogReader } from "../../src/ports/report-log.ts";
import { facts, hex } from "../ports/raw-uploads.ts";

/** Reads the whole log; gives the number of its uploads. */
export async function checkLog(
  log: ReportLogReader,
  identity: LogIdentity,
  acknowledged: Iterable<LogPlace>,
): Promise<number> {
  let head = logGenesis(identity.network, identity.ingestKey);
  const byIndex = new Map<number, ReturnType<typeof facts>>();
  const ids = new Set<string>();
  const bytes: Uint8Array[] = [];
  for await (const uploads of log.readUploads(undefined, -1, { follow: false })) {
    for (const upload of uploads) {
      expect(upload.logIndex).toBe(byIndex.size);
      expect(hex(upload.previousHead)).toBe(hex(head));
      expect(hex(uploadId(upload.bytes))).toBe(hex(upload.uploadId));
      head = nextLogHead(head, upload);
      byIndex.set(upload.logIndex, facts(upload));
      ids.add(hex(upload.uploadId));
      bytes.push(upload.bytes);
    }
  }
  expect(ids.size, "an upload stands in the log twice").toBe(byIndex.size);
  expect(await log.tip()).toEqual({ length: byIndex.size, head });
  for (const place of acknowledged) expect(byIndex.get(place.logIndex)).toEqual(facts(place));
  for (const segment of await log.segments()) {
    const file = (await log.segmentBytes(segment.number))!;
    expect(createHash("sha256").update(file).digest("hex")).toBe(hex(segment.sha256));
    for (const [at, record] of readSegment(file, segment.number, "segment").entries()) {
      expect(Buffer.compare(record.bytes, bytes[segment.firstIndex + at]!)).toBe(0);
    }
  }
  return byIndex.size;
}
