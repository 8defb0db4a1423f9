/**
 * The files of an epoch folder, and which field of the engine's input and output each table is.
 *
 * In: `uploads/`, epoch.json, parameters.json, intake.json and the input tables, sealed by input.sha256, which is written last. Out: the output
 * tables and output.sha256, then manifest.json last. A half without its last file is partly written.
 */
import {
  appealsTable,
  beaconsTable,
  type Columns,
  cellReasonsTable,
  cellsTable,
  chainsInTable,
  chainsOutTable,
  challengesTable,
  conductTable,
  entropyTable,
  evidenceTable,
  hotspotsTable,
  judgedInTable,
  judgedOutTable,
  ledgerInTable,
  ledgerOutTable,
  type NetworkParameters,
  packetsTable,
  payersTable,
  pendingInTable,
  pendingOutTable,
  rewardsTable,
  servedInTable,
  servedOutTable,
  sharesTable,
  splitRewardsTable,
  splitsTable,
  stateInTable,
  stateOutTable,
  suspicionInTable,
  suspicionOutTable,
  type TableDefinition,
  verdictsTable,
  witnessesTable,
} from "@earshot/poc";

export const FILES = {
  uploads: "uploads",
  header: "epoch.json",
  parameters: "parameters.json",
  intake: "intake.json",
  inputList: "input.sha256",
  outputList: "output.sha256",
  manifest: "manifest.json",
} as const;

/** Input tables by their field in FolderInput; the last three are what loading the uploads leaves to the next epoch. */
export const INPUT_TABLES = {
  payers: payersTable,
  hotspots: hotspotsTable,
  splits: splitsTable,
  entropy: entropyTable,
  challenges: challengesTable,
  stateIn: stateInTable,
  servedIn: servedInTable,
  ledgerIn: ledgerInTable,
  chainsIn: chainsInTable,
  pendingIn: pendingInTable,
  judgedIn: judgedInTable,
  beacons: beaconsTable,
  witnesses: witnessesTable,
  packets: packetsTable,
  chainsOut: chainsOutTable,
  pendingOut: pendingOutTable,
  judgedOut: judgedOutTable,
} as const;

/** Output tables by their field in EpochOutput. */
export const OUTPUT_TABLES = {
  verdicts: verdictsTable,
  cells: cellsTable,
  cellReasons: cellReasonsTable,
  shares: sharesTable,
  rewards: rewardsTable,
  splitRewards: splitRewardsTable,
  stateOut: stateOutTable,
  servedOut: servedOutTable,
  ledgerOut: ledgerOutTable,
} as const;

/** Tables that a folder has besides when its parameters have detectors (`anomaly`), and else has not. */
export const ANOMALY_INPUT_TABLES = {
  suspicionIn: suspicionInTable,
  conduct: conductTable,
  appeals: appealsTable,
} as const;
export const ANOMALY_OUTPUT_TABLES = {
  suspicionOut: suspicionOutTable,
  evidence: evidenceTable,
} as const;

type Tables<T extends Readonly<Record<string, TableDefinition>>> = { readonly [K in keyof T]: Columns<T[K]> };

/** A table that was not given has no rows; a folder has its file all the same. */
export type InputTables = Tables<Omit<typeof INPUT_TABLES, "splits">> &
  Partial<Tables<Pick<typeof INPUT_TABLES, "splits"> & typeof ANOMALY_INPUT_TABLES>>;
export type OutputTables = Tables<typeof OUTPUT_TABLES> & Partial<Tables<typeof ANOMALY_OUTPUT_TABLES>>;

/** The input tables of a folder under these parameters. */
export function inputTablesOf({ anomaly }: Pick<NetworkParameters, "anomaly">) {
  return anomaly === undefined ? INPUT_TABLES : { ...INPUT_TABLES, ...ANOMALY_INPUT_TABLES };
}

/** The output tables of a folder under these parameters. */
export function outputTablesOf({ anomaly }: Pick<NetworkParameters, "anomaly">) {
  return anomaly === undefined ? OUTPUT_TABLES : { ...OUTPUT_TABLES, ...ANOMALY_OUTPUT_TABLES };
}

/** Tables that an epoch leaves and the input tables of the next that must equal them. */
export const CHAINED_TABLES = [
  ["stateOut", "stateIn"],
  ["servedOut", "servedIn"],
  ["ledgerOut", "ledgerIn"],
  ["chainsOut", "chainsIn"],
  ["pendingOut", "pendingIn"],
  ["judgedOut", "judgedIn"],
  ["suspicionOut", "suspicionIn"],
] as const satisfies readonly (readonly [keyof OutputTables | keyof InputTables, keyof InputTables])[];

export function tableFile(table: TableDefinition): string {
  return `${table.name}.arrow`;
}
