/** Tables of the detectors; they exist where a network's parameters have detectors (`anomaly`). */
import { col, hotspot, type TableDefinition } from "./column.ts";

const suspicionColumns = [
  col("key", "bytes33", "device key"),
  col("placement_e4", "u16", "level of detector placement, 1e-4"),
  col("reciprocity_gap_e4", "u16", "level of detector reciprocity_gap, 1e-4"),
  col("one_sided_e4", "u16", "level of detector one_sided, 1e-4"),
  col("silence_e4", "u16", "level of detector silence, 1e-4"),
  col("twin_e4", "u16", "level of detector twin, 1e-4"),
  col("conduct_e4", "u16", "level of detector conduct, 1e-4"),
  col("clean_epochs", "u16", "epochs in which it took part since one that showed something against it"),
  col("good_16", "u32", "receipts that were paid, decaying, 1/16"),
  col("bad_16", "u32", "receipts that were refuted and forks of its upload chain, decaying, 1/16"),
] as const;

export const suspicionInTable = {
  name: "suspicion-in",
  role: "input",
  order: "by key; only hotspots with something to remember",
  columns: suspicionColumns,
} as const satisfies TableDefinition;
export const suspicionOutTable = {
  name: "suspicion-out",
  role: "output",
  order: "by key; only hotspots with something to remember",
  columns: suspicionColumns,
} as const satisfies TableDefinition;

export const conductTable = {
  name: "conduct",
  role: "input",
  order: "by key; only hotspots with an entry",
  columns: [
    col("key", "bytes33", "device key"),
    col("paid", "u32", "receipts of it that were billed in the epoch"),
    col("refuted", "u32", "receipts of it that the payer refuted in the epoch"),
    col("forks", "u32", "second uploads with a number it had used, in the epoch"),
  ],
} as const satisfies TableDefinition;

export const appealsTable = {
  name: "appeals",
  role: "input",
  order: "by (key, detector)",
  columns: [
    col("key", "bytes33", "device key of the hotspot whose appeal was upheld"),
    col("detector", "u8", "number of the detector that is lifted"),
    col("from_epoch", "u32", "first epoch it is lifted in: never one that was closed when the outcome was logged"),
    col("until_epoch", "u32", "first epoch it counts in again"),
    col("outcome_id", "bytes32", "SHA-256 of the logged outcome"),
  ],
} as const satisfies TableDefinition;

export const evidenceTable = {
  name: "evidence",
  role: "output",
  order: "by (hotspot, detector, counterpart)",
  columns: [
    hotspot,
    col("detector", "u8", "detector number"),
    col("rule_version", "u16", "version of the detectors' rules"),
    col("counterpart", "u32", "row of the hotspot whose link it is"),
    col("accuses", "u8", "1 when the link speaks against the hotspot, 0 when it speaks for it"),
    col(
      "challenge",
      "u32",
      "row of the first challenge whose reports the link stands on; 4294967295 when there is none",
    ),
    col("receptions", "u32", "receptions of the link, both ways"),
    col("measured", "i32", "what was measured; unit by detector"),
    col("limit", "i32", "what it was held against; unit by detector"),
  ],
} as const satisfies TableDefinition;
