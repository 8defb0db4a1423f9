/** Whether a route may stand beside those that there are: number, space and count (docs/adr/0020). Pure. */
import { MOST_ROUTES, type ReadyRoute } from "../routes/route-list.ts";
import { type Refusal, refusal } from "./organisation.ts";
import { addressCount, freeAddressCount, MOST_FREE_ADDRESSES, overlapOf } from "./route-draft.ts";

export interface RouteRules {
  /** Routes of one organisation; 0 for none over HTTP. */
  readonly maxRoutes: number;
  /** DevAddrs of one organisation. */
  readonly maxAddresses: number;
  /** Wallets whose routes may meet those of others. */
  readonly mayOverlap: ReadonlySet<string>;
  /** Wallets that make no routes. */
  readonly refused: ReadonlySet<string>;
  /** Brokers and webhooks may be in private networks. */
  readonly mayBePrivate: boolean;
}

export interface Neighbours {
  /** The organisation's, without the one that is changed. */
  readonly own: readonly ReadyRoute[];
  /** Those of other payers, in files too. */
  readonly others: readonly ReadyRoute[];
}

/** Undefined when it may. */
export function placeProblem(
  wallet: string,
  draft: ReadyRoute,
  { own, others }: Neighbours,
  { maxRoutes, maxAddresses, mayOverlap, refused }: RouteRules,
): Refusal | undefined {
  if (refused.has(wallet)) return refusal("not_permitted", "a wallet that the operator lets make routes", wallet);
  if (own.length >= maxRoutes) return refusal("limit_reached", `at most ${maxRoutes} routes`, own.length + 1);
  const inAll = own.length + others.length + 1;
  if (inAll > MOST_ROUTES) return refusal("limit_reached", `at most ${MOST_ROUTES} routes of this oracle`, inAll);
  const all = [...own, draft];
  const addresses = addressCount(all);
  if (addresses > maxAddresses) return refusal("limit_reached", `at most ${maxAddresses} DevAddrs`, addresses);
  const free = freeAddressCount(all);
  if (free > MOST_FREE_ADDRESSES) {
    return refusal("limit_reached", `at most ${MOST_FREE_ADDRESSES} DevAddrs of NetIDs 000000 and 000001`, free);
  }
  if (mayOverlap.has(wallet)) return undefined;
  for (const other of others) {
    const overlap = overlapOf(draft, other);
    if (overlap !== undefined) {
      return refusal(
        "route_overlap",
        "addresses that no other payer's route has",
        `${overlap} of route ${other.route.routeId}`,
      );
    }
  }
  return undefined;
}
