/** Tables of what was judged and what is paid. */
import { cell8, col, hotspot, logIndex, type TableDefinition } from "./column.ts";

export const verdictsTable = {
  name: "verdicts",
  role: "output",
  order: "by log_index",
  columns: [
    logIndex,
    col("kind", "u8", "1 beacon, 2 witness"),
    hotspot,
    col("challenge", "u32", "row in challenges.arrow; 4294967295 when none was found"),
    col("reason", "u8", "reason number"),
    col("side", "u8", "0 none, 2 the beaconer's failure, 3 the reporter's own"),
    col("measured", "i32", "what was measured; unit by reason"),
    col("limit", "i32", "what it was held against; unit by reason"),
    col("selected", "u8", "1 when the report is paid for: beacon with units, or a sampled witness"),
    col("units_e4", "u16", "reward units, 1e-4"),
  ],
} as const satisfies TableDefinition;

export const cellsTable = {
  name: "cells",
  role: "output",
  order: "by (resolution, cell)",
  columns: [
    col("resolution", "u8", "4 to 10; radio, demand and shares stand in the rows of resolution 8"),
    cell8,
    col("active_hotspots", "u32", "hotspots with a paid proof, before any limit"),
    col("unclipped", "u32", "sum of its children's clipped counts"),
    col("clipped", "u32", "count after the limit"),
    col("limit", "u32", "density limit"),
    col(
      "scale_e4",
      "u16",
      "clipped / unclipped, 1e-4, half-even: this resolution's part of the density scale; 0 without active hotspots",
    ),
    col("beacons", "u32", "beacon reports of its hotspots"),
    col("beacons_valid", "u32", "valid ones"),
    col("witness_reports", "u32", "witness reports of beacons sent from the cell"),
    col("witnesses_valid", "u32", "valid ones"),
    col("witnesses_selected", "u32", "sampled ones"),
    col(
      "median_excess_loss_ddb",
      "i32",
      "lower median of what valid witnesses lost beyond free space (EIRP + gain − loss − RSSI), 0.1 dB, to within 0.1 dB; -2147483648 when there are none",
    ),
    col("served_credits_e4", "u64", "data credits that count for the weight, 1e-4"),
    col("weight_e4", "u16", "cell weight, 1e-4"),
    col("shares", "u64", "shares earned by proofs sent from the cell, 1e-12"),
  ],
} as const satisfies TableDefinition;

export const cellReasonsTable = {
  name: "cell-reasons",
  role: "output",
  order: "by (cell, reason)",
  columns: [
    col("cell", "u64", "resolution-8 cell of the beaconer"),
    col("reason", "u8", "reason number"),
    col("witness_reports", "u32", "witness reports of its beacons with this verdict"),
  ],
} as const satisfies TableDefinition;

export const sharesTable = {
  name: "shares",
  role: "output",
  order: "by hotspot",
  columns: [
    hotspot,
    col("scale_e4", "u16", "density scale of its location, 1e-4"),
    col("weight_e4", "u16", "weight of its resolution-8 cell, 1e-4"),
    col("beacon_shares", "u64", "shares of its own beacons, 1e-12"),
    col("witness_shares", "u64", "shares of its receptions, 1e-12"),
    col("data_credits", "u64", "billed data credits it carried"),
  ],
} as const satisfies TableDefinition;

export const rewardsTable = {
  name: "rewards",
  role: "output",
  order: "by hotspot; the treasury's row last, as hotspot 4294967295",
  columns: [
    hotspot,
    col("beneficiary", "bytes32", "wallet; zero when split-rewards.arrow divides the row"),
    col("beacon_atoms", "u64", "for beacons, base units"),
    col("witness_atoms", "u64", "for receptions, base units"),
    col("data_atoms", "u64", "for packets carried, base units"),
  ],
} as const satisfies TableDefinition;

export const splitRewardsTable = {
  name: "split-rewards",
  role: "output",
  order: "as splits; the rows of a hotspot sum to its row in rewards",
  columns: [
    col("hotspot", "u32", "row in hotspots.arrow"),
    col("wallet", "bytes32", "who is paid"),
    col("beacon_atoms", "u64", "for beacons, base units"),
    col("witness_atoms", "u64", "for receptions, base units"),
    col("data_atoms", "u64", "for packets carried, base units"),
  ],
} as const satisfies TableDefinition;
