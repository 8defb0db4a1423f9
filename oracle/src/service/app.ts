/** The whole API: the routes of every part in one server, with their description and what is counted of requests. */

import { ORACLE_API } from "@earshot/poc/protocol";
import { createHttpApp, fastifyPath, type HttpApp, type HttpOptions } from "./http.ts";
import { describeApi } from "./openapi.ts";
import type { ServicePart } from "./part.ts";
import { type StatusRoutesOptions, statusRoutes } from "./status-routes.ts";

export interface ApiOptions extends HttpOptions, StatusRoutesOptions {
  readonly parts: readonly ServicePart[];
  /** False leaves the description out, for tests that need none. */
  readonly isDescribed?: boolean;
}

/** Requests that may wait on purpose: their time says nothing. */
const WAITING_ROUTES: readonly string[] = [ORACLE_API.getChallenge.path, ORACLE_API.getEntropy.path].map(fastifyPath);

/** Builds the server; nothing listens yet. */
export async function createApi({ parts, isDescribed = true, ...options }: ApiOptions): Promise<HttpApp> {
  const app = createHttpApp(options);
  if (isDescribed) await describeApi(app);
  for (const { uncountedRoutes } of parts) {
    if (uncountedRoutes !== undefined) await app.register(async (scope: HttpApp) => uncountedRoutes(scope));
  }
  await app.register(async (scope: HttpApp) => {
    scope.addHook("onResponse", (request, reply, done) => {
      const route = request.routeOptions.url ?? "none";
      const seconds = WAITING_ROUTES.includes(route) ? undefined : reply.elapsedTime / 1000;
      options.telemetry.request(route, reply.statusCode, seconds);
      done();
    });
    statusRoutes(scope, options);
    for (const { routes } of parts) await routes?.(scope);
  });
  await app.ready();
  return app;
}
