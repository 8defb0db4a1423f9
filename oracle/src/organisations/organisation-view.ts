/** An organisation as it is shown to who may see it: everything but secrets. */
import type { Db } from "../ports/store.ts";
import type { ReadyRoute } from "../routes/route-list.ts";
import { latestAlerts } from "./alert-table.ts";
import { MOST_API_KEYS, MOST_MEMBERS, type Role } from "./organisation.ts";
import type { OrganisationAnswer } from "./organisation-schemas.ts";
import { apiKeysOf, journalOf, organisationOf } from "./organisation-table.ts";
import type { RouteRules } from "./place-route.ts";

/** Changes and warnings that are shown. */
const MOST_LINES = 20;

export interface ViewContext {
  readonly store: Db;
  readonly oracle: string;
  readonly rules: Pick<RouteRules, "maxRoutes" | "maxAddresses">;
  readonly routeKeysOf: (wallet: string) => readonly string[];
  readonly routesOf: (wallet: string) => readonly ReadyRoute[];
  /** Why a route is not delivered; empty for one that is. */
  readonly suspendedReasons: (routeId: number) => readonly string[];
}

export async function organisationView(wallet: string, role: Role, context: ViewContext): Promise<OrganisationAnswer> {
  const { store, oracle, rules, routeKeysOf, routesOf, suspendedReasons } = context;
  const { name, revision, members, webhook } = await organisationOf(store, wallet);
  const alerts = await latestAlerts(store, wallet, MOST_LINES);
  return {
    wallet,
    name,
    oracle,
    revision,
    role,
    routeKeys: [...routeKeysOf(wallet)],
    members: [...members],
    routes: routesOf(wallet).map((route) => routeView(route, suspendedReasons)),
    apiKeys: [...(await apiKeysOf(store, wallet))],
    webhook:
      webhook === null
        ? null
        : {
            url: webhook.url,
            belowDataCredits: webhook.below.toString(),
            alerts: alerts.map(({ id, balance, below, foundMs, state, attempts, problem }) => ({
              id,
              balanceDataCredits: balance.toString(),
              belowDataCredits: below.toString(),
              foundMs,
              state,
              attempts,
              problem,
            })),
          },
    journal: [...(await journalOf(store, wallet, MOST_LINES))],
    limits: {
      routes: rules.maxRoutes,
      devAddrs: rules.maxAddresses,
      members: MOST_MEMBERS,
      apiKeys: MOST_API_KEYS,
    },
  };
}

/** A route without its secret. */
export function routeView(
  { route, ranges }: ReadyRoute,
  suspendedReasons: ViewContext["suspendedReasons"],
): OrganisationAnswer["routes"][number] {
  const { credentialSecret: _, contestsSettledThrough: __, ...shown } = route;
  return {
    ...shown,
    devAddrRanges: ranges.map(({ first, last }) => ({ first, last })),
    suspended: [...suspendedReasons(route.routeId)],
  };
}
