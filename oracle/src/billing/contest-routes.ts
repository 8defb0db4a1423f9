/** Contests over HTTP, public: what became of each route's packets in an epoch, and which of them its payer has to pay or refute. */
import Type from "typebox";
import type { Db } from "../ports/store.ts";
import { errorAnswers } from "../service/api-schemas.ts";
import type { HttpApp } from "../service/http.ts";
import { contestedPackets, contestOf } from "./contest-book.ts";

const MAX_PAGE = 1000;
const DEFAULT_PAGE = 100;
/** Refutations move packets from contested to refuted. */
const MAX_AGE_S = 30;

const epoch = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });
const hash = Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of a PHYPayload, hex" });
const count = (description: string) => Type.Integer({ description });
const contestSchema = Type.Object({
  epoch: Type.Integer(),
  limitUnits: Type.Integer({ description: "Contested packets of those paid or contested, 1e-4, that are let pass" }),
  routes: Type.Array(
    Type.Object({
      routeId: Type.Integer(),
      receipts: count("Copies that hotspots say they delivered"),
      paid: count("Packets of which a copy was billed"),
      unanswered: count("Packets that one owner's hotspots alone hold and the payer did not confirm"),
      contested: count("Packets that hotspots of two owners hold and the payer neither confirmed nor refuted"),
      refuted: count("Packets the payer has shown no device sent"),
      contestedUnits: count("Contested packets of those paid or contested, 1e-4, rounded up"),
    }),
    { description: "Empty while the epoch is not judged, and where it had no receipts" },
  ),
});

export function contestRoutes(app: HttpApp, store: Db, limitUnits: number): void {
  app.get(
    "/v1/contests/:epoch",
    {
      schema: {
        tags: ["contests"],
        summary: "What became of each route's packets, judged when the time for bills is over.",
        params: Type.Object({ epoch }),
        response: { 200: contestSchema, ...errorAnswers("bad_request") },
      },
    },
    async (request, reply) => {
      const { epoch } = request.params;
      const routes = await contestOf(store, epoch);
      reply.header("cache-control", `public, max-age=${MAX_AGE_S}`);
      return { epoch, limitUnits, routes: routes.map(({ epoch: _, ...route }) => route) };
    },
  );
  app.get(
    "/v1/contests/:epoch/routes/:routeId",
    {
      schema: {
        tags: ["contests"],
        summary: "Contested packets of a route, for its payer to pay or to refute.",
        params: Type.Object({ epoch, routeId: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }),
        querystring: Type.Object({
          after: Type.Optional(hash),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE })),
        }),
        response: {
          200: Type.Object({ packets: Type.Array(hash), next: Type.Union([hash, Type.Null()]) }),
          ...errorAnswers("bad_request"),
        },
      },
    },
    async (request, reply) => {
      const { epoch, routeId } = request.params;
      const { after, limit = DEFAULT_PAGE } = request.query;
      const from = after === undefined ? new Uint8Array(0) : Uint8Array.fromHex(after);
      const found = await contestedPackets(store, { epoch, routeId, after: from, limit: limit + 1 });
      const packets = found.slice(0, limit).map((packetHash) => packetHash.toHex());
      reply.header("cache-control", `public, max-age=${MAX_AGE_S}`);
      return { packets, next: found.length > limit ? packets.at(-1)! : null };
    },
  );
}
