/** How packets got through in an epoch: copies delivered and confirmed, and how long that took, by route and by hotspot. */
import Type, { type Static } from "typebox";
import type { Delivery } from "../billing/delivery.ts";
import { hotspotText } from "../explain/find-hotspot.ts";
import { errorAnswers, keyParams } from "../service/api-schemas.ts";
import { type HttpApp, type HttpReply, type HttpRequest, sendError } from "../service/http.ts";
import { answerFrom, epochAnswers, nextPage, type PageQuery, pageOf, pageQuery } from "./answers.ts";
import {
  DeliveriesBusy,
  DeliveryBook,
  type DeliverySpan,
  deliveriesOfSpan,
  type EpochDeliveries,
} from "./delivery-book.ts";
import type { EpochView } from "./epoch-view.ts";
import type { EpochViews } from "./epoch-views.ts";

const EPOCHS_IN_MEMORY = 3;
const tags = ["deliveries"];

const ms = (description: string) => Type.Integer({ description });
const deliverySchema = Type.Object({
  hotspot: Type.Union([Type.String({ description: "Text form of its key" }), Type.Null()], {
    description: "Null where all hotspots are counted together",
  }),
  routeId: Type.Union([Type.Integer(), Type.Null()], { description: "Null where all routes are counted together" }),
  copies: Type.Integer({ description: "Copies that hotspots say they delivered" }),
  confirmed: Type.Integer({ description: "Of them, those the payer confirmed in the time for bills" }),
  deliveredE4: Type.Integer({ description: "Confirmed of all copies, 1e-4, rounded down" }),
  latencyMs: Type.Union(
    [
      Type.Null(),
      Type.Object(
        { median: ms("Nearest rank"), p95: ms("Nearest rank"), most: ms("The slowest") },
        {
          description: "From the hotspot's reception by its own clock until the confirmation was in a log",
        },
      ),
    ],
    { description: "Null where no copy was confirmed" },
  ),
});
const deliveriesSchema = Type.Object({
  epoch: Type.Integer(),
  until: Type.Integer({ description: "The last epoch whose confirmations are counted" }),
  isSettled: Type.Boolean({ description: "The time for bills is over: nothing changes any more" }),
  deliveries: Type.Array(deliverySchema),
  next: nextPage,
});
const listQuery = Type.Object({
  ...pageQuery.properties,
  by: Type.Optional(
    Type.Unsafe<"route" | "hotspot">({ type: "string", enum: ["route", "hotspot"], description: "route" }),
  ),
});
const routeParams = Type.Object({ routeId: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });
const response = { ...epochAnswers(deliveriesSchema), ...errorAnswers("overloaded") };

export function deliveryRoutes(app: HttpApp, views: EpochViews, steadyMs?: () => number): void {
  const book = new DeliveryBook({
    most: EPOCHS_IN_MEMORY,
    compute: (span) => deliveriesOfSpan(views.source, span),
    ...(steadyMs === undefined ? {} : { steadyMs }),
  });
  /** A page of the deliveries that `choose` finds in the epoch asked for; `what` it found none of. */
  const answer = async (
    request: HttpRequest & { readonly query: PageQuery },
    reply: HttpReply,
    what: string,
    choose: (view: EpochView, all: EpochDeliveries) => readonly Delivery[] | undefined,
  ) => {
    try {
      return await answerFrom(
        views,
        request.query.epoch,
        request,
        reply,
        what,
        async (view): Promise<Static<typeof deliveriesSchema> | undefined> => {
          const span = await spanOf(views, view);
          const chosen = choose(view, await book.of(span));
          if (chosen === undefined) return undefined;
          const { entries, next } = pageOf(chosen.length, request.query, (index) => shown(view, chosen[index]!));
          return { ...span, deliveries: entries, next };
        },
        async (view) => {
          const { until, isSettled } = await spanOf(views, view);
          return { until: String(until), isLasting: isSettled };
        },
      );
    } catch (error) {
      if (!(error instanceof DeliveriesBusy)) throw error;
      reply.removeHeader("etag").header("cache-control", "no-store");
      return sendError(reply, "overloaded", "an epoch that was asked for lately, or one at a time", "another one", {
        retryAfterMs: error.retryAfterMs,
      });
    }
  };
  app.get(
    "/v1/deliveries",
    { schema: { tags, summary: "How packets got through, by route or by hotspot.", querystring: listQuery, response } },
    async (request, reply) => answer(request, reply, "deliveries", (_view, all) => all[request.query.by ?? "route"]),
  );
  app.get(
    "/v1/routes/:routeId/deliveries",
    {
      schema: {
        tags,
        summary: "How packets of a route got through, by hotspot.",
        params: routeParams,
        querystring: pageQuery,
        response,
      },
    },
    async (request, reply) =>
      answer(request, reply, "a route with receipts", (_view, all) => {
        const { routeId } = request.params;
        const own = all["hotspot and route"].filter((one) => one.routeId === routeId);
        return own.length === 0 ? undefined : own;
      }),
  );
  app.get(
    "/v1/hotspots/:key/deliveries",
    {
      schema: {
        tags,
        summary: "How packets that a hotspot carried got through, by route.",
        params: keyParams,
        querystring: pageQuery,
        response,
      },
    },
    async (request, reply) =>
      answer(request, reply, "a hotspot's key", (view, all) => {
        const row = view.hotspotRow(request.params.key);
        return row === undefined ? undefined : all["hotspot and route"].filter(({ hotspot }) => hotspot === row);
      }),
  );
}

/** The epochs whose confirmations may count, as far as they are closed. */
async function spanOf(views: EpochViews, view: EpochView): Promise<DeliverySpan> {
  const end = view.number + view.epoch.input.parameters.rewards.billWithinEpochs - 1;
  const closed = (await views.source.epochs()).filter((epoch) => epoch >= view.number && epoch <= end);
  // A gap ends it: what lies behind was not billed here.
  let until = view.number;
  while (closed.includes(until + 1)) until++;
  return { epoch: view.number, until, isSettled: until === end };
}

function shown(view: EpochView, { hotspot, ...delivery }: Delivery): Static<typeof deliverySchema> {
  return { hotspot: hotspot === null ? null : hotspotText(view.epoch.input.hotspots, hotspot), ...delivery };
}
