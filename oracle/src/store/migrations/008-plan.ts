import type { Migration } from "../../ports/store.ts";

export const plan: Migration = {
  number: 8,
  name: "plan",
  up: ({ text, tableEnd }) => [
    // What the workers of this store work on (pipeline/plan.ts).
    `CREATE TABLE pipeline_plan (
      name ${text} PRIMARY KEY,
      value ${text} NOT NULL)${tableEnd}`,
  ],
};
