/** Warnings of a low balance in the Store: found once a crossing, tried until one is taken. */
import type { Db, Store } from "../ports/store.ts";
import { readAmount, readBytes, readInteger, readNullable, readText } from "../store/values.ts";
import { crossing } from "./low-balance.ts";

/** `withdrawn`: the balance rose, or the webhook was changed, before anybody took it. */
export type AlertState = "waiting" | "delivered" | "given up" | "withdrawn";

export interface Alert {
  readonly id: string;
  readonly wallet: string;
  readonly balance: bigint;
  readonly below: bigint;
  readonly foundMs: number;
  readonly state: AlertState;
  readonly attempts: number;
  /** Why the last try failed. */
  readonly problem: string | null;
}

export interface DueAlert extends Alert {
  readonly name: string;
  readonly url: string;
  readonly secret: Uint8Array;
}

/** Wallets of organisations with a webhook. */
export async function watchedWallets(db: Db): Promise<readonly string[]> {
  const rows = await db.sql`
    SELECT wallet FROM organisation WHERE name IS NOT NULL AND webhook_url IS NOT NULL ORDER BY wallet`;
  return rows.map(({ wallet }) => readText(wallet));
}

/** Takes a wallet's balance; true when it fell below the limit just now, and a warning waits under the id. */
export function noteBalance(
  store: Store,
  wallet: string,
  balance: bigint,
  id: string,
  nowMs: number,
): Promise<boolean> {
  return store.transaction(async (tx) => {
    const [row] = await tx.sql`
      SELECT CAST(webhook_below AS TEXT) AS below, is_low FROM organisation
      WHERE wallet = ${wallet} AND webhook_url IS NOT NULL ORDER BY wallet`;
    if (row === undefined) return false;
    const below = readAmount(row.below);
    const change = crossing(balance, below, readInteger(row.is_low) === 1);
    if (change === "same") return false;
    await tx.sql`UPDATE organisation SET is_low = ${change === "fell" ? 1 : 0} WHERE wallet = ${wallet}`;
    if (change === "rose") {
      await tx.sql`UPDATE organisation_alert SET state = 'withdrawn' WHERE wallet = ${wallet} AND state = 'waiting'`;
      return false;
    }
    const alert = { alert_id: id, wallet, balance, below, found_ms: nowMs, state: "waiting", attempts: 0 };
    await tx.sql`INSERT INTO organisation_alert ${tx.sql.rows([{ ...alert, next_ms: nowMs, problem: null }])}`;
    return true;
  });
}

/** Warnings that are to be tried now, and where, oldest first. */
export async function dueAlerts(db: Db, nowMs: number): Promise<readonly DueAlert[]> {
  const rows = await db.sql`
    SELECT a.alert_id, a.wallet, CAST(a.balance AS TEXT) AS balance, CAST(a.below AS TEXT) AS below, a.found_ms, a.state, a.attempts,
      a.problem, o.name, o.webhook_url, o.webhook_secret
    FROM organisation_alert a JOIN organisation o ON o.wallet = a.wallet
    WHERE a.state = 'waiting' AND a.next_ms <= ${nowMs} AND o.name IS NOT NULL AND o.webhook_url IS NOT NULL
    ORDER BY a.found_ms, a.alert_id`;
  return rows.map((row) => ({
    ...alertOf(row),
    name: readText(row.name),
    url: readText(row.webhook_url),
    secret: readBytes(row.webhook_secret),
  }));
}

/** The warning was taken, or is tried again at `nextMs`, or is given up (null). Does nothing to one that waits no more. */
export async function noteTry(
  db: Db,
  id: string,
  outcome: { readonly problem: string; readonly nextMs: number | null } | "delivered",
): Promise<void> {
  const isDelivered = outcome === "delivered";
  const state: AlertState = isDelivered ? "delivered" : outcome.nextMs === null ? "given up" : "waiting";
  await db.sql`
    UPDATE organisation_alert SET state = ${state}, attempts = attempts + 1,
      next_ms = ${isDelivered ? 0 : (outcome.nextMs ?? 0)}, problem = ${isDelivered ? null : outcome.problem}
    WHERE alert_id = ${id} AND state = 'waiting'`;
}

/** The latest warnings of an organisation, newest first. */
export async function latestAlerts(db: Db, wallet: string, limit: number): Promise<readonly Alert[]> {
  const rows = await db.sql`
    SELECT alert_id, wallet, CAST(balance AS TEXT) AS balance, CAST(below AS TEXT) AS below, found_ms, state, attempts, problem
    FROM organisation_alert WHERE wallet = ${wallet} ORDER BY found_ms DESC, alert_id LIMIT ${limit}`;
  return rows.map(alertOf);
}

function alertOf(row: Readonly<Record<string, unknown>>): Alert {
  return {
    id: readText(row.alert_id),
    wallet: readText(row.wallet),
    balance: readAmount(row.balance),
    below: readAmount(row.below),
    foundMs: readInteger(row.found_ms),
    state: readText(row.state) as AlertState,
    attempts: readInteger(row.attempts),
    problem: readNullable(row.problem, readText),
  };
}
