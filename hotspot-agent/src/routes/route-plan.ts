/**
 * The route lists of all hotspots of this agent as servers to deliver to. Pure.
 *
 * A route that several hotspots have is one destination; each connects with its own credentials and for its own gateway. What the
 * newest list says of a route holds. A route to a place that the owner configured as a server himself is left out: local
 * configuration goes first.
 */
import { createHash } from "node:crypto";
import type { Route, RouteList } from "@earshot/poc/protocol";
import type { GatewayEui } from "../messages.ts";
import type { FilterSpec } from "../network-server/delivery-filter.ts";
import type { RoutedServer } from "../network-server/network-servers.ts";
import { serverPlace } from "../network-server/network-servers.ts";

export interface HotspotRoutes {
  readonly gatewayEui: GatewayEui;
  /** From the hotspot's key, whatever id private servers see: customers pay by key. */
  readonly gatewayId: string;
  readonly list: RouteList;
}

const keepAliveMs = 30_000;
const ackTimeoutMs = 5000;
const statsIntervalMs = 30_000;

/** The servers to deliver to, in order of their ids. `ownPlaces`: brokers and prefixes that the owner configured. */
export function planRoutes(
  hotspots: readonly HotspotRoutes[],
  ownPlaces: ReadonlySet<string>,
): readonly RoutedServer[] {
  const newestFirst = hotspots.toSorted((a, b) => b.list.issuedMs - a.list.issuedMs);
  const routes = new Map<number, { readonly route: Route; readonly hotspots: { of: HotspotRoutes; route: Route }[] }>();
  for (const of of newestFirst) {
    for (const route of of.list.routes) {
      const known = routes.get(route.routeId);
      if (known === undefined) routes.set(route.routeId, { route, hotspots: [{ of, route }] });
      else known.hotspots.push({ of, route });
    }
  }
  return [...routes.values()]
    .filter(({ route }) => !ownPlaces.has(serverPlace(routeUrl(route), route.topicPrefix)))
    .sort((a, b) => a.route.routeId - b.route.routeId)
    .map(({ route, hotspots: holders }) => routedServer(route, holders));
}

function routedServer(
  route: Route,
  holders: readonly { readonly of: HotspotRoutes; readonly route: Route }[],
): RoutedServer {
  const { routeId, topicPrefix } = route;
  const byEui = new Map(holders.map((holder) => [holder.of.gatewayEui, holder]));
  return {
    routeId,
    fingerprint: fingerprint([
      route,
      holders.map(({ of, route: own }) => [of.gatewayEui, of.gatewayId, own.credentials]),
    ]),
    server: {
      origin: `route:${routeId}`,
      name: `route-${routeId}`,
      group: "routes",
      isLocal: false,
      filter: routeFilter(route),
      routeId,
      topicPrefix,
      protocol: "auto",
      encoding: "protobuf",
      keepAliveMs,
      ackTimeoutMs,
      statsIntervalMs,
      qos: 1,
      commands: {},
      url: routeUrl(route),
      connection: (gatewayEui) => {
        const holder = byEui.get(gatewayEui);
        if (holder === undefined) return null;
        const { credentials } = holder.route;
        return {
          url: routeUrl(route),
          gatewayId: holder.of.gatewayId,
          clientId: undefined,
          credentials: () => ({
            ...credentials,
            certificateAuthority: route.server.certificateAuthority ?? undefined,
            certificate: undefined,
            privateKey: undefined,
          }),
        };
      },
    },
  };
}

function routeUrl({ server: { host, port } }: Route): string {
  return `mqtts://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** A route admits what it names and nothing else: the customer pays for it. */
function routeFilter(route: Route): FilterSpec {
  return {
    devAddrRanges: route.devAddrRanges,
    netIds: [],
    joinEuiRanges: route.joinEuis.map((text) => {
      const joinEui = BigInt(`0x${text}`);
      return { first: joinEui, last: joinEui };
    }),
  };
}

function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
