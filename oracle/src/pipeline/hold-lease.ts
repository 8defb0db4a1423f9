/** Does a piece of work while holding its lease, renewed in the background; or nothing, when another worker holds it. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Lease, Store } from "../ports/store.ts";
import { acquireLease, releaseLease, renewLease } from "../store/leases.ts";

export interface LeaseOptions {
  readonly store: Store;
  /** Names the worker; no two have the same. */
  readonly holder: string;
  /** How long a dead worker's work waits before another one takes it, ms. */
  readonly ttlMs: number;
}

/**
 * A holder's name that no other process has, for people to know it by: containers on the network of one host may have one host name and
 * one process id, and each would take the other's lease for its own.
 */
export function holderName(what: string): string {
  return `${what}-${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`;
}

/** Renewals in the life of a lease that is not renewed: two may fail. */
const RENEWALS = 3;

/**
 * The answer of `work`, or undefined when another worker holds the lease. `work` commits under the lease (store/leases.ts requireLease),
 * and is told by `lost` when it may stop.
 */
export async function holdLease<T>(
  { store, holder, ttlMs }: LeaseOptions,
  name: string,
  work: (lease: Lease, lost: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const lease = await acquireLease(store, name, holder, ttlMs);
  if (lease === undefined) return undefined;
  const lost = new AbortController();
  const renew = async () => {
    // A database that does not answer now may answer before the lease runs out; whether it did, the commit finds out.
    const isHeld = await renewLease(store, lease, ttlMs).catch(() => true);
    if (!isHeld) lost.abort();
  };
  const timer = setInterval(() => void renew(), ttlMs / RENEWALS);
  try {
    return await work(lease, lost.signal);
  } finally {
    clearInterval(timer);
    await releaseLease(store, lease).catch(() => undefined);
  }
}
