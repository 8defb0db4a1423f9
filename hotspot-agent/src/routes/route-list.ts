/**
 * A route list from an oracle, believed only if a trusted key signed it for this hotspot, in this network, and it is still valid.
 *
 * What a list may hold is bounded: it decides where packets go and which authority vouches for a broker. Everything is checked
 * before it is used; one wrong value refuses the list as a whole, because its signer meant something that we did not understand.
 */
import { type DevAddrRange, type Route, type RouteList, verifyJson } from "@earshot/poc/protocol";
import { asBytes } from "../proof/api-answers.ts";
import type { TrustedSigners } from "../proof/trusted-signers.ts";

export type RouteListRefusal =
  | "bad_shape"
  | "unknown_signer"
  | "bad_signature"
  | "other_hotspot"
  | "other_network"
  | "from_the_future"
  | "expired";

export type CheckedRouteList =
  | { readonly status: "ok"; readonly list: RouteList }
  | { readonly status: "refused"; readonly reason: RouteListRefusal };

export interface RouteListContext {
  readonly signers: TrustedSigners;
  /** Text form of the hotspot's key. */
  readonly keyText: string;
  readonly network: number;
  /** The network's time, ms. */
  readonly nowMs: number;
}

const maxRoutes = 256;
const maxRanges = 1024;
const maxJoinEuis = 4096;
const maxCertificateChars = 65_536;
const maxCredentialChars = 256;
const maxPrefixChars = 64;
const maxU32 = 0xffff_ffff;
/** Clocks of oracle and hotspot may differ by this much. */
const clockToleranceMs = 300_000;

const signatureBytes = 64;

const hostPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45})$/;
const hexEui = /^[0-9a-f]{16}$/;

/** Verifies the answer of the oracle's route `getRoutes`, as JSON.parse gave it. Never throws. */
export function checkRouteList(answer: unknown, context: RouteListContext): CheckedRouteList {
  const refuse = (reason: RouteListRefusal): CheckedRouteList => ({ status: "refused", reason });
  if (!isObject(answer) || typeof answer.signer !== "string" || typeof answer.signature !== "string") {
    return refuse("bad_shape");
  }
  const key = context.signers.keyNamed(answer.signer);
  if (key === undefined) return refuse("unknown_signer");
  const signature = asBytes(answer.signature, signatureBytes);
  if (signature === undefined) return refuse("bad_shape");
  try {
    if (!verifyJson("earshot-routes", answer.list, key, signature)) return refuse("bad_signature");
  } catch {
    return refuse("bad_shape");
  }
  const { list } = answer;
  if (!isRouteList(list)) return refuse("bad_shape");
  if (list.hotspot !== context.keyText) return refuse("other_hotspot");
  if (list.network !== context.network) return refuse("other_network");
  if (list.issuedMs > context.nowMs + clockToleranceMs) return refuse("from_the_future");
  return list.validUntilMs <= context.nowMs ? refuse("expired") : { status: "ok", list };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

function isText(value: unknown, maxChars: number): value is string {
  return typeof value === "string" && value.length <= maxChars && !value.includes("\0");
}

function isListOf<T>(value: unknown, maxLength: number, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.length <= maxLength && value.every(isItem);
}

function isRouteList(value: unknown): value is RouteList {
  if (!isObject(value) || !isText(value.hotspot, 64)) return false;
  const { network, issuedMs, validUntilMs, routes } = value;
  if (!isInteger(network, 0, 0xffff) || !isInteger(issuedMs, 0, Number.MAX_SAFE_INTEGER)) return false;
  if (!isInteger(validUntilMs, 0, Number.MAX_SAFE_INTEGER) || !isListOf(routes, maxRoutes, isRoute)) return false;
  return new Set(routes.map(({ routeId }) => routeId)).size === routes.length;
}

function isRoute(value: unknown): value is Route {
  if (!isObject(value) || !isObject(value.server) || !isObject(value.credentials)) return false;
  const { host, port, certificateAuthority } = value.server;
  const { username, password } = value.credentials;
  return (
    isInteger(value.routeId, 0, maxU32) &&
    isText(host, 253) &&
    hostPattern.test(host) &&
    isInteger(port, 1, 0xffff) &&
    (certificateAuthority === null || isText(certificateAuthority, maxCertificateChars)) &&
    isText(username, maxCredentialChars) &&
    isText(password, maxCredentialChars) &&
    isPrefix(value.topicPrefix) &&
    isListOf(value.devAddrRanges, maxRanges, isRange) &&
    isListOf(value.joinEuis, maxJoinEuis, isHexEui) &&
    isInteger(value.maxCopies, 1, maxU32)
  );
}

/** No wildcard and no reserved topic. */
function isPrefix(value: unknown): value is string {
  return isText(value, maxPrefixChars) && !/[#+]/.test(value) && !value.startsWith("$");
}

function isRange(value: unknown): value is DevAddrRange {
  return isObject(value) && isInteger(value.first, 0, maxU32) && isInteger(value.last, value.first, maxU32);
}

function isHexEui(value: unknown): value is string {
  return typeof value === "string" && hexEui.test(value);
}
