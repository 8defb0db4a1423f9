/** What an epoch comes to: the output tables, and the figures of the manifest. */
import type { MerkleSumTree } from "../reward/merkle-sum-tree.ts";
import type { Columns } from "./columns.ts";
import type {
  cellReasonsTable,
  cellsTable,
  evidenceTable,
  ledgerOutTable,
  rewardsTable,
  servedOutTable,
  sharesTable,
  splitRewardsTable,
  stateOutTable,
  suspicionOutTable,
  verdictsTable,
} from "./tables.ts";

/** Counts and sums of an epoch; amounts in base units. */
export interface EpochSummary {
  readonly hotspots: number;
  readonly beacons: number;
  readonly beaconsValid: number;
  readonly witnesses: number;
  readonly witnessesValid: number;
  readonly witnessesSelected: number;
  /** Reason name → number of beacon reports, names in the order of their numbers. */
  readonly beaconReasons: Readonly<Record<string, number>>;
  readonly witnessReasons: Readonly<Record<string, number>>;
  readonly packets: number;
  readonly dataCredits: bigint;
  readonly budgetAtoms: bigint;
  readonly coverageAtoms: bigint;
  readonly dataAtoms: bigint;
  readonly treasuryAtoms: bigint;
  readonly activeHotspots: number;
}

export interface EpochOutput {
  readonly verdicts: Columns<typeof verdictsTable>;
  readonly cells: Columns<typeof cellsTable>;
  readonly cellReasons: Columns<typeof cellReasonsTable>;
  readonly shares: Columns<typeof sharesTable>;
  readonly rewards: Columns<typeof rewardsTable>;
  readonly splitRewards: Columns<typeof splitRewardsTable>;
  readonly stateOut: Columns<typeof stateOutTable>;
  readonly servedOut: Columns<typeof servedOutTable>;
  readonly ledgerOut: Columns<typeof ledgerOutTable>;
  /** State and evidence of the detectors; only under parameters with `anomaly`. */
  readonly suspicionOut?: Columns<typeof suspicionOutTable>;
  readonly evidence?: Columns<typeof evidenceTable>;
  readonly tree: MerkleSumTree;
  readonly summary: EpochSummary;
}
