/**
 * The clock leases run on: one that all holders share and that nobody steps.
 *
 * On SQLite all holders are on one machine, so it is the time since the machine started, under the name of that start: a lease of
 * an earlier start has run out. On PostgreSQL it is the server's clock.
 */
import { readFileSync } from "node:fs";
import type { Db } from "../ports/store.ts";
import { readInteger } from "./values.ts";

export interface LeaseTime {
  readonly clock: string;
  readonly nowMs: number;
}

/** What the clock says. */
export async function leaseTime(db: Db): Promise<LeaseTime> {
  if (db.dialect === "sqlite") return machineTime();
  const [row] = await db.sql`SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now_ms`;
  return { clock: "server", nowMs: readInteger(row!.now_ms) };
}

function machineTime(): LeaseTime {
  const seconds = Number.parseFloat(readFileSync("/proc/uptime", "utf8"));
  return { clock: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), nowMs: Math.round(seconds * 1000) };
}
