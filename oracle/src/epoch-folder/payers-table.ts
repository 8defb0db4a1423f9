/**
 * payers.arrow: whose confirmations count. A payer's meter signs with a key of its own; the registry says which wallet it bills.
 *
 * An input of loading, not of scoring: the engine sees only the wallet in packets.arrow.
 */
import type { Columns, TableDefinition } from "@earshot/poc";

export const payersTable = {
  name: "payers",
  role: "input",
  order: "by key",
  columns: [
    { name: "key", type: "bytes33", meaning: "key of the payer's meter, as a device key" },
    { name: "payer", type: "bytes32", meaning: "wallet that pays for what the meter confirms" },
  ],
} as const satisfies TableDefinition;

export type PayerColumns = Columns<typeof payersTable>;
