/** The signed list of routes that one hotspot is given: what its agent may deliver, to whom, with which credentials, until when. */
import {
  type DevAddrRange,
  type DeviceSigner,
  keyToTextUnchecked,
  type Route,
  type RouteList,
  type RoutesAnswer,
  sha256,
  signJson,
} from "@earshot/poc/protocol";
import { routeCredentials } from "./credentials.ts";
import type { RouteDefinition } from "./route-definition.ts";

/** How long agents may use a list without hearing from an oracle again: a day's outage of all oracles costs no customer a packet. */
export const ROUTE_LIST_VALID_MS = 86_400_000;

/** Routes that an agent serves (hotspot-agent, network-servers.ts): of one more the customer would get no packet. A list may have 256. */
export const MOST_ROUTES = 192;

/** A definition that was read, with its addresses as ranges. */
export interface ReadyRoute {
  readonly route: RouteDefinition;
  readonly ranges: readonly DevAddrRange[];
}

export interface RouteListContext {
  readonly network: number;
  readonly nowMs: number;
  readonly validMs: number;
  /** Routes that agents must leave alone now: contested over the limit, or their payer in arrears. */
  readonly isSuspended: (routeId: number) => boolean;
}

/** The list for a hotspot, by route id. The 33-byte key is one that the registry holds. */
export function routeListFor(key: Uint8Array, routes: readonly ReadyRoute[], context: RouteListContext): RouteList {
  const { network, nowMs, validMs, isSuspended } = context;
  const gatewayId = Buffer.from(sha256(key).subarray(0, 8)).toString("hex");
  const told = routes.filter(({ route }) => route.isActive && !isSuspended(route.routeId));
  return {
    hotspot: keyToTextUnchecked(key),
    network,
    issuedMs: nowMs,
    validUntilMs: nowMs + validMs,
    routes: told
      .toSorted((a, b) => a.route.routeId - b.route.routeId)
      .map(({ route, ranges }): Route => {
        const { routeId, server, topicPrefix, joinEuis, maxCopies } = route;
        return {
          routeId,
          server,
          credentials: routeCredentials(route, gatewayId),
          topicPrefix,
          devAddrRanges: ranges,
          joinEuis: joinEuis.map((eui) => eui.toLowerCase()),
          maxCopies,
        };
      }),
  };
}

/** The list under the oracle's key, as `getRoutes` answers it. */
export function signedRouteList(list: RouteList, signer: DeviceSigner): RoutesAnswer {
  return {
    list,
    signer: keyToTextUnchecked(signer.publicKey),
    signature: Buffer.from(signJson("earshot-routes", list, signer)).toString("base64"),
  };
}
