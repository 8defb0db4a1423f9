/** All migrations in order. Released ones are never edited. */
import type { Migration } from "../../ports/store.ts";
import { leases } from "./001-leases.ts";
import { positions } from "./002-positions.ts";
import { pipeline } from "./003-pipeline.ts";
import { settlement } from "./004-settlement.ts";
import { billing } from "./005-billing.ts";
import { mirror } from "./006-mirror.ts";
import { contest } from "./007-contest.ts";
import { plan } from "./008-plan.ts";
import { organisations } from "./009-organisations.ts";

export const migrations: readonly Migration[] = [
  leases,
  positions,
  pipeline,
  settlement,
  billing,
  mirror,
  contest,
  plan,
  organisations,
];
