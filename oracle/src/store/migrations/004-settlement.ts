import type { Migration } from "../../ports/store.ts";

export const settlement: Migration = {
  number: 4,
  name: "settlement",
  up: ({ bytes, text, tableEnd }) => [
    // Receipts and heads that were shown to this oracle (settlement/evidence-table.ts).
    `CREATE TABLE shown_evidence (
      kind ${text} NOT NULL,
      ingest_key ${bytes} NOT NULL,
      statement ${bytes} NOT NULL,
      PRIMARY KEY (kind, statement))${tableEnd}`,
    "CREATE INDEX shown_evidence_by_ingest ON shown_evidence (kind, ingest_key)",
  ],
};
