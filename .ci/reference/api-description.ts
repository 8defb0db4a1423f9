/**
 * The oracle's API as OpenAPI describes it. The routes are those of the service, made with nothing behind them: their schemas are read,
 * and no request ever comes.
 */

import { apiPart } from "../../oracle/src/api/api-part.ts";
import { liveRoutes } from "../../oracle/src/api/live-routes.ts";
import { contestRoutes } from "../../oracle/src/billing/contest-routes.ts";
import { invoiceRoutes } from "../../oracle/src/billing/invoice-routes.ts";
import { challengeRoutes } from "../../oracle/src/challenges/challenge-routes.ts";
import { submitRoute, uploadRoutes } from "../../oracle/src/ingest/upload-routes.ts";
import { segmentRoutes } from "../../oracle/src/log-routes/segment-routes.ts";
import { noticeRoutes } from "../../oracle/src/notices/notice-routes.ts";
import { keyAndWebhookRoutes } from "../../oracle/src/organisations/key-and-webhook-routes.ts";
import { organisationRouteRoutes } from "../../oracle/src/organisations/organisation-route-routes.ts";
import { organisationRoutes } from "../../oracle/src/organisations/organisation-routes.ts";
import { routesPart } from "../../oracle/src/routes/routes-part.ts";
import { createApi } from "../../oracle/src/service/app.ts";
import { SILENT_LOG } from "../../oracle/src/service/log.ts";
import type { ServicePart } from "../../oracle/src/service/part.ts";
import { chainRoutes } from "../../oracle/src/settlement/chain-routes.ts";

/** The parts of JSON Schema that the routes use. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
}

export interface RouteParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: SchemaNode;
  readonly description?: string;
}

type Content = Readonly<Record<string, { readonly schema?: SchemaNode }>>;

export interface RouteDescription {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly RouteParameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
}

/** Route by path (`/v1/hotspots/{key}`) and method in lower case. */
export type ApiPaths = Readonly<Record<string, Readonly<Record<string, RouteDescription>>>>;

const unasked = {} as never;
const routesContext = { config: { data: { folder: "" } }, log: SILENT_LOG, telemetry: { gauge() {} } } as never;
const parts: readonly ServicePart[] = [
  { name: "challenges", routes: (app) => challengeRoutes(app, unasked) },
  {
    name: "ingest",
    routes: (app) => uploadRoutes(app, unasked),
    uncountedRoutes: (scope) => submitRoute(scope, unasked),
  },
  routesPart(routesContext, unasked),
  { name: "log", routes: (app) => segmentRoutes(app, unasked) },
  { name: "notices", uncountedRoutes: (scope) => noticeRoutes(scope, unasked) },
  {
    name: "billing",
    routes(app) {
      invoiceRoutes(app, unasked);
      contestRoutes(app, unasked, 0);
    },
  },
  {
    name: "organisations",
    routes(app) {
      organisationRoutes(app, unasked, unasked, unasked);
      organisationRouteRoutes(app, unasked, unasked);
      keyAndWebhookRoutes(app, unasked, unasked);
    },
  },
  { name: "chain", routes: (app) => chainRoutes(app, unasked) },
  apiPart({ source: unasked, nowMs: () => 0, proposals: "" }),
  { name: "running epoch", routes: (app) => liveRoutes(app, unasked) },
];

async function describe(): Promise<ApiPaths> {
  const app = await createApi({
    parts,
    trustProxy: false,
    maxConnections: 1,
    log: SILENT_LOG,
    rules: unasked,
    telemetry: unasked,
    faults: () => ({}),
  });
  const { paths } = app.swagger() as unknown as { readonly paths: ApiPaths };
  await app.close();
  return paths;
}

export const apiPaths: ApiPaths = await describe();

/** The schema of what a route answers when all is well; undefined where it is no JSON or not described. */
export function answerSchema({ responses }: RouteDescription): SchemaNode | undefined {
  return responses["200"]?.content?.["application/json"]?.schema;
}
