import type { Migration } from "../../ports/store.ts";

export const leases: Migration = {
  number: 1,
  name: "leases",
  up: ({ int64, text, tableEnd }) => [
    // expires_ms counts on the clock that `clock` names (store/lease-clock.ts); fence grows with every change of holder.
    `CREATE TABLE lease (
      name ${text} PRIMARY KEY,
      holder ${text} NOT NULL,
      fence ${int64} NOT NULL,
      clock ${text} NOT NULL,
      expires_ms ${int64} NOT NULL)${tableEnd}`,
  ],
};
