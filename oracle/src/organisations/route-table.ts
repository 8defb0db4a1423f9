/** Organisations' routes in the Store: definitions as JSON, checked again when they are read. */
import type { Db, Tx } from "../ports/store.ts";
import { readRoute } from "../routes/route-definition.ts";
import type { ReadyRoute } from "../routes/route-list.ts";
import { readInteger, readText } from "../store/values.ts";

/** A route and whose it is. */
export interface OrganisationRoute extends ReadyRoute {
  /** Base58 of the organisation's wallet. */
  readonly wallet: string;
}

/** All routes of all organisations, by number. */
export async function allRoutes(db: Db): Promise<readonly OrganisationRoute[]> {
  const rows = await db.sql`SELECT route_id, wallet, definition FROM organisation_route ORDER BY route_id`;
  return rows.flatMap((row) => {
    const read = readRoute(JSON.parse(readText(row.definition)));
    // What an earlier version took and this one refuses is told to nobody, and stays for its owner to mend.
    return read.status === "ok" ? [{ route: read.route, ranges: read.ranges, wallet: readText(row.wallet) }] : [];
  });
}

export async function putRoute(tx: Tx, wallet: string, { route }: ReadyRoute): Promise<void> {
  const row = { route_id: route.routeId, wallet, definition: JSON.stringify(route) };
  await tx.sql`
    INSERT INTO organisation_route ${tx.sql.rows([row])}
    ON CONFLICT (route_id) DO UPDATE SET definition = excluded.definition`;
}

/** False where the organisation has no such route. */
export async function dropRoute(tx: Tx, wallet: string, routeId: number): Promise<boolean> {
  const { count } = await tx.sql`DELETE FROM organisation_route WHERE wallet = ${wallet} AND route_id = ${routeId}`;
  return count === 1;
}

/** How many there are, whoever's. */
export async function routeCount(db: Db): Promise<number> {
  const [row] = await db.sql`SELECT COUNT(*) AS routes FROM organisation_route`;
  return readInteger(row!.routes);
}
