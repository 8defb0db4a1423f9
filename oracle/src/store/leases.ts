/**
 * Leases: at most one worker does a piece of work, and a worker that dies is taken over when its lease runs out.
 *
 * A lease is not what makes results right: a worker may be paused for longer than its lease and wake up believing in it. Results are
 * right because `requireLease` stands in the transaction that commits them, and because the same work gives the same rows.
 */
import { oracleError } from "../errors.ts";
import type { Db, Lease, Store, Tx } from "../ports/store.ts";
import { leaseTime } from "./lease-clock.ts";
import { readInteger, readText } from "./values.ts";

/** Takes a lease for `ttlMs`; undefined while another holder has it. A holder that asks again for its own renews it. */
export function acquireLease(store: Store, name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
  return store.transaction(async (tx) => {
    const { clock, nowMs } = await leaseTime(tx);
    const [row] = await tx.sql`SELECT * FROM lease WHERE name = ${name} ORDER BY name`;
    const expires_ms = nowMs + ttlMs;
    if (row === undefined) {
      await tx.sql`INSERT INTO lease ${tx.sql.rows([{ name, holder, fence: 1, clock, expires_ms }])}`;
      return { name, holder, fence: 1 };
    }
    const isOwn = readText(row.holder) === holder;
    const isRunning = readText(row.clock) === clock && readInteger(row.expires_ms) > nowMs;
    if (isRunning && !isOwn) return undefined;
    const fence = readInteger(row.fence) + (isOwn && isRunning ? 0 : 1);
    await tx.sql`
      UPDATE lease SET holder = ${holder}, fence = ${fence}, clock = ${clock}, expires_ms = ${expires_ms}
      WHERE name = ${name}`;
    return { name, holder, fence };
  });
}

/** Prolongs a lease to `ttlMs` from now. False: another holder has taken it. */
export function renewLease(store: Store, lease: Lease, ttlMs: number): Promise<boolean> {
  return store.transaction(async (tx) => {
    const { clock, nowMs } = await leaseTime(tx);
    const { count } = await tx.sql`
      UPDATE lease SET clock = ${clock}, expires_ms = ${nowMs + ttlMs}
      WHERE name = ${lease.name} AND holder = ${lease.holder} AND fence = ${lease.fence}`;
    return count === 1;
  });
}

/** Lets go of a lease; another worker may take it at once. Nothing happens if it was taken over. */
export async function releaseLease(db: Db, lease: Lease): Promise<void> {
  await db.sql`
    UPDATE lease SET expires_ms = 0
    WHERE name = ${lease.name} AND holder = ${lease.holder} AND fence = ${lease.fence}`;
}

/**
 * Throws ORC_LEASE_LOST unless nobody has taken the lease over. It may have run out: as long as nobody took it, no harm is done. The
 * transaction then conflicts with one that takes it over, so both cannot commit.
 */
export async function requireLease(tx: Tx, { name, holder, fence }: Lease): Promise<void> {
  const { count } = await tx.sql`
    UPDATE lease SET fence = fence WHERE name = ${name} AND holder = ${holder} AND fence = ${fence}`;
  if (count !== 1) throw oracleError("ORC_LEASE_LOST", `${name}: ${holder} held it as number ${fence}`);
}
