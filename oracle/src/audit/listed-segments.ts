/**
 * Whether the raw log of an epoch folder is the one that its signed list of segments names: no segment more, none less, none another.
 *
 * Heads on chain and the epoch before are held against the list, so what the list does not name would be held against nothing.
 */
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { readWhole, sha256Hex } from "../epoch-folder/durable-file.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { emptySegment, segmentName } from "../log/segment.ts";
import { segmentNames } from "../log/segment-reader.ts";
import { SEGMENT_LIST } from "../pipeline/epoch-archive.ts";
import { LOG_KEY_HEX, type SegmentList } from "../pipeline/segment-list.ts";
import type { Finding } from "./finding.ts";
import { hasSegmentList, readSegmentList } from "./folder-logs.ts";

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
    return [...headerFindings(file, list, header), ...segmentFindings(file, uploads, names, hashesOf(list))];
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

/** Hashes that the list gives, by name below `uploads/`. */
function hashesOf({ logs }: SegmentList): ReadonlyMap<string, string> {
  return new Map(
    logs.flatMap(({ log, segments }) =>
      segments.map(({ number, sha256 }) => [`${log}/${segmentName(number)}`, sha256] as const),
    ),
  );
}

function segmentFindings(
  file: string,
  uploads: string,
  names: readonly string[],
  hashes: ReadonlyMap<string, string>,
): Finding[] {
  const findings: Finding[] = [];
  for (const name of names) {
    const found = sha256Hex(readWhole(join(uploads, name)));
    const expected = hashes.get(name) ?? (name === NO_UPLOAD ? sha256Hex(emptySegment()) : undefined);
    if (expected === undefined) findings.push({ file: join(uploads, name), what: `${SEGMENT_LIST} does not name it` });
    else if (expected !== found)
      findings.push({ file: join(uploads, name), expected, found, what: `not what ${SEGMENT_LIST} says` });
  }
  const held = new Set(names);
  const missing = [...hashes.keys()].find((name) => !held.has(name));
  if (missing !== undefined) findings.push({ file, what: `names ${missing}, which is not in the folder` });
  return findings;
}
