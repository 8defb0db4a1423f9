/** Customers' routes as a part of the service: from files and organisations, told to hotspots signed, public but for their credentials. */
import { join } from "node:path";
import { DEVICE_REQUEST_HEADER, ORACLE_API, requestProblem } from "@earshot/poc/protocol";
import Type, { type Static } from "typebox";
import { readKey } from "../ingest/upload-routes.ts";
import { errorAnswers, keyParams } from "../service/api-schemas.ts";
import { fastifyPath, type HttpApp, sendError } from "../service/http.ts";
import type { ServiceContext, ServicePart } from "../service/part.ts";
import { GatewayList } from "./gateway-list.ts";
import { RouteBook } from "./route-book.ts";
import { type ReadyRoute, ROUTE_LIST_VALID_MS, routeListFor, signedRouteList } from "./route-list.ts";
import type { SuspendedRoutes } from "./suspended-routes.ts";

/** Below the data folder. */
export const ROUTES_FOLDER = "routes";

const rangeSchema = Type.Object({ first: Type.Integer(), last: Type.Integer() });
const routesAnswerSchema = Type.Object({
  list: Type.Object({
    hotspot: Type.String(),
    network: Type.Integer(),
    issuedMs: Type.Integer(),
    validUntilMs: Type.Integer(),
    routes: Type.Array(
      Type.Object({
        routeId: Type.Integer(),
        server: Type.Object({
          host: Type.String(),
          port: Type.Integer(),
          certificateAuthority: Type.Union([Type.String(), Type.Null()]),
        }),
        credentials: Type.Object({ username: Type.String(), password: Type.String() }),
        topicPrefix: Type.String(),
        devAddrRanges: Type.Array(rangeSchema),
        joinEuis: Type.Array(Type.String()),
        maxCopies: Type.Integer(),
      }),
    ),
  }),
  signer: Type.String(),
  signature: Type.String(),
});
const publicRouteSchema = Type.Object({
  routeId: Type.Integer(),
  name: Type.String(),
  payer: Type.String(),
  devAddrRanges: Type.Array(rangeSchema),
  joinEuis: Type.Integer({ description: "How many" }),
  maxCopies: Type.Integer(),
  isActive: Type.Boolean(),
  suspended: Type.Array(Type.String(), { description: "Reasons; empty when agents deliver" }),
});

const gatewayId = Type.String({ pattern: "^[0-9a-f]{16}$", description: "Gateway id, hexadecimal" });
const gatewaysQuery = Type.Object({
  after: Type.Optional(Type.String({ pattern: "^[0-9a-f]{16}$", description: "`next` of the page before" })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
});
const gatewaysSchema = Type.Object({
  gatewayIds: Type.Array(gatewayId),
  next: Type.Union([gatewayId, Type.Null()], { description: "`after` of the next page; null at the end" }),
});

export interface RoutesPart extends ServicePart {
  readonly book: RouteBook;
}

export function routesPart(
  { config, rules, signer, registry, networkClock, log, telemetry }: ServiceContext,
  suspended: SuspendedRoutes,
  ofOrganisations?: () => readonly ReadyRoute[],
): RoutesPart {
  const book = new RouteBook(join(config.data.folder, ROUTES_FOLDER), log.for("routes"), ofOrganisations);
  const gateways = new GatewayList(registry);
  const isSuspended = (routeId: number) => suspended.reasonsOf(routeId).length > 0;
  telemetry.gauge("oracle_routes", "Routes of customers.", () => book.routes.length);
  telemetry.gauge(
    "oracle_routes_suspended",
    "Routes that agents are told to leave alone.",
    () => book.routes.filter(({ route }) => isSuspended(route.routeId)).length,
  );
  return {
    name: "routes",
    book,
    tick: () => book.refresh(),
    routes(app: HttpApp) {
      app.get(
        fastifyPath(ORACLE_API.getRoutes.path),
        {
          schema: {
            tags: ["routes"],
            summary: ORACLE_API.getRoutes.meaning,
            description:
              "The list holds broker credentials: the hotspot signs its request (`earshot-device: TIME SIGNATURE`).",
            params: keyParams,
            headers: Type.Object({ [DEVICE_REQUEST_HEADER]: Type.Optional(Type.String({ maxLength: 200 })) }),
            response: { 200: routesAnswerSchema, ...errorAnswers("bad_request", "not_registered") },
          },
        },
        async (request, reply) => {
          const key = readKey(request.params.key);
          if (key === undefined) return sendError(reply, "bad_request", "the text form of a key", request.params.key);
          const nowMs = networkClock.nowMs();
          const sender = registry.sender(key, rules.epochAt(nowMs));
          if (sender.status !== "hotspot") {
            const why = sender.status === "refused" ? sender.why : "a payer's key";
            return sendError(reply, "not_registered", "a registered hotspot", why);
          }
          const header = request.headers[DEVICE_REQUEST_HEADER] ?? "";
          const problem = requestProblem(header, "device", "GET", request.url, nowMs, sender.key);
          if (problem !== undefined) {
            return sendError(
              reply,
              "bad_request",
              `${DEVICE_REQUEST_HEADER}: ${problem}`,
              header === "" ? "none" : "another",
            );
          }
          const context = { network: rules.network, nowMs, validMs: ROUTE_LIST_VALID_MS, isSuspended };
          // What holds credentials is kept by no cache on the way.
          reply.header("cache-control", "private, no-store");
          const answer = signedRouteList(routeListFor(key, book.routes, context), signer);
          return answer as Static<typeof routesAnswerSchema>;
        },
      );
      app.get(
        "/v1/routes",
        {
          schema: {
            tags: ["routes"],
            summary: "Every route of this oracle, without server and credentials, and whether it is suspended.",
            response: { 200: Type.Object({ routes: Type.Array(publicRouteSchema) }) },
          },
        },
        async () => ({ routes: book.routes.map((route) => publicRoute(route, suspended)) }),
      );
      app.get(
        "/v1/gateways",
        {
          schema: {
            tags: ["routes"],
            summary: "Gateway ids of the network's hotspots, ascending: the users at every customer's broker.",
            description: "Suspended hotspots are left out; those that begin with the next epoch are in.",
            querystring: gatewaysQuery,
            response: { 200: gatewaysSchema, ...errorAnswers("bad_request") },
          },
        },
        async ({ query: { after = "", limit = 1000 } }) => {
          const { gatewayIds, next } = gateways.page(rules.epochAt(networkClock.nowMs()), after, limit);
          return { gatewayIds: [...gatewayIds], next };
        },
      );
    },
  };
}

function publicRoute({ route, ranges }: ReadyRoute, suspended: SuspendedRoutes): Static<typeof publicRouteSchema> {
  const { routeId, name, payer, joinEuis, maxCopies, isActive } = route;
  return {
    routeId,
    name,
    payer,
    devAddrRanges: ranges.map(({ first, last }) => ({ first, last })),
    joinEuis: joinEuis.length,
    maxCopies,
    isActive,
    suspended: [...suspended.reasonsOf(routeId)],
  };
}
