/** Tables of the loading of uploads: payers, upload chains, packets that wait, reports judged before. */
import { col, type TableDefinition } from "./column.ts";

export const payersTable = {
  name: "payers",
  role: "log",
  order: "by key",
  columns: [
    col("key", "bytes33", "key of the payer's meter, as a device key"),
    col("payer", "bytes32", "wallet that pays for what the meter confirms"),
  ],
} as const satisfies TableDefinition;

const chainColumns = [
  col("key", "bytes33", "key of a sender"),
  col("sequence", "u64", "number of its last upload that counts"),
  col("upload_id", "bytes32", "id of that upload"),
] as const;

export const chainsInTable = {
  name: "chains-in",
  role: "log",
  order: "by key; every sender that ever had an upload counted",
  columns: chainColumns,
} as const satisfies TableDefinition;
export const chainsOutTable = {
  name: "chains-out",
  role: "log",
  order: "by key; as the chains stood at the end of the epoch, its grace time not included",
  columns: chainColumns,
} as const satisfies TableDefinition;

const pendingColumns = [
  col("epoch", "u32", "epoch in which it arrived, or for kind 3 was billed"),
  col("kind", "u8", "1 receipt without a confirmation, 2 confirmation without a receipt, 3 copy that was billed"),
  col("packet_hash", "bytes32", "SHA-256 of the PHYPayload"),
  col("hotspot_key", "bytes33", "key of the hotspot that carried the copy"),
  col("phy_bytes", "u16", "length of the PHYPayload as reported; 0 for kind 3"),
  col("dev_addr", "u32", "DevAddr of a receipt, else 0"),
  col("payer", "bytes32", "wallet of a confirmation, else zero"),
] as const;

export const pendingInTable = {
  name: "pending-in",
  role: "log",
  order: "rows carried on first, then receipts, confirmations and bills of the epoch, each in log order",
  columns: pendingColumns,
} as const satisfies TableDefinition;
export const pendingOutTable = {
  name: "pending-out",
  role: "log",
  order: "rows carried on first, then receipts, confirmations and bills of the epoch, each in log order",
  columns: pendingColumns,
} as const satisfies TableDefinition;

const judgedColumns = [
  col("upload_id", "bytes32", "id of an upload received in the grace time"),
  col("index_in_upload", "u16", "place of a report in it that got its verdict in the epoch whose grace time it was"),
] as const;

export const judgedInTable = {
  name: "judged-in",
  role: "log",
  order: "by (upload_id, index_in_upload)",
  columns: judgedColumns,
} as const satisfies TableDefinition;
export const judgedOutTable = {
  name: "judged-out",
  role: "log",
  order: "by (upload_id, index_in_upload)",
  columns: judgedColumns,
} as const satisfies TableDefinition;
