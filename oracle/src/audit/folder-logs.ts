/** The logs of an epoch folder as copies that receipts and heads are held against: what its signed list of segments says. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { importKey, keyFromText, verifyJson } from "@earshot/poc/protocol";
import { hash, U16_MAX, U32_MAX } from "../epoch-folder/common-shapes.ts";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { distinct, integer, list, object, text } from "../epoch-folder/json-shape.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import { segmentName } from "../log/segment.ts";
import { readSegment } from "../log/segment-reader.ts";
import { SEGMENT_LIST } from "../pipeline/epoch-archive.ts";
import { type ListedSegment, LOG_KEY_HEX, type SignedSegmentList } from "../pipeline/segment-list.ts";
import type { SealedSegment } from "../ports/report-log.ts";
import { LogCopy } from "../settlement/log-copy.ts";

/** Bounds for a list from outside: more than any network has oracles, and than an epoch has segments (download-epoch.ts). */
const MAX_LOGS = 1000;
const MAX_SEGMENTS = 1_000_000;
const count = integer(0, Number.MAX_SAFE_INTEGER);
const segmentShape = object({
  number: integer(0, U32_MAX),
  firstIndex: count,
  uploads: count,
  bytes: count,
  sha256: hash,
  headBefore: hash,
  headAfter: hash,
});
const logShape = object({ log: text(/^.{1,80}$/, "a name"), segments: list(segmentShape, 0, MAX_SEGMENTS) });
const signedListShape = object({
  list: object({
    epoch: integer(0, U32_MAX),
    network: integer(0, U16_MAX),
    logs: distinct("log", list(logShape, 0, MAX_LOGS)),
  }),
  signer: text(/^.{1,200}$/, "a key"),
  signature: text(/^.{1,200}$/, "a signature"),
});

/** True when the folder says which logs it was made from; those that were simulated do not. */
export function hasSegmentList(folder: string): boolean {
  return existsSync(join(folder, SEGMENT_LIST));
}

/** The list, its signature verified. Throws ORC_MISSING_FILE, ORC_DAMAGED_FILE. */
export function readSegmentList(folder: string): SignedSegmentList {
  const path = join(folder, SEGMENT_LIST);
  if (!existsSync(path)) {
    throw oracleError(
      "ORC_MISSING_FILE",
      `${path}: no such file; only epochs that an oracle closed say which logs they are of`,
    );
  }
  let signed: SignedSegmentList;
  try {
    signed = JSON.parse(new TextDecoder().decode(readWhole(path))) as SignedSegmentList;
    const flaw = signedListShape(signed, "");
    if (flaw !== undefined) throw new TypeError(flaw);
    const key = importKey(keyFromText(signed.signer));
    const isSigned = verifyJson("earshot-segments", signed.list, key, Buffer.from(signed.signature, "base64"));
    if (!isSigned) throw new TypeError("the signature is not its signer's");
  } catch (cause) {
    throw oracleError("ORC_DAMAGED_FILE", `${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  return signed;
}

/** A copy of each log of the folder, as far as the epoch reaches. Throws as `readSegmentList`. */
export function folderLogs(folder: string): readonly LogCopy[] {
  const { list } = readSegmentList(folder);
  return list.logs
    .filter(({ log }) => LOG_KEY_HEX.test(log))
    .map(({ log, segments }) => {
      const path = (number: number) => join(folder, FILES.uploads, log, segmentName(number));
      const sealed = segments.map((segment) => sealedSegment(segment, path(segment.number)));
      const reader = {
        name: log,
        segments: async () => sealed,
        segmentBytes: async (number: number) => readWhole(path(number)),
        completeUntilMs: async () => sealed.at(-1)?.lastReceiveMs ?? 0,
      };
      return new LogCopy(reader, list.network, Buffer.from(log, "hex"));
    });
}

function sealedSegment(listed: ListedSegment, path: string): SealedSegment {
  const records = readSegment(readWhole(path), listed.number, path);
  const times = records.map(({ receiveMs }) => receiveMs);
  const bytesOf = (text: string) => Buffer.from(text, "hex");
  return {
    number: listed.number,
    firstIndex: listed.firstIndex,
    uploads: listed.uploads,
    firstReceiveMs: times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY),
    lastReceiveMs: times.reduce((most, time) => Math.max(most, time), 0),
    bytes: listed.bytes,
    sha256: bytesOf(listed.sha256),
    headBefore: bytesOf(listed.headBefore),
    headAfter: bytesOf(listed.headAfter),
  };
}
