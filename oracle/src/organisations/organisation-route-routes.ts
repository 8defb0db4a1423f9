/** An organisation's routes over HTTP: made, changed and withdrawn by those who may, under the checks of a file and more. */
import Type from "typebox";
import { walletFromText } from "../api/owner-request.ts";
import type { Tx } from "../ports/store.ts";
import { RouteDefinitionSchema } from "../routes/route-definition.ts";
import type { ReadyRoute } from "../routes/route-list.ts";
import { errorAnswers } from "../service/api-schemas.ts";
import type { HttpApp } from "../service/http.ts";
import { type Changes, jsonBody } from "./changes.ts";
import { type Refusal, refusal } from "./organisation.ts";
import {
  changedSchema,
  changeHeaders,
  changeRefusals,
  changeText,
  faultsRefusal,
  routeChangedSchema,
  walletText,
} from "./organisation-schemas.ts";
import { routeView, type ViewContext } from "./organisation-view.ts";
import { placeProblem, type RouteRules } from "./place-route.ts";
import { readRouteDraft } from "./route-draft.ts";
import { freeRouteNumber, isRouteNumberOf } from "./route-number.ts";
import { allRoutes, dropRoute, putRoute } from "./route-table.ts";

/** A route has at most 12 KiB where agents are told it; JSON of DevAddrs as text is shorter, a certificate's line ends are two bytes. */
export const MAX_ROUTE_BYTES = 32 * 1024;

const {
  routeId: _,
  payer,
  credentialSecret,
  contestsSettledThrough: __,
  ...required
} = RouteDefinitionSchema.properties;
const routeBody = Type.Object(
  {
    ...required,
    routeId: Type.Optional(Type.Integer({ description: "Given by the oracle; may be left out" })),
    payer: Type.Optional(Type.String({ ...payer, description: "Route key that pays; needed where there are several" })),
    credentialSecret: Type.Optional(
      Type.String({
        ...credentialSecret,
        description:
          "32 random bytes, hexadecimal; hotspots' passwords at the broker come of them. A change may leave it out.",
      }),
    ),
  },
  { additionalProperties: false },
);

export interface RouteRoutesContext extends Pick<ViewContext, "suspendedReasons"> {
  readonly rules: RouteRules;
  /** Routes of the operator's files. */
  readonly fileRoutes: () => readonly ReadyRoute[];
}

export function organisationRouteRoutes(app: HttpApp, changes: Changes, context: RouteRoutesContext): void {
  const { rules, fileRoutes, suspendedReasons } = context;
  const tags = ["organisations"];
  const common = { tags, headers: changeHeaders, description: changeText };
  const response = {
    200: routeChangedSchema,
    ...changeRefusals,
    ...errorAnswers("route_overlap", "limit_reached"),
  };

  const put = async (
    tx: Tx,
    wallet: string,
    routeKeys: readonly string[],
    given: number | undefined,
    value: unknown,
  ): Promise<ReadyRoute | Refusal> => {
    const stored = await allRoutes(tx);
    const files = fileRoutes();
    const kept = stored.find((one) => one.route.routeId === given);
    if (kept !== undefined && kept.wallet !== wallet)
      return refusal("not_found", "a route of the organisation", given!);
    const bytes = walletFromText(wallet)!;
    if (given !== undefined && kept === undefined && !isRouteNumberOf(bytes, given)) {
      return refusal("not_found", "a route, or a number, of the organisation", given);
    }
    const taken = new Set([...stored, ...files].map(({ route }) => route.routeId));
    const routeId = given ?? freeRouteNumber(bytes, (number) => taken.has(number));
    if (routeId === undefined) return refusal("limit_reached", "a number that is free", "none");
    const draft = readRouteDraft(value, {
      routeId,
      routeKeys,
      credentialSecret: kept?.route.credentialSecret,
      mayBePrivate: rules.mayBePrivate,
    });
    if (draft.status === "refused") return faultsRefusal(draft.faults);
    const own = stored.filter((one) => one.wallet === wallet && one.route.routeId !== routeId);
    const others = [
      ...stored.filter((one) => one.wallet !== wallet && !rules.refused.has(one.wallet)),
      ...files.filter(({ route }) => !routeKeys.includes(route.payer)),
    ];
    const problem = placeProblem(wallet, draft, { own, others }, rules);
    if (problem !== undefined) return problem;
    await putRoute(tx, wallet, draft);
    return draft;
  };

  app.post(
    "/v1/organisations/:wallet/routes",
    {
      bodyLimit: MAX_ROUTE_BYTES,
      validatorCompiler: () => () => true,
      schema: {
        ...common,
        summary: "Makes a route; its number is the oracle's, the same at every oracle.",
        params: Type.Object({ wallet: walletText }),
        body: routeBody,
        response,
      },
    },
    async (request, reply) => {
      const made = await changes.make(request, reply, {
        role: "editor",
        what: "POST routes",
        work: (tx, { wallet }, routeKeys) => put(tx, wallet, routeKeys, undefined, jsonBody(request)),
      });
      if (made === undefined) return reply;
      return { revision: made.revision, route: routeView(made.value, suspendedReasons) };
    },
  );
  const params = Type.Object({ wallet: walletText, routeId: Type.String({ pattern: "^[0-9]{1,10}$" }) });
  app.put(
    "/v1/organisations/:wallet/routes/:routeId",
    {
      bodyLimit: MAX_ROUTE_BYTES,
      validatorCompiler: () => () => true,
      schema: {
        ...common,
        summary: "Changes a route, or makes it under the number that another oracle gave it.",
        params,
        body: routeBody,
        response,
      },
    },
    async (request, reply) => {
      const routeId = numberOf(request.params);
      const made = await changes.make(request, reply, {
        role: "editor",
        what: `PUT routes/${routeId}`,
        work: (tx, { wallet }, routeKeys) => put(tx, wallet, routeKeys, routeId, jsonBody(request)),
      });
      if (made === undefined) return reply;
      return { revision: made.revision, route: routeView(made.value, suspendedReasons) };
    },
  );
  app.delete(
    "/v1/organisations/:wallet/routes/:routeId",
    {
      validatorCompiler: () => () => true,
      schema: {
        ...common,
        summary: "Withdraws a route: agents leave it alone when they ask next.",
        params,
        response: { 200: changedSchema, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const routeId = numberOf(request.params);
      const made = await changes.make(request, reply, {
        role: "editor",
        what: `DELETE routes/${routeId}`,
        async work(tx, { wallet }) {
          return (await dropRoute(tx, wallet, routeId))
            ? null
            : refusal("not_found", "a route of the organisation", routeId);
        },
      });
      return made === undefined ? reply : { revision: made.revision };
    },
  );
}

/** The number in the path; one that no route has for other text. */
function numberOf({ routeId }: { readonly routeId: string }): number {
  return /^[0-9]{1,10}$/.test(routeId) ? Number(routeId) : -1;
}
