/**
 * Whether the logs of epochs in a row hang together: each epoch's segments go on where those of the epoch before ended, or share them.
 *
 * This needs no time and no chain. A segment belongs to the epoch in which its uploads were received, so between two epochs in a row no
 * upload of a log may be left out. Epochs in which a log took nothing have none of its segments.
 */
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { SEGMENT_LIST } from "../pipeline/epoch-archive.ts";
import type { ListedSegment, SegmentList } from "../pipeline/segment-list.ts";
import type { Finding } from "./finding.ts";
import { hasSegmentList, readSegmentList } from "./folder-logs.ts";

export class LogLinks {
  /** By log: the segments of the last epoch that had some, in order. */
  readonly #before = new Map<string, readonly ListedSegment[]>();

  /** What does not follow from the epochs before; a folder without a list of segments says nothing. */
  follow(folder: string): readonly Finding[] {
    const file = join(folder, SEGMENT_LIST);
    try {
      return hasSegmentList(folder) ? this.followList(readSegmentList(folder).list, file) : [];
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return [{ file, what: error.message }];
    }
  }

  /** The same of a list that was read already. */
  followList({ logs }: SegmentList, file: string): readonly Finding[] {
    const findings: Finding[] = [];
    for (const { log, segments } of logs) {
      const what = gapBetween(this.#before.get(log), segments);
      if (what !== undefined) findings.push({ file, column: log, what });
      if (segments.length > 0) this.#before.set(log, segments);
    }
    return findings;
  }

  /** Begins anew with the next epoch. */
  forget(): void {
    this.#before.clear();
  }
}

/** What is wrong between the segments of an epoch and those of a later one. */
function gapBetween(
  earlier: readonly ListedSegment[] | undefined,
  later: readonly ListedSegment[],
): string | undefined {
  const [last, first] = [earlier?.at(-1), later.at(0)];
  if (earlier === undefined || last === undefined || first === undefined) return undefined;
  const end = last.firstIndex + last.uploads;
  if (first.firstIndex > end) return `begins at upload ${first.firstIndex}; the epoch before ended after ${end}`;
  if (first.firstIndex === end) {
    return first.headBefore === last.headAfter
      ? undefined
      : `segment ${first.number} does not follow the one before it`;
  }
  const shared = earlier.find(({ number }) => number === first.number);
  return shared?.sha256 === first.sha256 ? undefined : `segment ${first.number} is another one in the epoch before`;
}
