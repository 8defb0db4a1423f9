import type { Migration } from "../../ports/store.ts";

export const billing: Migration = {
  number: 5,
  name: "billing",
  up: ({ bytes, text, int64, tableEnd }) => [
    // Bills of closed epochs and the burns that pay them (billing/stored-journal.ts).
    `CREATE TABLE bill (
      payer ${text} NOT NULL,
      epoch ${int64} NOT NULL,
      data_credits ${int64} NOT NULL,
      bill_hash ${bytes} NOT NULL,
      document ${text} NOT NULL,
      PRIMARY KEY (payer, epoch))${tableEnd}`,
    `CREATE TABLE burn (
      router ${text} NOT NULL,
      nonce ${int64} NOT NULL,
      payer ${text} NOT NULL,
      epoch ${int64} NOT NULL,
      data_credits ${int64} NOT NULL,
      bill_hash ${bytes} NOT NULL,
      is_done ${int64} NOT NULL,
      signature ${text},
      PRIMARY KEY (router, nonce))${tableEnd}`,
    "CREATE INDEX burn_by_bill ON burn (payer, epoch)",
    // What payers have shown of receipts they contest (billing/refutation-book.ts).
    `CREATE TABLE refutation (
      packet_hash ${bytes} NOT NULL PRIMARY KEY,
      epoch ${int64} NOT NULL,
      evidence ${text} NOT NULL)${tableEnd}`,
    "CREATE INDEX refutation_by_epoch ON refutation (epoch)",
  ],
};
