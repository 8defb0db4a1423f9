/** The public reading API as a part of the service: closed epochs, their hotspots, cells, coverage and rewards. */
import { proposalRoutes } from "../proposals/proposal-routes.ts";
import type { HttpApp } from "../service/http.ts";
import type { ServicePart } from "../service/part.ts";
import { cellRoutes } from "./cell-routes.ts";
import { claimRoutes } from "./claim-routes.ts";
import { deliveryRoutes } from "./delivery-routes.ts";
import { epochRoutes } from "./epoch-routes.ts";
import type { EpochSource } from "./epoch-source.ts";
import { EpochViews } from "./epoch-views.ts";
import { gapRoutes } from "./gap-routes.ts";
import { historyRoutes } from "./history-routes.ts";
import { hotspotRoutes } from "./hotspot-routes.ts";
import { mapRoutes } from "./map-routes.ts";
import { type PayerAccess, payerAlone } from "./payer-access.ts";
import { searchRoutes } from "./search-routes.ts";
import { standingRoutes } from "./standing-routes.ts";
import { uptimeRoutes } from "./uptime-routes.ts";
import { usageRoutes } from "./usage-routes.ts";

export interface ApiPartOptions {
  readonly source: EpochSource;
  /** The oracle's time, Unix ms. */
  readonly nowMs: () => number;
  /** A clock that only goes forward, ms, by which what is read of old epochs is rationed; the process's without it. */
  readonly steadyMs?: () => number;
  /** Where published proposals are laid (proposals/proposal-files.ts); none are shown without it. */
  readonly proposals?: string;
  /** Who may see what is a payer's; the payer alone without it. */
  readonly access?: PayerAccess;
}

export function apiPart({
  source,
  nowMs,
  steadyMs = () => performance.now(),
  proposals,
  access = payerAlone(nowMs),
}: ApiPartOptions): ServicePart {
  const views = new EpochViews(source, steadyMs);
  return {
    name: "api",
    routes(app: HttpApp) {
      epochRoutes(app, views);
      hotspotRoutes(app, views, nowMs);
      usageRoutes(app, views, access);
      cellRoutes(app, views);
      const deliveries = (app: HttpApp, views: EpochViews) => deliveryRoutes(app, views, steadyMs);
      for (const routes of [
        ...[claimRoutes, mapRoutes, searchRoutes, standingRoutes],
        ...[historyRoutes, gapRoutes, deliveries, uptimeRoutes],
      ])
        routes(app, views);
      if (proposals !== undefined) proposalRoutes(app, views, proposals, steadyMs);
    },
  };
}
