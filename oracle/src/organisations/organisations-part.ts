/** Organisations of payers as a part of the service: their people, routes, keys and warnings. */
import { randomUUID } from "node:crypto";
import type { BurnChain } from "../billing/burns.ts";
import { durationMs } from "../config/values.ts";
import type { ReadyRoute } from "../routes/route-list.ts";
import type { SuspendedRoutes } from "../routes/suspended-routes.ts";
import { sleep } from "../service/clock.ts";
import type { HttpApp } from "../service/http.ts";
import type { OracleContext, ServicePart } from "../service/part.ts";
import { RepeatedFailure } from "../service/repeated-failure.ts";
import { watchBalances } from "./balance-watch.ts";
import { Changes } from "./changes.ts";
import { keyAndWebhookRoutes } from "./key-and-webhook-routes.ts";
import { organisationRouteRoutes } from "./organisation-route-routes.ts";
import { organisationRoutes } from "./organisation-routes.ts";
import { PayerReaders } from "./payer-readers.ts";
import type { RouteRules } from "./place-route.ts";
import { StoredRoutes } from "./stored-routes.ts";

export interface OrganisationsOptions {
  readonly routers: Pick<BurnChain, "routers">;
  readonly suspended: SuspendedRoutes;
  /** Routes of the operator's files. */
  readonly fileRoutes: () => readonly ReadyRoute[];
  /** Names this process among those of the store. */
  readonly holder: string;
}

export interface OrganisationsPart extends ServicePart {
  readonly stored: StoredRoutes;
  readonly readers: PayerReaders;
}

/** Routes that another process of the store changed are known after this, ms. */
const REFRESH_MS = 5000;

export function organisationsPart(
  context: Pick<
    OracleContext,
    "config" | "rules" | "signer" | "registry" | "networkClock" | "clock" | "log" | "telemetry" | "store"
  >,
  { routers, suspended, fileRoutes, holder }: OrganisationsOptions,
): OrganisationsPart {
  const { config, registry, signer, networkClock, clock, store, telemetry } = context;
  const { max_routes, max_addresses, may_overlap, refused, private_targets, balance_interval } = config.organisations;
  const rules: RouteRules = {
    maxRoutes: max_routes,
    maxAddresses: max_addresses,
    mayOverlap: new Set(may_overlap),
    refused: new Set(refused),
    mayBePrivate: private_targets,
  };
  const log = context.log.for("organisations");
  const nowMs = () => networkClock.nowMs();
  const steadyMs = () => clock.steadyMs();
  const changes = new Changes({
    store,
    registry,
    signer,
    nowMs,
    steadyMs,
    onChanged: () => stored.refresh(),
  });
  const routeKeysOf = (wallet: string) => changes.routeKeysOf(wallet);
  const stored = new StoredRoutes(store, routeKeysOf, rules.refused);
  const readers = new PayerReaders({ store, routeKeysOf, nowMs, steadyMs });
  const failure = new RepeatedFailure();
  const counts = { found: 0, delivered: 0, failed: 0 };
  telemetry.gauge(
    "oracle_organisation_routes",
    "Routes of organisations that agents are told.",
    () => stored.routes.length,
  );
  telemetry.counter(
    "oracle_low_balances_total",
    "Balances that fell below their organisation's limit.",
    () => counts.found,
  );
  telemetry.counter("oracle_webhooks_delivered_total", "Warnings that a webhook took.", () => counts.delivered);
  telemetry.counter("oracle_webhooks_failed_total", "Tries that a webhook did not take.", () => counts.failed);

  const watch = async () => {
    const round = await watchBalances({
      store,
      routers,
      network: context.rules.network,
      holder,
      mayBePrivate: private_targets,
      nowMs,
      random: Math.random,
      newId: randomUUID,
    });
    counts.found += round.found;
    counts.delivered += round.delivered;
    counts.failed += round.failed.length;
    for (const { wallet, problem } of round.failed)
      log.complain(`webhook ${wallet}`, "a webhook does not take its warning", { wallet, problem });
  };

  return {
    name: "organisations",
    stored,
    readers,
    async routes(app: HttpApp) {
      const view = {
        store,
        oracle: changes.oracle,
        rules,
        routeKeysOf,
        routesOf: (wallet: string) => stored.routesOf(wallet),
        suspendedReasons: (routeId: number) => suspended.reasonsOf(routeId),
      };
      await app.register(async (scope: HttpApp) => {
        // The bytes themselves are signed.
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
          done(null, body),
        );
        organisationRoutes(scope, changes, readers, view);
        organisationRouteRoutes(scope, changes, { rules, fileRoutes, suspendedReasons: view.suspendedReasons });
        keyAndWebhookRoutes(scope, changes, { nowMs, mayBePrivate: private_targets });
      });
    },
    tick() {
      readers.sweep();
      changes.sweep();
    },
    async run(stop) {
      const everyMs = durationMs(balance_interval);
      for (let nextMs = 0; !stop.aborted; ) {
        try {
          await stored.refresh();
          if (steadyMs() >= nextMs) {
            await watch();
            nextMs = steadyMs() + everyMs;
          }
          failure.succeeded();
        } catch (error) {
          log.complain("step", "organisations cannot be read and will be tried again", {
            error: failure.failed(error),
          });
        }
        await sleep(clock, Math.min(REFRESH_MS, everyMs), stop);
      }
    },
    fault: () => failure.fault,
  };
}
