/**
 * The tables of an epoch folder as data: every column with its type, unit and meaning.
 *
 * One source for the TypeScript types, the Arrow files, the canonical column hashes of the manifest and the generated
 * docs/reference/epoch-format.md. Times inside an epoch are uint32 milliseconds since the epoch's start ("offset").
 */

import {
  appealsTable,
  conductTable,
  evidenceTable,
  suspicionInTable,
  suspicionOutTable,
} from "./tables/anomaly-tables.ts";
import {
  ledgerInTable,
  ledgerOutTable,
  servedInTable,
  servedOutTable,
  stateInTable,
  stateOutTable,
} from "./tables/carried-tables.ts";
import {
  beaconsTable,
  challengesTable,
  entropyTable,
  hotspotsTable,
  packetsTable,
  splitsTable,
  witnessesTable,
} from "./tables/facts-tables.ts";
import {
  chainsInTable,
  chainsOutTable,
  judgedInTable,
  judgedOutTable,
  payersTable,
  pendingInTable,
  pendingOutTable,
} from "./tables/log-tables.ts";
import {
  cellReasonsTable,
  cellsTable,
  rewardsTable,
  sharesTable,
  splitRewardsTable,
  verdictsTable,
} from "./tables/result-tables.ts";

export * from "./tables/anomaly-tables.ts";
export * from "./tables/carried-tables.ts";
export { type ColumnDefinition, type ColumnType, NO_ROW, type TableDefinition, tableField } from "./tables/column.ts";
export * from "./tables/facts-tables.ts";
export * from "./tables/log-tables.ts";
export * from "./tables/result-tables.ts";

/** What the engine judges from. */
export const inputTables = [
  hotspotsTable,
  splitsTable,
  entropyTable,
  challengesTable,
  stateInTable,
  servedInTable,
  ledgerInTable,
  beaconsTable,
  witnessesTable,
  packetsTable,
] as const;
/** What the detectors read and write besides, where a network's parameters have any (`anomaly`); elsewhere these tables do not exist. */
export const anomalyInputTables = [suspicionInTable, conductTable, appealsTable] as const;
export const anomalyOutputTables = [suspicionOutTable, evidenceTable] as const;
/** What uploads are loaded with, and what loading leaves to the next epoch: no part of judging, all of the manifest. */
export const logTables = [
  payersTable,
  chainsInTable,
  pendingInTable,
  judgedInTable,
  chainsOutTable,
  pendingOutTable,
  judgedOutTable,
] as const;
export const outputTables = [
  verdictsTable,
  cellsTable,
  cellReasonsTable,
  sharesTable,
  rewardsTable,
  splitRewardsTable,
  stateOutTable,
  servedOutTable,
  ledgerOutTable,
] as const;
