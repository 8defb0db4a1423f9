/**
 * What the workers of one store work on: whose log, how it is cut, which epochs. `oracle serve` learns it from the chain and its own key
 * and writes it down once; `oracle work` on any machine reads it, so that no worker needs an endpoint of the chain.
 */
import type { TimeParameters } from "@earshot/poc";
import { oracleError } from "../errors.ts";
import type { LogIdentity } from "../log/log-identity.ts";
import type { Db, Store } from "../ports/store.ts";
import { readText } from "../store/values.ts";

export interface PipelinePlan {
  readonly log: Pick<LogIdentity, "network" | "ingestKey" | "partitions" | "segmentMs">;
  readonly time: TimeParameters;
  /** The first epoch that is closed here. */
  readonly firstEpoch: number;
}

const NAME = "plan";

/** The plan as it was written down, or undefined. */
export async function readPlan(db: Db): Promise<PipelinePlan | undefined> {
  const [row] = await db.sql`SELECT value FROM pipeline_plan WHERE name = ${NAME} ORDER BY name`;
  if (row === undefined) return undefined;
  const { log, ...plan } = JSON.parse(readText(row.value));
  return { ...plan, log: { ...log, ingestKey: Uint8Array.fromHex(log.ingestKey) } } as PipelinePlan;
}

/** Writes the plan down. Throws ORC_WRONG_NETWORK where the store belongs to another log or another network. */
export async function putPlan(store: Store, plan: PipelinePlan): Promise<void> {
  const text = JSON.stringify({ ...plan, log: { ...plan.log, ingestKey: plan.log.ingestKey.toHex() } });
  await store.transaction(async (tx) => {
    const [row] = await tx.sql`SELECT value FROM pipeline_plan WHERE name = ${NAME} ORDER BY name`;
    if (row === undefined) {
      await tx.sql`INSERT INTO pipeline_plan ${tx.sql.rows([{ name: NAME, value: text }])}`;
    } else if (readText(row.value) !== text) {
      throw oracleError("ORC_WRONG_NETWORK", `the store was begun with ${readText(row.value)}, now it is ${text}`);
    }
  });
}
