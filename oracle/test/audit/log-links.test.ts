/** Logs of epochs in a row: what honest oracles archive has no gaps, and every gap is found. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogLinks } from "../../src/audit/log-links.ts";
import { epochsOf } from "../../src/pipeline/epoch-times.ts";
import type { ListedSegment, SegmentList } from "../../src/pipeline/segment-list.ts";

const LOG = "ed".repeat(33);
const TIMES = { epochMs: 48_000, graceMs: 4000 };

/** Segments of some uploads each, one after the other. */
function segmentsOf(uploads: readonly number[]): ListedSegment[] {
  let firstIndex = 0;
  return uploads.map((count, number) => {
    const segment = {
      number,
      firstIndex,
      uploads: count,
      bytes: 100 * count,
      sha256: `bytes of ${number}`,
      headBefore: `head ${firstIndex}`,
      headAfter: `head ${firstIndex + count}`,
    };
    firstIndex += count;
    return segment;
  });
}

const listOf = (epoch: number, segments: readonly ListedSegment[]): SegmentList => ({
  epoch,
  network: 3,
  logs: [{ log: LOG, segments }],
});

/** What is found of epochs in a row, by what is wrong. */
function foundIn(epochs: readonly (readonly ListedSegment[])[]): readonly string[] {
  const links = new LogLinks();
  return epochs
    .flatMap((segments, epoch) => links.followList(listOf(epoch, segments), "segments.json"))
    .map(({ what }) => what);
}

const [a, b, c, d] = segmentsOf([10, 5, 7, 3]) as [ListedSegment, ListedSegment, ListedSegment, ListedSegment];

describe("the logs of epochs in a row", () => {
  test("go on, share segments of a grace time, or took nothing: nothing is found", () => {
    expect(foundIn([[a], [b, c], [d]])).toEqual([]);
    expect(
      foundIn([
        [a, b],
        [b, c],
        [c, d],
      ]),
    ).toEqual([]);
    expect(foundIn([[], [a], [], [], [b, c, d], []])).toEqual([]);
    // Whoever audits from the middle on knows nothing of what was before.
    expect(foundIn([[c], [d]])).toEqual([]);
  });

  test("are found out where uploads between them are left out, be it across an epoch that took nothing", () => {
    expect(foundIn([[a], [c, d]])).toEqual(["begins at upload 15; the epoch before ended after 10"]);
    expect(foundIn([[a], [], [d]])).toEqual(["begins at upload 22; the epoch before ended after 10"]);
  });

  test("are found out where the next segment does not follow, or a shared one is another one", () => {
    expect(foundIn([[a], [{ ...b, headBefore: "another" }]])).toEqual(["segment 1 does not follow the one before it"]);
    expect(
      foundIn([
        [a, b],
        [{ ...b, sha256: "another" }, c],
      ]),
    ).toEqual(["segment 1 is another one in the epoch before"]);
    expect(
      foundIn([
        [a, b],
        [{ ...b, number: 9 }, c],
      ]),
    ).toEqual(["segment 9 is another one in the epoch before"]);
  });

  test("have no gap however uploads fall into epochs and grace times, and one wherever a segment is missing from all", () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 3 * TIMES.graceMs }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(gaps, fc.nat(), (waits, draw) => {
        let atMs = TIMES.epochMs;
        const startsMs = waits.map((wait) => {
          atMs += wait;
          return atMs;
        });
        const segments = segmentsOf(waits.map((wait) => 1 + (wait % 5)));
        const last = epochsOf(startsMs.at(-1)!, TIMES).at(-1)!;
        const archive = (left: number) =>
          Array.from({ length: last + 1 }, (_, epoch) =>
            segments.filter((_segment, at) => at !== left && epochsOf(startsMs[at]!, TIMES).includes(epoch)),
          );
        expect(foundIn(archive(-1))).toEqual([]);
        const left = 1 + (draw % (segments.length - 1));
        const isBetween = left < segments.length - 1;
        const isInside = archive(left).some((own) =>
          own.some(({ number }, at) => own[at + 1] && number + 1 < own[at + 1]!.number),
        );
        // Inside an epoch the heads of its own segments say it (audit-chain.ts), and nothing follows the last one.
        if (isBetween && !isInside) expect(foundIn(archive(left))).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
