/**
 * What an epoch begins with that follows from none: nothing. A network that was simulated begins as one that has run for a while
 * (simulate/first-state.ts), but nobody has earned or carried anything.
 */
import { join } from "node:path";
import { allocateColumns, type Columns, type TableDefinition } from "@earshot/poc";
import {
  ANOMALY_INPUT_TABLES,
  CHAINED_TABLES,
  INPUT_TABLES,
  type InputTables,
  tableFile,
} from "../epoch-folder/layout.ts";
import { compareTables } from "./compare-tables.ts";
import type { Finding } from "./finding.ts";
import { hasSegmentList } from "./folder-logs.ts";

type ChainedField = (typeof CHAINED_TABLES)[number][1];

const SIMULATED: ReadonlySet<ChainedField> = new Set(["stateIn", "chainsIn", "suspicionIn"] as const);

/** Rows that the first epoch of a network begins with and should not. */
export function firstStateFindings(folder: string, input: InputTables): readonly Finding[] {
  const isSimulated = !hasSegmentList(folder);
  return CHAINED_TABLES.flatMap(([, into]) => {
    const finding = isSimulated && SIMULATED.has(into) ? undefined : emptyStateFinding(folder, into, input);
    return finding === undefined ? [] : [finding];
  });
}

/** The same of one table, which an epoch has not. */
export function emptyStateFinding(folder: string, into: ChainedField, input: InputTables): Finding | undefined {
  const table: TableDefinition = { ...INPUT_TABLES, ...ANOMALY_INPUT_TABLES }[into];
  const stored = input[into] as Columns<TableDefinition> | undefined;
  if (stored === undefined) return undefined;
  const finding = compareTables(table, allocateColumns(table, 0), stored, join(folder, tableFile(table)));
  return finding && { ...finding, what: `${finding.what}; no epoch before it left any` };
}
