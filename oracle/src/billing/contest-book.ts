/**
 * Contests in the Store: per epoch and route what became of the packets, and the contested ones, until they are paid, refuted or settled.
 *
 * A contest is judged when its epoch closes, so that payers see what they have to pay or to refute, and again with each epoch in which
 * they still can; a refutation that holds moves its packet from contested to refuted.
 */
import type { Db, Store } from "../ports/store.ts";
import { insertRows } from "../store/insert-rows.ts";
import { readBytes, readInteger } from "../store/values.ts";
import type { Contest, RouteDelivery } from "./contest.ts";

const SHARE_ONE = 10_000;

/** A route in an epoch, refutations since then counted. */
export interface RouteContest extends RouteDelivery {
  readonly epoch: number;
}

/** Keeps the contest of an epoch in place of what was judged before, in one transaction. */
export function keepContest(store: Store, epoch: number, { routes, contested }: Contest): Promise<void> {
  return store.transaction(async (tx) => {
    await tx.sql`DELETE FROM contest_packet WHERE epoch = ${epoch}`;
    await tx.sql`DELETE FROM contest_route WHERE epoch = ${epoch}`;
    const rows = routes.map(({ routeId, receipts, paid, unanswered, contested, refuted, contestedUnits }) => ({
      epoch,
      route_id: routeId,
      receipts,
      paid,
      unanswered,
      contested,
      refuted,
      contested_units: contestedUnits,
    }));
    await insertRows(tx, rows, (part) => tx.sql`INSERT INTO contest_route ${part}`);
    const packets = contested.map(({ routeId, packetHash }) => ({ epoch, route_id: routeId, packet_hash: packetHash }));
    await insertRows(tx, packets, (part) => tx.sql`INSERT INTO contest_packet ${part}`);
  });
}

/** The routes of an epoch as they stand now, by route id; empty before it is judged. */
export async function contestOf(db: Db, epoch: number): Promise<readonly RouteContest[]> {
  return routeContests(db, epoch, epoch);
}

/** The routes of the epochs from `first` to `last`, by epoch and route id. */
export async function routeContests(db: Db, first: number, last: number): Promise<readonly RouteContest[]> {
  const rows = await db.sql`
    SELECT * FROM contest_route WHERE epoch >= ${first} AND epoch <= ${last} ORDER BY epoch, route_id`;
  const refuted = await db.sql`
    SELECT contest_packet.epoch AS epoch, contest_packet.route_id AS route_id, COUNT(*) AS packets
    FROM contest_packet JOIN refutation ON refutation.packet_hash = contest_packet.packet_hash
    WHERE contest_packet.epoch >= ${first} AND contest_packet.epoch <= ${last}
    GROUP BY contest_packet.epoch, contest_packet.route_id
    ORDER BY contest_packet.epoch, contest_packet.route_id`;
  const refutedSince = new Map(
    refuted.map((row) => [`${readInteger(row.epoch)} ${readInteger(row.route_id)}`, readInteger(row.packets)]),
  );
  return rows.map((row) => {
    const epoch = readInteger(row.epoch);
    const routeId = readInteger(row.route_id);
    const since = refutedSince.get(`${epoch} ${routeId}`) ?? 0;
    const paid = readInteger(row.paid);
    const contested = readInteger(row.contested) - since;
    return {
      epoch,
      routeId,
      receipts: readInteger(row.receipts),
      paid,
      unanswered: readInteger(row.unanswered),
      contested,
      refuted: readInteger(row.refuted) + since,
      contestedUnits: contested === 0 ? 0 : Math.ceil((contested * SHARE_ONE) / (paid + contested)),
    };
  });
}

/** Contested packets of a route in an epoch that are not refuted, in order of their hashes, after one; at most `limit`. */
export async function contestedPackets(
  db: Db,
  { epoch, routeId, after, limit }: { epoch: number; routeId: number; after: Uint8Array; limit: number },
): Promise<readonly Uint8Array[]> {
  const rows = await db.sql`
    SELECT packet_hash FROM contest_packet
    WHERE epoch = ${epoch} AND route_id = ${routeId} AND packet_hash > ${after}
      AND NOT EXISTS (SELECT 1 FROM refutation WHERE refutation.packet_hash = contest_packet.packet_hash)
    ORDER BY packet_hash LIMIT ${limit}`;
  return rows.map((row) => readBytes(row.packet_hash));
}
