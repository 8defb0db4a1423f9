/** Looks at the balances of organisations that want to be warned, and calls their webhooks. Its `run()` is in the part. */
import type { BurnChain } from "../billing/burns.ts";
import { holdLease } from "../pipeline/hold-lease.ts";
import type { Store } from "../ports/store.ts";
import { type DueAlert, dueAlerts, noteBalance, noteTry, watchedWallets } from "./alert-table.ts";
import { nextTryMs } from "./low-balance.ts";
import { callWebhook } from "./webhook-call.ts";

export interface BalanceWatchOptions {
  readonly store: Store;
  readonly routers: Pick<BurnChain, "routers">;
  readonly network: number;
  /** Names this process among those of the store. */
  readonly holder: string;
  readonly mayBePrivate: boolean;
  /** Network time, Unix ms. */
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  /** For tests: webhook-call.ts as it is without it. */
  readonly call?: typeof callWebhook;
}

export interface BalanceRound {
  readonly found: number;
  readonly delivered: number;
  /** Tries that failed, and why. */
  readonly failed: readonly { readonly wallet: string; readonly problem: string }[];
}

const LEASE = "organisation alerts";
const LEASE_MS = 60_000;
const NOTHING: BalanceRound = { found: 0, delivered: 0, failed: [] };

/** One look; nothing where another process of the store does it. Throws what store and chain throw; it can be called again then. */
export async function watchBalances(options: BalanceWatchOptions): Promise<BalanceRound> {
  const { store, holder } = options;
  const round = await holdLease({ store, holder, ttlMs: LEASE_MS }, LEASE, async () => {
    const found = await findLow(options);
    const outcomes = await Promise.all((await dueAlerts(store, options.nowMs())).map((alert) => tell(alert, options)));
    const failed = outcomes.filter((outcome) => outcome !== undefined);
    return { found, delivered: outcomes.length - failed.length, failed };
  });
  return round ?? NOTHING;
}

/** How many fell below their limit since the last look. */
async function findLow({ store, routers, nowMs, newId }: BalanceWatchOptions): Promise<number> {
  const wallets = await watchedWallets(store);
  if (wallets.length === 0) return 0;
  const balances = new Map<string, bigint>();
  for (const { payer, escrow } of await routers.routers()) balances.set(payer, (balances.get(payer) ?? 0n) + escrow);
  let found = 0;
  for (const wallet of wallets) {
    if (await noteBalance(store, wallet, balances.get(wallet) ?? 0n, newId(), nowMs())) found++;
  }
  return found;
}

async function tell(
  alert: DueAlert,
  { store, network, mayBePrivate, nowMs, random, call = callWebhook }: BalanceWatchOptions,
): Promise<{ readonly wallet: string; readonly problem: string } | undefined> {
  const { id, wallet, name, url, secret, balance, below, foundMs, attempts } = alert;
  const body = JSON.stringify({
    id,
    kind: "low_balance",
    network,
    wallet,
    organisation: name,
    balanceDataCredits: balance.toString(),
    belowDataCredits: below.toString(),
    foundMs,
  });
  const problem = await call({ url, id, secret, body, nowMs: nowMs(), mayBePrivate });
  if (problem === undefined) {
    await noteTry(store, id, "delivered");
    return undefined;
  }
  const waitMs = nextTryMs(attempts + 1, nowMs() - foundMs, random());
  await noteTry(store, id, { problem, nextMs: waitMs === undefined ? null : nowMs() + waitMs });
  return { wallet, problem };
}
