/** Tables that an epoch hands to the next: times of reciprocity, what cells served, what wallets earned. */
import { cell8, col, type TableDefinition } from "./column.ts";

const stateColumns = [
  col("key", "bytes33", "device key"),
  col("last_beacon_ms", "u64", "time of its last beacon that passed every check but reciprocity, Unix ms; 0 for never"),
  col("last_reciprocal_beacon_ms", "u64", "the same, of the last that somebody witnessed, Unix ms; 0 for never"),
  col(
    "last_witness_ms",
    "u64",
    "time of the last beacon it witnessed with a report that passed every check but reciprocity, Unix ms; 0 for never",
  ),
] as const;

const servedColumns = [
  col("epoch", "u32", "epoch of the bill"),
  cell8,
  col("payer", "bytes32", "wallet that paid"),
  col("data_credits", "u64", "data credits carried by the cell's own hotspots"),
] as const;

const ledgerColumns = [
  col("beneficiary", "bytes32", "wallet"),
  col("epoch_atoms", "u64", "earned in the epoch just closed"),
  col("cumulative_atoms", "u64", "earned since genesis: the leaf of the Merkle-sum tree"),
] as const;

export const stateInTable = {
  name: "state-in",
  role: "input",
  order: "by key",
  columns: stateColumns,
} as const satisfies TableDefinition;
export const stateOutTable = {
  name: "state-out",
  role: "output",
  order: "by key",
  columns: stateColumns,
} as const satisfies TableDefinition;
export const servedInTable = {
  name: "served-in",
  role: "input",
  order: "by (epoch, cell, payer)",
  columns: servedColumns,
} as const satisfies TableDefinition;
export const servedOutTable = {
  name: "served-out",
  role: "output",
  order: "by (epoch, cell, payer)",
  columns: servedColumns,
} as const satisfies TableDefinition;
export const ledgerInTable = {
  name: "ledger-in",
  role: "input",
  order: "by beneficiary",
  columns: ledgerColumns,
} as const satisfies TableDefinition;
export const ledgerOutTable = {
  name: "ledger-out",
  role: "output",
  order: "by beneficiary: the leaves of the reward tree",
  columns: ledgerColumns,
} as const satisfies TableDefinition;
