import { earshot } from "@earshot/poc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeReports, reportMessages, ShuffleCursor } from "../../src/log/jetstream/report-message.ts";
import { logPartition } from "../../src/log/partition.ts";
import { hiddenMs, publishedSegments } from "../../src/log/published-segments.ts";
import type { SealedSegment, ShuffleBatch } from "../../src/ports/report-log.ts";
import { messageOf } from "../temporary-folder.ts";

const soak = Number(process.env.EARSHOT_SOAK ?? 1);
const batches = fc.array(
  fc.record({
    source: fc.constantFrom("a/0", "a/1", "b"),
    position: fc.nat(1000),
    reports: fc.array(
      fc.record({ payload: fc.uint8Array({ minLength: 1, maxLength: 24 }), bytes: fc.uint8Array({ maxLength: 200 }) }),
      { maxLength: 5 },
    ),
  }),
  { maxLength: 20 },
);

describe("logPartition", () => {
  test("is FNV-1a over the key in hex", () => {
    // "foobar" gives bf9cf968 by the test vectors of FNV's authors.
    const byHand = (text: string) => {
      let hash = 0x811c9dc5n;
      for (const letter of text) hash = ((hash ^ BigInt(letter.charCodeAt(0))) * 0x01000193n) & 0xffffffffn;
      return hash;
    };
    expect(byHand("foobar")).toBe(0xbf9cf968n);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 256 }), (key, partitions) => {
        expect(logPartition(key, partitions)).toBe(
          Number(byHand(Buffer.from(key).toString("hex")) % BigInt(partitions)),
        );
      }),
    );
  });
});

describe("publishedSegments", () => {
  const segment = (number: number, lastReceiveMs: number) => ({ number, lastReceiveMs }) as SealedSegment;

  test("hides a segment until the last window that a report in it can belong to has closed", () => {
    const hidden = hiddenMs(earshot);
    expect(hidden).toBe(60_000 + 30_000 + 30_000 + 30_000);
    expect(publishedSegments([segment(0, 1000)], 1000 + hidden, hidden)).toEqual([]);
    expect(publishedSegments([segment(0, 1000)], 1001 + hidden, hidden)).toHaveLength(1);
  });

  test("publishes none behind one that is hidden, whatever its times say", () => {
    const segments = [segment(0, 1000), segment(1, 900_000), segment(2, 1000)];
    expect(publishedSegments(segments, 500_000, 90_000).map(({ number }) => number)).toEqual([0]);
    expect(publishedSegments(segments, 2_000_000, 90_000)).toEqual(segments);
    expect(publishedSegments([], 0, 90_000)).toEqual([]);
  });
});

describe("shuffled reports in messages", () => {
  const decodeAll = (messages: ReturnType<typeof reportMessages>) =>
    [...messages.values()].flatMap((list) => list.flatMap(({ data }) => decodeReports(data, "here")));

  test("come out as they went in, each in the partition of its payload", () => {
    fc.assert(
      fc.property(batches, (given) => {
        const messages = reportMessages(given, 4);
        for (const [partition, list] of messages) {
          for (const { payload } of list.flatMap(({ data }) => decodeReports(data, "here"))) {
            expect(logPartition(payload, 4)).toBe(partition);
          }
        }
        const name = (report: object) => JSON.stringify(report);
        const expected = given.flatMap(({ source, position, reports }) =>
          reports.map(({ payload, bytes }, index) => ({
            source,
            position,
            index,
            payload: [...payload],
            bytes: [...bytes],
          })),
        );
        const found = decodeAll(messages).map((report) => ({
          ...report,
          payload: [...report.payload],
          bytes: [...report.bytes],
        }));
        expect(found.map(name).sort()).toEqual(expected.map(name).sort());
      }),
      { numRuns: 100 * soak },
    );
  });

  test("any bytes are either reports or refused with a code", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        expect(await messageOf(() => decodeReports(bytes, "here"))).toMatch(
          /^(no error|ORC_BAD_LOG: here: a report is cut off)/,
        );
      }),
      { numRuns: 300 * soak },
    );
    const [message] = [...reportMessages([batch(1)], 1).values()].flat();
    for (let length = 1; length < message!.data.length; length++) {
      expect(await messageOf(() => decodeReports(message!.data.subarray(0, length), "here"))).toMatch(/^ORC_BAD_LOG/);
    }
  });

  test("a cursor gives each report once, whoever repeats what from where, across checkpoints", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 6 })), { maxLength: 30 }),
        fc.nat(30),
        (writers, pause) => {
          // Each writer starts at or below what is done, and goes on in order.
          const stream: number[] = [];
          let done = 0;
          for (const [back, count] of writers) {
            const from = Math.max(0, done - back);
            for (let position = from; position < from + count; position++) stream.push(position);
            done = Math.max(done, from + count);
          }
          let cursor = new ShuffleCursor(undefined);
          const seen: number[] = [];
          for (const [at, position] of stream.entries()) {
            if (at === pause) cursor = new ShuffleCursor(cursor.checkpoint());
            const report = { source: "s", position, index: 0, payload: new Uint8Array(1), bytes: new Uint8Array(0) };
            seen.push(...cursor.take(at + 1, [report]).map((one) => one.position));
          }
          expect(seen).toEqual(Array.from({ length: done }, (_, at) => at));
        },
      ),
      { numRuns: 200 * soak },
    );
  });

  test("text that is no checkpoint is refused", async () => {
    for (const text of [
      "",
      "x",
      "null",
      "{}",
      '{"sequence":1}',
      '{"sequence":1.5,"seen":[]}',
      '{"sequence":1,"seen":[[1,2,3]]}',
    ]) {
      expect(await messageOf(() => new ShuffleCursor(text))).toMatch(/^ORC_BAD_LOG: .* is no checkpoint/);
    }
  });
});

function batch(position: number): ShuffleBatch {
  return { source: "s", position, reports: [{ payload: new Uint8Array(24), bytes: Uint8Array.of(1, 2, 3) }] };
}
