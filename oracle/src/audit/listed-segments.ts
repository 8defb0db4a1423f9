/**
 * Whether the raw log of an epoch folder is the one that its signed list of segments names: no segment more, none less, none another.
 *
 * Heads on chain and the epoch before are held against the list, so what the list does not name would be held against nothing.
 */
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { readWhole, sha256Hex } from "../epoch-folder/durable-file.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { emptySegment, segmentName, TRAILER_BYTES } from "../log/segment.ts";
import { segmentNames } from "../log/segment-reader.ts";
import { SEGMENT_LIST } from "../pipeline/epoch-archive.ts";
import { type ListedSegment, LOG_KEY_HEX, type SegmentList } from "../pipeline/segment-list.ts";
import type { Finding } from "./finding.ts";
import { hasSegmentList, readSegmentList } from "./folder-logs.ts";

type Listed = Pick<ListedSegment, "sha256" | "uploads" | "bytes">;

/** What an epoch without any upload has for a log (pipeline/epoch-archive.ts). */
const NO_UPLOAD = segmentName(0);

/** Differences of the folder's log from its list. A log that was simulated has no list, and is of no ingest. */
export function listedSegmentsFindings(
  folder: string,
  header: { readonly epoch: number; readonly network: number },
): readonly Finding[] {
  const file = join(folder, SEGMENT_LIST);
  const uploads = join(folder, FILES.uploads);
  try {
    const names = segmentNames(uploads);
    if (!hasSegmentList(folder)) {
      const ofIngest = names.find((name) => LOG_KEY_HEX.test(name.split("/")[0]));
      const what = `no such file; it says which segments there are of the log of ${ofIngest?.split("/")[0]}`;
      return ofIngest === undefined ? [] : [{ file, what }];
    }
    const { list } = readSegmentList(folder);
    return [...headerFindings(file, list, header), ...segmentFindings(file, uploads, names, listedOf(list))];
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return [{ file, what: error.message }];
  }
}

function headerFindings(file: string, list: SegmentList, header: Pick<SegmentList, "epoch" | "network">): Finding[] {
  return (["epoch", "network"] as const)
    .filter((column) => list[column] !== header[column])
    .map((column) => ({
      file,
      column,
      expected: `${header[column]}`,
      found: `${list[column]}`,
      what: "a list of another log",
    }));
}

/** What the list says of each segment, by name below `uploads/`. */
function listedOf({ logs }: SegmentList): ReadonlyMap<string, Listed> {
  return new Map(
    logs.flatMap(({ log, segments }) =>
      segments.map(
        ({ number, sha256, uploads, bytes }) => [`${log}/${segmentName(number)}`, { sha256, uploads, bytes }] as const,
      ),
    ),
  );
}

/** The same of a segment that lies in the folder; whether its trailer counts right is checked where it is read (segment-reader.ts). */
function listedAs(segment: Uint8Array): Listed {
  const counted = segment.length - TRAILER_BYTES + 4;
  const uploads = counted < 0 ? 0 : new DataView(segment.buffer, segment.byteOffset).getUint32(counted, true);
  return { sha256: sha256Hex(segment), uploads, bytes: segment.length };
}

function segmentFindings(
  file: string,
  uploads: string,
  names: readonly string[],
  listed: ReadonlyMap<string, Listed>,
): Finding[] {
  const findings: Finding[] = [];
  for (const name of names) {
    const path = join(uploads, name);
    const found = listedAs(readWhole(path));
    const expected = listed.get(name) ?? (name === NO_UPLOAD ? listedAs(emptySegment()) : undefined);
    if (expected === undefined) {
      findings.push({ file: path, what: `${SEGMENT_LIST} does not name it` });
      continue;
    }
    const column = (["sha256", "uploads", "bytes"] as const).find((one) => expected[one] !== found[one]);
    if (column === undefined) continue;
    const [want, have] = [`${expected[column]}`, `${found[column]}`];
    findings.push({ file: path, column, expected: want, found: have, what: `not what ${SEGMENT_LIST} says` });
  }
  const held = new Set(names);
  const missing = [...listed.keys()].find((name) => !held.has(name));
  if (missing !== undefined) findings.push({ file, what: `names ${missing}, which is not in the folder` });
  return findings;
}
