/**
 * A customer's route as its owner writes it: which devices' packets go to which server, and who pays.
 *
 * One schema for the HTTP interface and for files. Addresses may be named by NetID, by DevAddr prefix (`26011000/20`) or by range
 * (`26000000-27ffffff`); agents get ranges, sorted and merged. A route without any address or JoinEUI would match nothing and is
 * refused.
 */
import {
  netIdRange,
  parseDevAddr,
  parseDevAddrPrefix,
  parseNetId,
  type DevAddrRange as Range,
} from "@earshot/poc/lorawan";
import { type DevAddrRange, keyFromText } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
import { Errors } from "typebox/value";

/** What agents take (hotspot-agent, route lists). */
const MAX_RANGES = 1024;
const MAX_JOIN_EUIS = 4096;

export const RouteDefinitionSchema = Type.Object(
  {
    routeId: Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: "Number of the route in the network." }),
    name: Type.String({ minLength: 1, maxLength: 64, description: "For people." }),
    payer: Type.String({ maxLength: 51, description: "Text form of the route key; its router account on chain pays." }),
    server: Type.Object(
      {
        host: Type.String({ pattern: "^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45})$" }),
        port: Type.Integer({ minimum: 1, maximum: 0xffff }),
        certificateAuthority: Type.Union([Type.String({ maxLength: 65_536 }), Type.Null()], {
          description: "PEM of the authority of the broker's certificate; null for the system's authorities.",
        }),
      },
      { additionalProperties: false },
    ),
    topicPrefix: Type.String({
      maxLength: 64,
      pattern: "^(?!\\$)[^#+\\u0000]*$",
      description: "Before /gateway/…: ChirpStack's region, such as eu868.",
    }),
    netIds: Type.Array(Type.String({ pattern: "^[0-9A-Fa-f]{6}$" }), { maxItems: 64 }),
    devAddrs: Type.Array(Type.String({ maxLength: 17 }), {
      maxItems: MAX_RANGES,
      description: "26011000/20, 26000000-27ffffff or 26010203.",
    }),
    joinEuis: Type.Array(Type.String({ pattern: "^[0-9A-Fa-f]{16}$" }), { maxItems: MAX_JOIN_EUIS }),
    maxCopies: Type.Integer({ minimum: 1, maximum: 64, description: "Copies of a packet that are paid for." }),
    credentialSecret: Type.String({
      pattern: "^[0-9a-f]{64}$",
      description: "32 random bytes; every hotspot's password at the broker is derived from them.",
    }),
    isActive: Type.Boolean({ description: "False: told to no hotspot." }),
    contestsSettledThrough: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 0xffff_ffff,
        description: "Last epoch whose contested packets were settled between oracle and payer, outside of bills.",
      }),
    ),
  },
  { additionalProperties: false },
);

export type RouteDefinition = Static<typeof RouteDefinitionSchema>;

/** Where a definition is wrong: the path of the value, what was expected, and what came. */
export interface RouteFault {
  readonly path: string;
  readonly expected: string;
}

export type ReadRoute =
  | { readonly status: "ok"; readonly route: RouteDefinition; readonly ranges: readonly DevAddrRange[] }
  | { readonly status: "refused"; readonly faults: readonly RouteFault[] };

/** Checks a definition from outside. Never throws; every fault is named. */
export function readRoute(value: unknown): ReadRoute {
  const shape = Errors(RouteDefinitionSchema, value);
  if (shape.length > 0) {
    return {
      status: "refused",
      faults: shape.map(({ instancePath, message }) => ({ path: instancePath || "/", expected: message })),
    };
  }
  const route = value as RouteDefinition;
  const faults: RouteFault[] = [];
  if (!isKey(route.payer)) faults.push({ path: "/payer", expected: "the text form of a key" });
  const ranges: Range[] = [];
  for (const [index, text] of route.netIds.entries()) {
    const netId = parseNetId(text);
    if (netId === null) faults.push({ path: `/netIds/${index}`, expected: "a NetID of six hexadecimal digits" });
    else ranges.push(netIdRange(netId));
  }
  for (const [index, text] of route.devAddrs.entries()) {
    const range = readRange(text);
    if (range === null)
      faults.push({ path: `/devAddrs/${index}`, expected: "26011000/20, 26000000-27ffffff or 26010203" });
    else ranges.push(range);
  }
  if (ranges.length === 0 && route.joinEuis.length === 0) {
    faults.push({ path: "/", expected: "a NetID, a DevAddr or a JoinEUI: this route matches nothing" });
  }
  return faults.length > 0 ? { status: "refused", faults } : { status: "ok", route, ranges: merged(ranges) };
}

function isKey(text: string): boolean {
  try {
    keyFromText(text);
    return true;
  } catch {
    return false;
  }
}

function readRange(text: string): Range | null {
  if (text.includes("/")) {
    const prefix = parseDevAddrPrefix(text);
    if (prefix === null) return null;
    const first = prefix.devAddr;
    const size = 2 ** (32 - prefix.bits);
    return { first, last: first + size - 1 };
  }
  const [from = "", to = from, ...more] = text.split("-");
  const first = parseDevAddr(from);
  const last = parseDevAddr(to);
  return more.length > 0 || first === null || last === null || last < first ? null : { first, last };
}

/** The same addresses in as few ranges as can be, ascending. */
function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before === undefined || range.first > before.last + 1) result.push({ first: range.first, last: range.last });
    else result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return result;
}
