import type { Migration } from "../../ports/store.ts";

export const mirror: Migration = {
  number: 6,
  name: "mirror",
  up: ({ int64, bytes, text, tableEnd }) => [
    // Segments of other ingests' logs, as they were downloaded and checked (pipeline/mirrored-log.ts).
    `CREATE TABLE mirror_segment (
      log ${text} NOT NULL,
      segment ${int64} NOT NULL,
      first_index ${int64} NOT NULL,
      uploads ${int64} NOT NULL,
      first_receive_ms ${int64} NOT NULL,
      last_receive_ms ${int64} NOT NULL,
      bytes ${int64} NOT NULL,
      sha256 ${bytes} NOT NULL,
      head_before ${bytes} NOT NULL,
      head_after ${bytes} NOT NULL,
      PRIMARY KEY (log, segment))${tableEnd}`,
  ],
};
