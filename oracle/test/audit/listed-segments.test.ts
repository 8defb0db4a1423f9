/** Logs of epochs that an oracle closed, with more, less or other segments than its signed list names. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditRun } from "../../src/audit/audit-run.ts";
import { findingText } from "../../src/audit/finding.ts";
import { readEpochInput, writeEpochInput } from "../../src/epoch-folder/folder.ts";
import { loadLog } from "../../src/load/load-log.ts";
import { emptySegment } from "../../src/log/segment.ts";
import { type LogRecord, segmentNames } from "../../src/log/segment-reader.ts";
import { SegmentWriter } from "../../src/log/segment-writer.ts";
import { EpochArchive } from "../../src/pipeline/epoch-archive.ts";
import { epochSpan } from "../../src/pipeline/epoch-times.ts";
import { signSegmentList } from "../../src/pipeline/segment-list.ts";
import { scoreFolder } from "../../src/score/score-folder.ts";
import {
  appendAll,
  ingest,
  logName,
  openLog,
  oracleSigner,
  putFacts,
  SmallPipeline,
  secondIngest,
} from "../pipeline/small-pipeline.ts";
import { EPOCH, parameters, smallEpoch } from "../small-epoch.ts";
import { TemporaryFolders } from "../temporary-folder.ts";

const folders = new TemporaryFolders("listed-segments");
const played = smallEpoch();
const silent = smallEpoch({ after: played, uploads: false });
const own = logName(ingest!);
let pipeline: SmallPipeline;
let closed: string;
let empty: string;

beforeAll(async () => {
  pipeline = await SmallPipeline.open(folders.next());
  const log = await openLog(pipeline.folder);
  await putFacts(pipeline.facts, played.input);
  await putFacts(pipeline.facts, silent.input);
  await appendAll(log, played.records);
  const { closesMs } = epochSpan(EPOCH + 1, parameters.time);
  await log.sealSegments(closesMs + 10_000);
  pipeline.wallMs = closesMs + 10_000;
  await pipeline.worker("a", [log]).run(EPOCH + 1);
  await log.close();
  const archive = new EpochArchive(pipeline.artefacts);
  [closed, empty] = [folders.next(), folders.next()];
  await archive.fetch(EPOCH, closed);
  await archive.fetch(EPOCH + 1, empty);
});
afterAll(() => pipeline.close());

async function findingsOf(folder: string): Promise<string[]> {
  const { findings } = await auditRun([folder]);
  return findings.map((finding) => findingText(finding).replaceAll(`${folder}/`, ""));
}

/** Makes everything of a folder anew from the log that now lies in it, as an oracle would that is not honest about which that is. */
async function judgeAgain(folder: string): Promise<string> {
  rmSync(join(folder, "input.sha256"));
  const input = { ...readEpochInput(closed), header: readHeader(folder) };
  const { loaded } = await loadLog(join(folder, "uploads"), { ...input, network: input.header.network }, 1);
  await writeEpochInput(folder, { ...input, ...loaded });
  await scoreFolder(folder);
  return folder;
}

function readHeader(folder: string) {
  return JSON.parse(readFileSync(join(folder, "epoch.json"), "utf8"));
}

function writeSegment(folder: string, records: readonly LogRecord[]): void {
  const writer = new SegmentWriter(folder);
  for (const { receiveMs, bytes } of records) writer.append(receiveMs, bytes);
  writer.close();
}

/** An upload as if another ingest had received it earlier. */
function backdated(): LogRecord {
  const { receiveMs, bytes } = played.records[0]!;
  return { receiveMs: receiveMs - 1, bytes };
}

test("an oracle's own folders are found to hold what their lists name, with uploads and without any", async () => {
  expect(await findingsOf(closed)).toEqual([]);
  expect(await findingsOf(empty)).toEqual([]);
  expect(segmentNames(join(empty, "uploads"))).toEqual(["000000.seg"]);
});

test("a log that the list does not name is found out, though all else follows from it", async () => {
  const folder = folders.copy(closed);
  writeSegment(join(folder, "uploads", logName(secondIngest!)), [backdated()]);
  expect(await findingsOf(await judgeAgain(folder))).toEqual([
    `uploads/${logName(secondIngest!)}/000000.seg: segments.json does not name it`,
  ]);
});

test("uploads that fill the log of an epoch without any are found out", async () => {
  const folder = folders.copy(empty);
  writeFileSync(join(folder, "uploads/000000.seg"), emptySegment());
  rmSync(join(folder, "uploads"), { recursive: true });
  writeSegment(join(folder, "uploads"), [backdated()]);
  const findings = await findingsOf(folder);
  expect(findings.some((text) => /^uploads\/000000\.seg: sha256: not what segments\.json says/.test(text))).toBe(true);
});

test("a list that is missing, of another epoch, or that names what is not there is found out", async () => {
  const [without, other, more] = [0, 0, 0].map(() => folders.copy(closed)) as [string, string, string];
  rmSync(join(without, "segments.json"));
  expect(await findingsOf(without)).toEqual([
    `segments.json: no such file; it says which segments there are of the log of ${own}`,
  ]);
  cpSync(join(empty, "segments.json"), join(other, "segments.json"));
  const found = await findingsOf(other);
  expect(found[0]).toBe(`segments.json: epoch: a list of another log (expected ${EPOCH}, found ${EPOCH + 1})`);
  expect(found[1]).toBe(`uploads/${segmentNames(join(closed, "uploads"))[0]}: segments.json does not name it`);
  const { list } = JSON.parse(readFileSync(join(more, "segments.json"), "utf8"));
  const [log] = list.logs;
  const last = log.segments.at(-1);
  const next = {
    ...last,
    number: last.number + 1,
    firstIndex: last.firstIndex + last.uploads,
    headBefore: last.headAfter,
  };
  const logs = [{ ...log, segments: [...log.segments, next] }];
  writeFileSync(join(more, "segments.json"), signSegmentList({ ...list, logs }, oracleSigner!));
  const name = `${own}/${String(next.number).padStart(6, "0")}.seg`;
  expect(await findingsOf(more)).toEqual([`segments.json: names ${name}, which is not in the folder`]);
});

test("a list that counts other uploads than its segments hold, or is no list, is found out and stops nothing", async () => {
  const { list } = JSON.parse(readFileSync(join(closed, "segments.json"), "utf8"));
  const [log] = list.logs;
  const withSegment = (segment: unknown) => ({ ...list, logs: [{ ...log, segments: [segment] }] });
  const [first] = log.segments;
  const more = { ...list, logs: [{ ...log, segments: [{ ...first, uploads: 1_000_000 }, ...log.segments.slice(1)] }] };
  const findingsIn = async (changed: typeof list) => {
    const folder = folders.copy(closed);
    writeFileSync(join(folder, "segments.json"), signSegmentList(changed, oracleSigner!));
    return findingsOf(folder);
  };
  expect((await findingsIn(more))[0]).toMatch(
    /uploads: not what segments\.json says \(expected 1000000, found [0-9]+\)$/,
  );
  for (const segment of [
    null,
    5,
    {},
    { ...first, firstIndex: 0.5 },
    { ...first, uploads: -1 },
    { ...first, headAfter: "x" },
  ])
    expect((await findingsIn(withSegment(segment)))[0]).toMatch(/^segments\.json: .*list\.logs\[0\]\.segments\[0\]/);
  expect((await findingsIn({ ...list, logs: [log, log] }))[0]).toMatch(/is named twice/);
  const folder = folders.copy(closed);
  for (const text of ["", "5", "null", "[]", "{"]) {
    writeFileSync(join(folder, "segments.json"), text);
    expect((await findingsOf(folder))[0]).toMatch(/^segments\.json: /);
  }
});
