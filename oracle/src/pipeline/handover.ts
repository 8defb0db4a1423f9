/** What an epoch begins with: the tables that the one before left, and the hash of its manifest. */
import { allocateColumns, type Columns, type NetworkParameters, type TableDefinition } from "@earshot/poc";
import {
  ANOMALY_INPUT_TABLES,
  ANOMALY_OUTPUT_TABLES,
  CHAINED_TABLES,
  INPUT_TABLES,
  type InputTables,
  inputTablesOf,
  OUTPUT_TABLES,
} from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import type { EpochArchive } from "./epoch-archive.ts";
import type { ClosedEpoch } from "./work-table.ts";

const ALL_TABLES = { ...INPUT_TABLES, ...ANOMALY_INPUT_TABLES, ...OUTPUT_TABLES, ...ANOMALY_OUTPUT_TABLES };
const NO_MANIFEST = "0".repeat(64);

type ChainedField = (typeof CHAINED_TABLES)[number][1];

export type HandedOver = Pick<InputTables, ChainedField>;

export interface Handover {
  readonly previousManifestHash: string;
  readonly state: HandedOver;
}

/** What the first epoch of a network begins with. */
export function firstHandover(parameters: NetworkParameters): Handover {
  return { previousManifestHash: NO_MANIFEST, state: stateOf(parameters, () => undefined) };
}

/** What the epoch after a closed one begins with. Throws ORC_MISSING_FILE, ORC_DAMAGED_FILE, ORC_STORE_UNAVAILABLE. */
export async function handoverAfter(
  archive: EpochArchive,
  closed: ClosedEpoch,
  parameters: NetworkParameters,
): Promise<Handover> {
  const left = new Map<string, Columns<TableDefinition>>();
  for (const [out] of CHAINED_TABLES) {
    const columns = await archive.table(closed.epoch, ALL_TABLES[out] as TableDefinition);
    if (columns !== undefined) left.set(out, columns);
  }
  const missing = CHAINED_TABLES.find(([out]) => out in { ...INPUT_TABLES, ...OUTPUT_TABLES } && !left.has(out));
  if (missing !== undefined)
    throw oracleError("ORC_MISSING_FILE", `epoch ${closed.epoch}: ${missing[0]} is not archived`);
  return {
    previousManifestHash: Buffer.from(closed.manifestSha256).toString("hex"),
    state: stateOf(parameters, (out) => left.get(out)),
  };
}

/** Tables that nothing was left for are empty: those of the first epoch, and of detectors that were switched on since. */
function stateOf(
  parameters: NetworkParameters,
  left: (out: string) => Columns<TableDefinition> | undefined,
): HandedOver {
  const tables = inputTablesOf(parameters) as Readonly<Record<string, TableDefinition>>;
  const state = CHAINED_TABLES.flatMap(([out, into]) => {
    const table = tables[into];
    return table === undefined ? [] : [[into, left(out) ?? allocateColumns(table, 0)] as const];
  });
  return Object.fromEntries(state) as unknown as HandedOver;
}
