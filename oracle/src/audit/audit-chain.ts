/**
 * Holds an audited epoch against the chain: the root that is final there, the manifest and rules that were voted for, and the heads of
 * the logs that ingests recorded. With this nothing an oracle serves is believed: the log is what the chain says, the rest follows.
 */
import { join } from "node:path";
import { CodedError } from "@earshot/geo";
import { parameterHash } from "@earshot/poc";
import type { FolderInput } from "../epoch-folder/folder.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import { headLagMs } from "../log/published-segments.ts";
import { SEGMENT_LIST } from "../pipeline/epoch-archive.ts";
import { epochSpan } from "../pipeline/epoch-times.ts";
import { entriesOf, type LogCopy } from "../settlement/log-copy.ts";
import type { EpochOnChain, IngestOnChain } from "../settlement/rewards-chain.ts";
import type { EpochAudit } from "./audit-folder.ts";
import type { Finding } from "./finding.ts";
import { folderLogs } from "./folder-logs.ts";
import { missingByHead } from "./head-in-time.ts";

export interface ChainFacts {
  readonly epoch: EpochOnChain | undefined;
  readonly ingests: readonly IngestOnChain[];
  /** Seconds of an interval of log heads. */
  readonly logSeconds: number;
}

/** What of an epoch is not as the chain has it. An epoch that is not final yet can only differ in its rules, its price and its heads. */
export async function chainFindings(audit: EpochAudit, chain: ChainFacts): Promise<readonly Finding[]> {
  const { folder, input, root, manifestHash } = audit;
  if (input === undefined) return [];
  const findings: Finding[] = [];
  const manifest = join(folder, FILES.manifest);
  const compare = (file: string, column: string, expected: string, found: string | undefined) => {
    if (expected !== found)
      findings.push({ file, column, expected, found: found ?? "nothing", what: "not what is on chain" });
  };
  const { epoch } = chain;
  if (epoch === undefined) {
    findings.push({ file: manifest, what: "the epoch is not issued on chain" });
  } else {
    compare(join(folder, FILES.parameters), "", hex(epoch.parameterHash), parameterHash(input.parameters));
    const price = String(epoch.priceE8 === 0n ? 1n : epoch.priceE8);
    compare(join(folder, FILES.header), "tokenPriceUsdE8", price, String(input.header.tokenPriceUsdE8));
    compare(join(folder, FILES.header), "budgetAtoms", String(epoch.pool), input.header.budgetAtoms);
    if (epoch.isFinal) {
      compare(manifest, "root.hash", hex(epoch.rootHash), root?.hash);
      compare(manifest, "root.totalAtoms", String(epoch.rootTotal), root?.totalAtoms);
      compare(manifest, "", hex(epoch.reportHash), manifestHash);
    }
  }
  try {
    findings.push(...(await logFindings(folder, folderLogs(folder), chain, input)));
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    findings.push({ file: join(folder, SEGMENT_LIST), what: error.message });
  }
  return findings;
}

/** Where the logs of a folder do not hang together, or are not those whose heads are on chain. */
async function logFindings(
  folder: string,
  copies: readonly LogCopy[],
  { ingests, logSeconds }: ChainFacts,
  { header, parameters }: Pick<FolderInput, "header" | "parameters">,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const [span, lagMs] = [epochSpan(header.epoch, parameters.time), headLagMs(parameters)];
  const file = join(folder, SEGMENT_LIST);
  for (const copy of copies) {
    const { name } = copy.reader;
    let head: Uint8Array | undefined;
    for (const segment of await copy.reader.segments()) {
      const path = join(folder, FILES.uploads, name, String(segment.number));
      if (head !== undefined && Buffer.compare(head, segment.headBefore) !== 0) {
        findings.push({ file, column: name, what: `segment ${segment.number} does not follow the one before it` });
      }
      const { length: uploads } = entriesOf((await copy.reader.segmentBytes(segment.number))!, segment, path);
      // Heads are looked up by what the list counts.
      if (uploads !== segment.uploads)
        throw oracleError("ORC_BAD_LOG", `${path}: holds ${uploads} uploads, ${SEGMENT_LIST} says ${segment.uploads}`);
      head = segment.headAfter;
    }
    const ingest = ingests.find(({ ingestKey }) => Buffer.compare(ingestKey, copy.ingestKey) === 0);
    const segments = await copy.reader.segments();
    const first = segments.at(0)?.firstIndex ?? 0;
    const end = segments.reduce((most, { firstIndex, uploads }) => Math.max(most, firstIndex + uploads), first);
    for (const { interval, length, head: expected } of ingest?.heads ?? []) {
      const [fromMs, toMs] = [Number(interval) * logSeconds * 1000, (Number(interval) + 1) * logSeconds * 1000];
      const missing =
        segments.length === 0 ? undefined : missingByHead({ fromMs, toMs, length }, { first, end }, span, lagMs);
      if (missing !== undefined) findings.push({ file, column: name, what: missing });
      const found = await copy.headAt(length);
      if (found === undefined || length === 0 || Buffer.compare(found, expected) === 0) continue;
      const what = `head of ${name} after ${length} uploads is another one on chain`;
      findings.push({ file, column: name, expected: hex(expected), found: hex(found), what });
    }
  }
  // An ingest that was there before the epoch closed; one that came later has no log of it.
  const wasThere = ({ heads }: IngestOnChain) =>
    heads.some(({ interval }) => (Number(interval) + 1) * logSeconds * 1000 <= span.closesMs);
  for (const { ingestKey } of ingests.filter(wasThere)) {
    if (copies.some((copy) => Buffer.compare(copy.ingestKey, ingestKey) === 0)) continue;
    findings.push({ file, column: hex(ingestKey), what: "the log of an ingest that is on chain is left out" });
  }
  return findings;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
