/**
 * Audits a run: every epoch folder of it, and that each epoch begins where the one before ended.
 *
 * Checked of two epochs in a row: the number goes up by one, the manifest named as the previous one is the one that is stored, and
 * what the later epoch began with (state, served, ledger, chains, pending, judged) is what the earlier one left, its appeals are those that
 * follow from the earlier one's log, and its logs go on where they ended. Where no epoch comes before, or left nothing, an epoch begins with nothing.
 */
import { join } from "node:path";
import type { Columns, TableDefinition } from "@earshot/poc";
import type { VerifyKey } from "@earshot/poc/protocol";
import {
  ANOMALY_INPUT_TABLES,
  ANOMALY_OUTPUT_TABLES,
  CHAINED_TABLES,
  FILES,
  INPUT_TABLES,
  type InputTables,
  OUTPUT_TABLES,
  type OutputTables,
  tableFile,
} from "../epoch-folder/layout.ts";
import {
  type AppealsInput,
  appealsFinding,
  firstAppealsFinding,
  isFirstEpoch,
  unprovenBefore,
} from "./audit-appeals.ts";
import { type ChainFacts, chainFindings } from "./audit-chain.ts";
import { type AuditOptions, auditFolder, type EpochAudit } from "./audit-folder.ts";
import { compareTables } from "./compare-tables.ts";
import type { Finding } from "./finding.ts";
import { emptyStateFinding, firstStateFindings } from "./first-state.ts";
import { LogLinks } from "./log-links.ts";

/** What an audit tells of an epoch; the tables it was checked with are let go. */
export interface EpochReport extends Omit<EpochAudit, "input" | "stored"> {
  /** Whether its appeals were recomputed, or taken as given since the epoch before is not at hand; undefined where it has none. */
  readonly appeals: "recomputed" | "given" | undefined;
}

export interface RunAudit {
  readonly epochs: readonly EpochReport[];
  /** Findings of all epochs and of the chain between them. */
  readonly findings: readonly Finding[];
}

export interface RunAuditOptions extends AuditOptions {
  /** What the chain says of an epoch; without it epochs are held against themselves and each other alone. */
  readonly chain?: ((epoch: number) => Promise<ChainFacts>) | undefined;
  /** The key that outcomes of appeals are signed with. */
  readonly governanceKey?: VerifyKey | undefined;
  /** Folder of the epoch before this one, where it is at hand but not audited in this run. */
  readonly before?: ((audited: AppealsInput) => Promise<string | undefined>) | undefined;
}

/** Audits epoch folders given in the order of their epochs. Never throws for what is in them. */
export async function auditRun(folders: readonly string[], options: RunAuditOptions = {}): Promise<RunAudit> {
  const epochs: EpochReport[] = [];
  const findings: Finding[] = [];
  const logs = new LogLinks();
  let previous: EpochAudit | undefined;
  for (const folder of folders) {
    const audit = await auditFolder(folder, options);
    findings.push(...audit.findings, ...(previous === undefined ? [] : linkFindings(previous, audit)));
    const { appeals, findings: wrongAppeals } = await auditAppeals(previous, audit, options);
    const { input } = audit;
    const wrongState = input !== undefined && isFirstEpoch({ folder, input }) ? firstStateFindings(folder, input) : [];
    findings.push(...wrongAppeals, ...wrongState);
    if (!isNext(previous, audit)) logs.forget();
    findings.push(...logs.follow(folder));
    const { input: _input, stored: _stored, ...report } = audit;
    const onChain = await foundOnChain(audit, options);
    findings.push(...onChain);
    epochs.push({ ...report, appeals, findings: [...report.findings, ...wrongAppeals, ...wrongState, ...onChain] });
    previous = audit;
  }
  return { epochs, findings };
}

/** Whether no epoch is left out between the two. */
function isNext(earlier: EpochAudit | undefined, later: EpochAudit): boolean {
  return earlier?.epoch !== undefined && later.epoch === earlier.epoch + 1;
}

/** How an epoch's appeals were come by, and what is wrong with them. `given`: the epoch before is not at hand. */
interface AuditedAppeals {
  readonly appeals: "recomputed" | "given" | undefined;
  readonly findings: readonly Finding[];
}

async function auditAppeals(
  previous: EpochAudit | undefined,
  { folder, input }: EpochAudit,
  { before, governanceKey }: RunAuditOptions,
): Promise<AuditedAppeals> {
  if (input?.appeals === undefined) return { appeals: undefined, findings: [] };
  const later = { folder, input };
  const isFirst = isFirstEpoch(later);
  const isAudited = previous?.epoch === input.header.epoch - 1;
  const earlier = isAudited ? previous.folder : isFirst ? undefined : await before?.(later);
  if (earlier === undefined) {
    const finding = isFirst ? firstAppealsFinding(later) : undefined;
    return { appeals: isFirst ? "recomputed" : "given", findings: finding === undefined ? [] : [finding] };
  }
  const finding =
    (isAudited ? undefined : unprovenBefore(earlier, later)) ?? (await appealsFinding(earlier, later, governanceKey));
  return { appeals: "recomputed", findings: finding === undefined ? [] : [finding] };
}

async function foundOnChain(audit: EpochAudit, { chain }: RunAuditOptions): Promise<readonly Finding[]> {
  return chain === undefined || audit.epoch === undefined ? [] : chainFindings(audit, await chain(audit.epoch));
}

function linkFindings(earlier: EpochAudit, later: EpochAudit): Finding[] {
  if (earlier.input === undefined || later.input === undefined) return [];
  const findings: Finding[] = [];
  const file = join(later.folder, FILES.header);
  const { epoch, previousManifestHash } = later.input.header;
  const next = earlier.input.header.epoch + 1;
  if (epoch !== next) {
    // Nothing else of an epoch that does not follow would tell anybody more.
    return [
      {
        file,
        column: "epoch",
        expected: `${next}`,
        found: `${epoch}`,
        what: "not the epoch after the previous folder's",
      },
    ];
  }
  if (earlier.manifestHash !== undefined && previousManifestHash !== earlier.manifestHash) {
    findings.push({
      file,
      column: "previousManifestHash",
      expected: earlier.manifestHash,
      found: previousManifestHash,
      what: "not the hash of the previous epoch's manifest",
    });
  }
  for (const [out, into] of CHAINED_TABLES) {
    const finding = compareChained(out, into, earlier, later);
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

function compareChained(
  out: (typeof CHAINED_TABLES)[number][0],
  into: (typeof CHAINED_TABLES)[number][1],
  earlier: EpochAudit,
  later: EpochAudit,
): Finding | undefined {
  const table: TableDefinition = { ...INPUT_TABLES, ...ANOMALY_INPUT_TABLES }[into];
  const left: Partial<OutputTables & InputTables> = { ...earlier.input, ...earlier.stored };
  const expected = left[out] as Columns<TableDefinition> | undefined;
  const stored = (later.input as InputTables | undefined)?.[into] as Columns<TableDefinition> | undefined;
  if (earlier.stored === undefined || stored === undefined) return undefined;
  // Networks without detectors have no state of them, and begin with none when detectors are switched on.
  if (expected === undefined) return emptyStateFinding(later.folder, into, later.input as InputTables);
  const finding = compareTables(table, expected, stored, join(later.folder, tableFile(table)));
  return (
    finding && {
      ...finding,
      what: `${finding.what} than ${tableFile({ ...INPUT_TABLES, ...OUTPUT_TABLES, ...ANOMALY_INPUT_TABLES, ...ANOMALY_OUTPUT_TABLES }[out])} of the previous epoch`,
    }
  );
}
