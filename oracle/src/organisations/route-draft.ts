/**
 * A route as an organisation sends it: first read exactly as a file is, then held against what an operator trusts nobody with. Pure.
 *
 * The payer may be left out where the organisation has one route key, and the secret where the route has one already.
 */
import { type RouteFault, readRoute } from "../routes/route-definition.ts";
import type { ReadyRoute } from "../routes/route-list.ts";
import { isPrivateHost } from "./private-address.ts";

/** NetIDs 000000 and 000001, free for everybody to use (LoRaWAN Backend Interfaces 1.0, NetID type 0 with NwkID 0 and 1). */
const FREE_LAST = 0x03ff_ffff;
/** DevAddrs of those that one organisation may hold. */
export const MOST_FREE_ADDRESSES = 65_536;
/** Of a route as agents are told it: 256 of them are within the 4 MiB that an agent reads of a list. */
export const MAX_TOLD_BYTES = 12 * 1024;

export interface RouteDraftContext {
  readonly routeId: number;
  /** Text forms of the wallet's route keys, as the chain has them. */
  readonly routeKeys: readonly string[];
  /** Of the route that is changed. */
  readonly credentialSecret: string | undefined;
  /** False: brokers are on the internet. */
  readonly mayBePrivate: boolean;
}

export type RouteDraft =
  | ({ readonly status: "ok" } & ReadyRoute)
  | { readonly status: "refused"; readonly faults: readonly RouteFault[] };

/** Checks a route from outside; every fault is named. Never throws. */
export function readRouteDraft(value: unknown, context: RouteDraftContext): RouteDraft {
  const { routeId, routeKeys, credentialSecret, mayBePrivate } = context;
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  const faults: RouteFault[] = [];
  const {
    routeId: given,
    contestsSettledThrough: settled,
    ...written
  } = (isRecord ? value : {}) as Record<string, unknown>;
  if (given !== undefined && given !== routeId) faults.push({ path: "/routeId", expected: `${routeId}, or nothing` });
  if (settled !== undefined) {
    faults.push({ path: "/contestsSettledThrough", expected: "nothing: it is the operator's word" });
  }
  const [onlyKey, ...others] = routeKeys;
  const filled = {
    ...(onlyKey !== undefined && others.length === 0 ? { payer: onlyKey } : {}),
    ...(credentialSecret === undefined ? {} : { credentialSecret }),
    ...written,
    routeId,
  };
  const read = readRoute(isRecord ? filled : value);
  if (read.status === "refused") return { status: "refused", faults: [...faults, ...read.faults] };
  const { route, ranges } = read;
  if (!routeKeys.includes(route.payer)) {
    faults.push({
      path: "/payer",
      expected: "a route key whose account on chain belongs to the organisation's wallet",
    });
  }
  if (!mayBePrivate && isPrivateHost(route.server.host)) {
    faults.push({ path: "/server/host", expected: "a broker on the internet" });
  }
  const toldBytes = JSON.stringify([route.server, route.topicPrefix, route.joinEuis, ranges]).length;
  if (toldBytes > MAX_TOLD_BYTES) {
    faults.push({
      path: "/",
      expected: `addresses, JoinEUIs and certificate of ${MAX_TOLD_BYTES} bytes, got ${toldBytes}`,
    });
  }
  return faults.length > 0 ? { status: "refused", faults } : read;
}

/** DevAddrs of routes; a range that two of them have counts twice. */
export function addressCount(routes: readonly Pick<ReadyRoute, "ranges">[], last = 0xffff_ffff): number {
  let count = 0;
  for (const { ranges } of routes) {
    for (const range of ranges) count += Math.max(0, Math.min(range.last, last) - range.first + 1);
  }
  return count;
}

/** DevAddrs of routes that belong to nobody. */
export function freeAddressCount(routes: readonly Pick<ReadyRoute, "ranges">[]): number {
  return addressCount(routes, FREE_LAST);
}

/** What two routes both name, for a person; undefined when nothing. */
export function overlapOf(one: ReadyRoute, other: ReadyRoute): string | undefined {
  for (const a of one.ranges) {
    for (const b of other.ranges) {
      const first = Math.max(a.first, b.first);
      const last = Math.min(a.last, b.last);
      if (first <= last) return `DevAddr ${hex8(first)}-${hex8(last)}`;
    }
  }
  const theirs = new Set(other.route.joinEuis.map((eui) => eui.toLowerCase()));
  const shared = one.route.joinEuis.find((eui) => theirs.has(eui.toLowerCase()));
  return shared === undefined ? undefined : `JoinEUI ${shared.toLowerCase()}`;
}

const hex8 = (value: number) => value.toString(16).padStart(8, "0");
