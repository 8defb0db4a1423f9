import type { Migration } from "../../ports/store.ts";

export const contest: Migration = {
  number: 7,
  name: "contest",
  up: ({ bytes, text, int64, tableEnd }) => [
    // What became of the packets of each route in an epoch, as of the last judgement (billing/contest-book.ts).
    `CREATE TABLE contest_route (
      epoch ${int64} NOT NULL,
      route_id ${int64} NOT NULL,
      receipts ${int64} NOT NULL,
      paid ${int64} NOT NULL,
      unanswered ${int64} NOT NULL,
      contested ${int64} NOT NULL,
      refuted ${int64} NOT NULL,
      contested_units ${int64} NOT NULL,
      PRIMARY KEY (epoch, route_id))${tableEnd}`,
    // The contested ones, for their payers to pay or to refute.
    `CREATE TABLE contest_packet (
      epoch ${int64} NOT NULL,
      route_id ${int64} NOT NULL,
      packet_hash ${bytes} NOT NULL,
      PRIMARY KEY (epoch, route_id, packet_hash))${tableEnd}`,
    // Appeals and their outcomes as they stand in the log (notices/notices-of-epoch.ts).
    `CREATE TABLE appeal_record (
      record_id ${bytes} NOT NULL PRIMARY KEY,
      epoch ${int64} NOT NULL,
      place ${int64} NOT NULL,
      kind ${text} NOT NULL,
      hotspot ${text} NOT NULL,
      document ${text} NOT NULL)${tableEnd}`,
    "CREATE INDEX appeal_record_by_hotspot ON appeal_record (hotspot, epoch)",
  ],
};
