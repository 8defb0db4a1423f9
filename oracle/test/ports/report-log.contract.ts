/** The contract of ports/report-log.ts as tests; every adapter runs it. */
import { createHash } from "node:crypto";
import { logGenesis, nextLogHead } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogIdentity } from "../../src/log/log-identity.ts";
import { logPartition } from "../../src/log/partition.ts";
import { readSegment } from "../../src/log/segment-reader.ts";
import type { ReadReport, ReportLog, ReportLogReader } from "../../src/ports/report-log.ts";
import { messageOf } from "../temporary-folder.ts";
import { IDENTITY } from "./log-identity.ts";
import { collect, deviceKey, facts, hex, rawUpload, START_MS } from "./raw-uploads.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);

/** One log that can be opened again and again. */
export interface LogPlaceUnderTest {
  readonly identity: LogIdentity;
  openWriter(): Promise<ReportLog>;
  openReader(): Promise<ReportLogReader>;
}

export interface LogContract {
  readonly name: string;
  /** A new, empty log. */
  readonly make: (identity: LogIdentity) => Promise<LogPlaceUnderTest>;
  /** What a second writer on the same log meets. */
  readonly secondWriter: "refused" | "continues";
}

const all = { follow: false };

/** Runs the contract; `available` false leaves it out and says why. */
export function testReportLog({ name, make, secondWriter }: LogContract, skipReason?: string): void {
  const withLog = async (
    run: (log: ReportLog, place: LogPlaceUnderTest) => Promise<void>,
    settings: Partial<LogIdentity> = {},
  ) => {
    const place = await make({ ...IDENTITY, ...settings });
    const log = await place.openWriter();
    try {
      await run(log, place);
    } finally {
      await log.close();
    }
  };

  describe.skipIf(skipReason !== undefined)(
    `the report log on ${name}${skipReason === undefined ? "" : ` (${skipReason})`}`,
    () => {
      test("numbers uploads from 0 in the order of the calls and chains their heads from the genesis", () =>
        withLog(async (log, place) => {
          expect(await log.tip()).toEqual({ length: 0, head: logGenesis(3, place.identity.ingestKey) });
          const uploads = Array.from({ length: 100 }, (_, at) =>
            rawUpload(at % 7, 1 + Math.floor(at / 7), START_MS + at),
          );
          const places = await Promise.all(uploads.map((upload) => log.append(upload)));
          let head = logGenesis(3, place.identity.ingestKey);
          for (const [logIndex, answer] of places.entries()) {
            const { uploadId, receiveMs } = uploads[logIndex]!;
            expect(answer).toEqual({ uploadId, receiveMs, logIndex, previousHead: head, isDuplicate: false });
            head = nextLogHead(head, { uploadId, receiveMs, logIndex });
          }
          expect(await log.tip()).toEqual({ length: 100, head });
        }));

      test("answers an upload that comes again with its first place, also when both are under way", () =>
        withLog(async (log, place) => {
          const upload = rawUpload(1, 1, START_MS);
          const [first, second] = await Promise.all([
            log.append(upload),
            log.append({ ...upload, receiveMs: START_MS + 5 }),
          ]);
          expect(first).toMatchObject({ isDuplicate: false, logIndex: 0, receiveMs: START_MS });
          expect(second).toEqual({ ...first, isDuplicate: true });
          await log.append(rawUpload(2, 1, START_MS + 6));
          expect(await log.append({ ...upload, receiveMs: START_MS + 7 })).toEqual({ ...first, isDuplicate: true });
          await log.close();
          const again = await place.openWriter();
          expect(await again.append({ ...upload, receiveMs: START_MS + 8 })).toEqual({ ...first, isDuplicate: true });
          expect((await again.tip()).length).toBe(2);
          await again.close();
        }));

      test("finds uploads by id and by index, and says undefined for others", () =>
        withLog(async (log) => {
          const upload = rawUpload(3, 1, START_MS, 40);
          await log.append(rawUpload(1, 1, START_MS));
          const { isDuplicate: _, ...place } = await log.append(upload);
          const found = await log.find(upload.uploadId);
          expect(facts(found!)).toEqual(facts(place));
          expect(await log.find(new Uint8Array(32))).toBeUndefined();
          const read = await log.get(1);
          expect(facts(read!)).toEqual(facts(place));
          expect(hex(read!.bytes)).toBe(hex(upload.bytes));
          expect(hex(read!.deviceKey)).toBe(hex(upload.deviceKey));
          expect(read!.partition).toBe(log.partitionOf(upload.deviceKey));
          expect(await log.get(2)).toBeUndefined();
        }));

      test("gives every upload to the one partition of its sender, in log order, and all of them without a partition", () =>
        withLog(async (log) => {
          const uploads = Array.from({ length: 300 }, (_, at) =>
            rawUpload(at % 40, 1 + Math.floor(at / 40), START_MS - at),
          );
          const places = await Promise.all(uploads.map((upload) => log.append(upload)));
          const everything = await collect(log.readUploads(undefined, -1, all));
          expect(everything.map(facts)).toEqual(places.map(facts));
          const byPartition = await Promise.all(
            Array.from({ length: log.partitions }, (_, partition) => collect(log.readUploads(partition, -1, all))),
          );
          for (const [partition, read] of byPartition.entries()) {
            const expected = everything.filter(({ deviceKey: key }) => logPartition(key, log.partitions) === partition);
            expect(read.map(facts)).toEqual(expected.map(facts));
            expect(read.every((upload) => upload.partition === partition)).toBe(true);
          }
          expect(byPartition.filter((read) => read.length > 0).length).toBeGreaterThan(4);
        }));

      test("goes on behind a position, in batches of the size asked for", () =>
        withLog(async (log) => {
          await Promise.all(Array.from({ length: 25 }, (_, at) => log.append(rawUpload(1, 1 + at, START_MS))));
          const sizes: number[] = [];
          const indexes: number[] = [];
          for await (const batch of log.readUploads(log.partitionOf(deviceKey(1)), 4, { follow: false, batch: 8 })) {
            sizes.push(batch.length);
            indexes.push(...batch.map(({ logIndex }) => logIndex));
          }
          expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
          expect(indexes).toEqual(Array.from({ length: 20 }, (_, at) => at + 5));
          expect(await collect(log.readUploads(undefined, 24, all))).toEqual([]);
          expect(await collect(log.readUploads(undefined, 1000, all))).toEqual([]);
        }));

      test("a following reader waits for what comes, in this and another handle, until its signal", () =>
        withLog(async (log, place) => {
          const reader = await place.openReader();
          const seen = await Promise.all(
            [log, reader].map(async (source) => {
              const end = new AbortController();
              const indexes: number[] = [];
              const following = (async () => {
                for await (const batch of source.readUploads(undefined, -1, { follow: true, signal: end.signal })) {
                  indexes.push(...batch.map(({ logIndex }) => logIndex));
                  if (indexes.length >= 30) end.abort();
                }
              })();
              return { indexes, following };
            }),
          );
          for (let at = 0; at < 30; at++) await log.append(rawUpload(at, 1, START_MS + at));
          for (const { indexes, following } of seen) {
            await following;
            expect(indexes).toEqual(Array.from({ length: 30 }, (_, at) => at));
          }
          await reader.close();
        }));

      test("close ends readers that wait", () =>
        withLog(async (log, place) => {
          const reader = await place.openReader();
          const waiting = collect(reader.readUploads(undefined, -1, { follow: true }));
          const shuffled = (async () => {
            for await (const _ of reader.readShuffled(0, undefined, { follow: true }));
          })();
          await reader.close();
          expect(await waiting).toEqual([]);
          await shuffled;
          await log.append(rawUpload(1, 1, START_MS));
        }));

      test("is the same after it is opened again, and goes on from there", () =>
        withLog(async (log, place) => {
          const first = await Promise.all(
            Array.from({ length: 10 }, (_, at) => log.append(rawUpload(at, 1, START_MS + at))),
          );
          const tip = await log.tip();
          await log.close();
          const again = await place.openWriter();
          expect(await again.tip()).toEqual(tip);
          const next = await again.append(rawUpload(1, 2, START_MS + 50));
          expect(next).toMatchObject({ logIndex: 10, previousHead: tip.head });
          expect((await collect(again.readUploads(undefined, -1, all))).map(facts)).toEqual(
            [...first, next].map(facts),
          );
          await again.close();
        }));

      test("seals segments by span and size, whose records, hashes and heads are those of the log", () =>
        withLog(
          async (log, place) => {
            const times = [0, 1, 900_000, 899_999, 900_001, ...Array.from({ length: 40 }, (_, at) => 1_800_000 + at)];
            for (const [at, ms] of times.entries()) await log.append(rawUpload(at, 1, START_MS + ms, 3));
            await log.sealSegments(START_MS + 1_800_000);
            expect((await log.segments()).at(-1)!.lastReceiveMs).toBeGreaterThanOrEqual(START_MS + 1_800_000);
            const before = (await log.segments()).length;
            await log.sealSegments(START_MS + 2_700_000);
            const segments = await log.segments();
            expect(segments.length).toBe(before + 1);
            await log.sealSegments(START_MS + 2_700_000);
            expect(await log.segments()).toEqual(segments);
            expect(segments.slice(0, 4).map(({ uploads }) => uploads)).toEqual([2, 1, 1, 1]);
            let head = logGenesis(3, place.identity.ingestKey);
            let index = 0;
            for (const [number, segment] of segments.entries()) {
              expect(segment).toMatchObject({ number, firstIndex: index });
              expect(hex(segment.headBefore)).toBe(hex(head));
              const bytes = (await log.segmentBytes(number))!;
              expect(bytes.length).toBe(segment.bytes);
              expect(createHash("sha256").update(bytes).digest("hex")).toBe(hex(segment.sha256));
              const records = readSegment(bytes, number, "segment");
              expect(records.length).toBe(segment.uploads);
              const received = records.map(({ receiveMs }) => receiveMs);
              expect([segment.firstReceiveMs, segment.lastReceiveMs]).toEqual([
                Math.min(...received),
                Math.max(...received),
              ]);
              for (const record of records) {
                const upload = (await log.get(index))!;
                expect(hex(record.bytes)).toBe(hex(upload.bytes));
                expect(record.receiveMs).toBe(upload.receiveMs);
                head = nextLogHead(head, upload);
                index++;
              }
              expect(hex(segment.headAfter)).toBe(hex(head));
            }
            expect(index).toBe(times.length);
            expect(await log.segmentBytes(segments.length)).toBeUndefined();
            expect((await log.segments(2)).map(({ number }) => number)).toEqual(
              segments.slice(2).map(({ number }) => number),
            );
            await log.close();
            const again = await place.openReader();
            expect(await again.segments()).toEqual(segments);
            await again.close();
          },
          { segmentBytes: 4000 },
        ));

      test("shuffles reports to the partition of their payload, each once, however often they are shuffled", () =>
        withLog(async (log) => {
          const batch = (source: string, position: number) => ({
            source,
            position,
            reports: Array.from({ length: 3 }, (_, at) => ({
              payload: new Uint8Array(24).fill((position * 3 + at) % 50),
              bytes: Uint8Array.of(position, at, source.charCodeAt(0)),
            })),
          });
          await log.shuffle([batch("a", 1), batch("a", 2), batch("b", 7)]);
          await log.shuffle([batch("a", 1)]);
          await log.shuffle([batch("a", 1), batch("a", 2), batch("a", 3)]);
          await log.shuffle([batch("b", 7), batch("b", 9), { source: "b", position: 10, reports: [] }]);
          await log.shuffle([]);
          const read: ReadReport[] = [];
          for (let partition = 0; partition < log.partitions; partition++) {
            for await (const { reports } of log.readShuffled(partition, undefined, all)) {
              for (const report of reports) {
                expect(logPartition(report.payload, log.partitions)).toBe(partition);
                expect([...report.bytes]).toEqual([report.position, report.index, report.source.charCodeAt(0)]);
                read.push(report);
              }
            }
          }
          const names = read.map(({ source, position, index }) => `${source} ${position} ${index}`).sort();
          expect(names).toEqual(
            ["a 1", "a 2", "a 3", "b 7", "b 9"].flatMap((name) => [0, 1, 2].map((index) => `${name} ${index}`)),
          );
        }));

      test("goes on reading shuffled reports behind a checkpoint, repeats or not, and after trimming", () =>
        withLog(async (log, place) => {
          const payload = new Uint8Array(24).fill(9);
          const partition = logPartition(payload, log.partitions);
          const batch = (position: number) => ({
            source: "s",
            position,
            reports: [{ payload, bytes: Uint8Array.of(position) }],
          });
          for (let position = 0; position < 10; position++) await log.shuffle([batch(position)]);
          const pages = log.readShuffled(partition, undefined, { follow: false, batch: 4 });
          const seen: number[] = [];
          let checkpoint: string | undefined;
          for await (const page of pages) {
            seen.push(...page.reports.map(({ position }) => position));
            checkpoint = page.checkpoint;
            break;
          }
          expect(seen.length).toBeLessThanOrEqual(4);
          // A worker that was killed after shuffling and before it noted so.
          await log.shuffle([batch(8), batch(9), batch(10)]);
          await log.trimShuffled(new Map([[partition, checkpoint!]]));
          const reader = await place.openReader();
          for await (const page of reader.readShuffled(partition, checkpoint, all)) {
            seen.push(...page.reports.map(({ position }) => position));
            checkpoint = page.checkpoint;
          }
          expect(seen).toEqual(Array.from({ length: 11 }, (_, at) => at));
          for await (const _ of reader.readShuffled(partition, checkpoint, all)) expect.unreachable();
          await reader.close();
          expect(await messageOf(() => log.readShuffled(partition, "no checkpoint", all))).toMatch(/^ORC_BAD_LOG/);
        }));

      test("a following reader of shuffled reports gets those of other handles", () =>
        withLog(async (log, place) => {
          const payload = new Uint8Array(24).fill(4);
          const reader = await place.openReader();
          const end = new AbortController();
          const seen: number[] = [];
          const following = (async () => {
            const options = { follow: true, signal: end.signal };
            for await (const { reports } of reader.readShuffled(logPartition(payload, 8), undefined, options)) {
              seen.push(...reports.map(({ position }) => position));
              if (seen.length >= 20) end.abort();
            }
          })();
          for (let position = 0; position < 20; position++) {
            await log.shuffle([{ source: "x/1", position, reports: [{ payload, bytes: new Uint8Array(0) }] }]);
          }
          await following;
          expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => at));
          await reader.close();
        }));

      test("holds any sequence of appends, repeats and reopenings as a list without repeats would", async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(
              fc.oneof(
                {
                  weight: 8,
                  arbitrary: fc.record({
                    device: fc.nat(5),
                    sequence: fc.integer({ min: 1, max: 6 }),
                    ms: fc.nat(2_000_000),
                  }),
                },
                { weight: 1, arbitrary: fc.constant("reopen" as const) },
                { weight: 1, arbitrary: fc.constant("seal" as const) },
              ),
              { maxLength: 25 },
            ),
            async (steps) => {
              const place = await make({ ...IDENTITY, segmentBytes: 1000 });
              let log = await place.openWriter();
              const model: { id: string; receiveMs: number }[] = [];
              for (const step of steps) {
                if (step === "reopen") {
                  await log.close();
                  log = await place.openWriter();
                } else if (step === "seal") {
                  await log.sealSegments(START_MS + 1_000_000);
                } else {
                  // The id must not depend on when it was received.
                  const upload = { ...rawUpload(step.device, step.sequence, START_MS), receiveMs: START_MS + step.ms };
                  const known = model.findIndex(({ id }) => id === hex(upload.uploadId));
                  const answer = await log.append(upload);
                  expect(answer.isDuplicate).toBe(known >= 0);
                  expect(answer.logIndex).toBe(known < 0 ? model.length : known);
                  if (known < 0) model.push({ id: hex(upload.uploadId), receiveMs: upload.receiveMs });
                }
              }
              const read = await collect(log.readUploads(undefined, -1, all));
              expect(read.map(({ uploadId, receiveMs }) => ({ id: hex(uploadId), receiveMs }))).toEqual(model);
              const segments = await log.segments();
              expect(segments.reduce((sum, { uploads }) => sum + uploads, 0)).toBeLessThanOrEqual(model.length);
              await log.close();
            },
          ),
          { numRuns: 8 * soak },
        );
      });

      test("refuses values it cannot hold, and other settings than it was made with", () =>
        withLog(async (log, place) => {
          const upload = rawUpload(1, 1, START_MS);
          for (const bad of [
            { ...upload, bytes: new Uint8Array(10) },
            { ...upload, bytes: new Uint8Array(4 * 1024 * 1024 + 1) },
            { ...upload, uploadId: new Uint8Array(31) },
            { ...upload, receiveMs: -1 },
            { ...upload, receiveMs: 0.5 },
            { ...upload, deviceKey: deviceKey(2) },
          ]) {
            expect(await messageOf(() => log.append(bad))).toMatch(/^ORC_BAD_LOG: /);
          }
          expect((await log.tip()).length).toBe(0);
          expect(await messageOf(() => log.readUploads(8, -1, all))).toMatch(/^ORC_BAD_OPTION: partition 8/);
          expect(await messageOf(() => log.shuffle([{ source: "a b", position: 0, reports: [] }]))).toMatch(
            /^ORC_BAD_LOG/,
          );
          expect(await messageOf(() => log.shuffle([{ source: "a", position: -1, reports: [] }]))).toMatch(
            /^ORC_BAD_LOG/,
          );
          expect(place.identity.partitions).toBe(8);
        }));

      test("takes the longest upload there can be", () =>
        withLog(async (log) => {
          const upload = rawUpload(1, 1, START_MS, 60_000);
          const place = await log.append(upload);
          const [read] = await collect(log.readUploads(undefined, -1, all));
          expect(facts(read!)).toEqual(facts(place));
          expect(Buffer.compare(read!.bytes, upload.bytes)).toBe(0);
        }));

      test(`a second writer ${secondWriter}`, () =>
        withLog(async (log, place) => {
          await log.append(rawUpload(1, 1, START_MS));
          if (secondWriter === "refused") {
            expect(await messageOf(() => place.openWriter())).toMatch(/^ORC_LOG_BUSY: /);
            return;
          }
          const other = await place.openWriter();
          const writers = [log, other];
          const places = await Promise.all(
            Array.from({ length: 200 }, (_, at) => writers[at % 2]!.append(rawUpload(at, 2, START_MS + at))),
          );
          expect(new Set(places.map(({ logIndex }) => logIndex)).size).toBe(200);
          const repeats = await Promise.all(
            Array.from({ length: 200 }, (_, at) => writers[(at + 1) % 2]!.append(rawUpload(at, 2, START_MS + at))),
          );
          expect(repeats.map(facts)).toEqual(places.map(facts));
          expect(repeats.every(({ isDuplicate }) => isDuplicate)).toBe(true);
          let head = logGenesis(3, place.identity.ingestKey);
          for (const upload of await collect(other.readUploads(undefined, -1, all))) {
            expect(hex(upload.previousHead)).toBe(hex(head));
            head = nextLogHead(head, upload);
          }
          expect(hex((await other.tip()).head)).toBe(hex(head));
          expect((await other.tip()).length).toBe(201);
          await other.close();
        }));
    },
  );
}
