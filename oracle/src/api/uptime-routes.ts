/** How much of an epoch hotspots were there, as far as its tables show it. */
import Type, { type Static } from "typebox";
import { UPTIME_SPANS } from "../billing/delivery-of-epoch.ts";
import { uptimes } from "../billing/uptime.ts";
import { hotspotText } from "../explain/find-hotspot.ts";
import { keyParams } from "../service/api-schemas.ts";
import type { HttpApp } from "../service/http.ts";
import { answerFrom, epochAnswers, epochQuery, nextPage, pageOf, pageQuery } from "./answers.ts";
import type { EpochView } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";
import { perView } from "./per-view.ts";

const tags = ["hotspots"];
const uptimeSchema = Type.Object({
  key: Type.String(),
  challenged: Type.Integer({ description: "Challenges it was given" }),
  answered: Type.Integer({ description: "Of them, those it answered with a proven beacon" }),
  uptimeE4: Type.Union([Type.Integer(), Type.Null()], {
    description: "Answered of the challenges, 1e-4; null for one that had none",
  }),
  activeSpans: Type.Integer({ description: "Equal spans of the epoch in which a report of it arrived" }),
  spans: Type.Integer(),
  lastReport: Type.Union([Type.String(), Type.Null()], { description: "When its last report arrived, ISO 8601" }),
});

export function uptimeRoutes(app: HttpApp, views: EpochViews): void {
  const uptimesIn = perView(uptimesOf);
  const shown = (view: EpochView, row: number): Static<typeof uptimeSchema> => {
    const { lastReportMs, ...uptime } = uptimesIn(view)[row]!;
    return {
      key: hotspotText(view.epoch.input.hotspots, row),
      ...uptime,
      lastReport: lastReportMs === null ? null : new Date(view.startMs + lastReportMs).toISOString(),
    };
  };
  app.get(
    "/v1/uptimes",
    {
      schema: {
        tags,
        summary: "How much of an epoch each hotspot was there, in the order of the registry.",
        querystring: pageQuery,
        response: epochAnswers(
          Type.Object({ epoch: Type.Integer(), uptimes: Type.Array(uptimeSchema), next: nextPage }),
        ),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "hotspots", (view) => {
        const { entries, next } = pageOf(view.hotspotCount, request.query, (row) => shown(view, row));
        return { epoch: view.number, uptimes: entries, next };
      }),
  );
  app.get(
    "/v1/hotspots/:key/uptime",
    {
      schema: {
        tags,
        summary: "How much of an epoch a hotspot was there.",
        params: keyParams,
        querystring: epochQuery,
        response: epochAnswers(Type.Object({ epoch: Type.Integer(), uptime: uptimeSchema })),
      },
    },
    async (request, reply) =>
      answerFrom(views, request.query.epoch, request, reply, "a hotspot's key", (view) => {
        const row = view.hotspotRow(request.params.key);
        return row === undefined ? undefined : { epoch: view.number, uptime: shown(view, row) };
      }),
  );
}

function uptimesOf({ epoch: { input }, hotspotCount }: EpochView) {
  const { challenges, beacons, witnesses, packets, intake, parameters } = input;
  const carried = packets.hotspot.length - intake.receipts;
  return uptimes({
    challenges,
    beacons,
    witnesses,
    receipts: {
      hotspot: packets.hotspot.subarray(carried),
      receive_offset_ms: packets.receive_offset_ms.subarray(carried),
    },
    hotspotCount,
    epochMs: parameters.time.epochMs,
    spans: UPTIME_SPANS,
  });
}
