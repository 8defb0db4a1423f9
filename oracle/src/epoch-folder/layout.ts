/**
 * The files of an epoch folder, and which field of the engine's input and output each table is.
 *
 * In: `uploads/`, epoch.json, parameters.json, intake.json and the input tables, sealed by input.sha256, which is written last. Out: the output
 * tables and output.sha256, then manifest.json last. A half without its last file is partly written.
 */
import {
  beaconsTable,
  type Columns,
  cellReasonsTable,
  cellsTable,
  chainsInTable,
  chainsOutTable,
  challengesTable,
  entropyTable,
  hotspotsTable,
  judgedInTable,
  judgedOutTable,
  ledgerInTable,
  ledgerOutTable,
  packetsTable,
  payersTable,
  pendingInTable,
  pendingOutTable,
  rewardsTable,
  servedInTable,
  servedOutTable,
  sharesTable,
  stateInTable,
  stateOutTable,
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
  stateOut: stateOutTable,
  servedOut: servedOutTable,
  ledgerOut: ledgerOutTable,
} as const;

export type InputTables = { readonly [K in keyof typeof INPUT_TABLES]: Columns<(typeof INPUT_TABLES)[K]> };
export type OutputTables = { readonly [K in keyof typeof OUTPUT_TABLES]: Columns<(typeof OUTPUT_TABLES)[K]> };

/** Tables that an epoch leaves and the input tables of the next that must equal them. */
export const CHAINED_TABLES = [
  ["stateOut", "stateIn"],
  ["servedOut", "servedIn"],
  ["ledgerOut", "ledgerIn"],
  ["chainsOut", "chainsIn"],
  ["pendingOut", "pendingIn"],
  ["judgedOut", "judgedIn"],
] as const satisfies readonly (readonly [keyof OutputTables | keyof InputTables, keyof InputTables])[];

export function tableFile(table: TableDefinition): string {
  return `${table.name}.arrow`;
}
