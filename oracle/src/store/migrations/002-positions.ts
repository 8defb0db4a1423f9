import type { Migration } from "../../ports/store.ts";

export const positions: Migration = {
  number: 2,
  name: "positions",
  up: ({ text, tableEnd }) => [
    // How far a reader of a log has come: a log index, or the checkpoint of a shuffled partition.
    `CREATE TABLE reader_position (
      reader ${text} NOT NULL,
      source ${text} NOT NULL,
      position ${text} NOT NULL,
      PRIMARY KEY (reader, source))${tableEnd}`,
  ],
};
