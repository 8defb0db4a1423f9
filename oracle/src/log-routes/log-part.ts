/** The public log as a part of the service. */
import type { ServiceContext, ServicePart } from "../service/part.ts";
import { PublishedLog } from "./published-log.ts";
import { segmentRoutes } from "./segment-routes.ts";

/** At 64 MiB each: at most 512 MiB of segments on their way. */
const MAX_DOWNLOADS = 8;

export function logPart({
  reportLog,
  rules,
  networkClock,
  clock,
}: Pick<ServiceContext, "reportLog" | "rules" | "networkClock" | "clock">): ServicePart {
  const published = new PublishedLog(reportLog, rules.withholdMs);
  const nowMs = () => networkClock.nowMs();
  const downloads = { most: MAX_DOWNLOADS, steadyMs: () => clock.steadyMs() };
  return { name: "log", routes: (app) => segmentRoutes(app, { published, nowMs, downloads }) };
}
