/** `oracle route …`: an organisation's routes, made, changed and withdrawn at every oracle that is named. */
import { randomBytes } from "node:crypto";
import { buildCommand, buildRouteMap } from "@stricli/core";
import type { OrganisationAnswer } from "../organisations/organisation-schemas.ts";
import { atEach, type OraclesFlags, oraclesFlags, oraclesOf } from "./at-oracles.ts";
import { answer, type CliContext } from "./context.ts";
import { table } from "./format.ts";
import { mosquittoCommand } from "./mosquitto.ts";
import { integerParser, textParser } from "./parse.ts";
import { routeFile } from "./route-file.ts";
import { routeKeyCommand } from "./route-key.ts";

type RouteAnswer = OrganisationAnswer["routes"][number];
interface RouteChanged {
  readonly revision: number;
  readonly route: RouteAnswer;
  /** Only where this command made it. */
  readonly credentialSecret?: string;
}

const SECRET_BYTES = 32;
const file = { parse: textParser, brief: "The route in TOML or JSON", placeholder: "FILE" };
const number = { parse: integerParser(0, 0xffff_ffff), brief: "Its number", placeholder: "ROUTE" };

const listCommand = buildCommand<OraclesFlags, [], CliContext>({
  docs: { brief: "List the organisation's routes" },
  parameters: { flags: oraclesFlags },
  func(flags) {
    return answer(this, flags, () =>
      atEach(
        oraclesOf(flags),
        async (client) => ({ routes: (await client.show()).routes }),
        ({ routes }) => (routes.length === 0 ? "no route yet\n" : table(routes.map(routeRow))),
      ),
    );
  },
});

const addCommand = buildCommand<OraclesFlags, [string], CliContext>({
  docs: {
    brief: "Make a route; its number is the same at every oracle",
    fullDescription:
      "The file is what an operator would lay into routes/ (docs/guides/customer.md), without a number. Without a credentialSecret one is " +
      "made and shown this once; the passwords of hotspots at your broker are derived from it.",
  },
  parameters: { positional: { kind: "tuple", parameters: [file] }, flags: oraclesFlags },
  func(flags, path) {
    return answer(this, flags, () => {
      const given = routeFile(path);
      const made = given.credentialSecret === undefined ? randomBytes(SECRET_BYTES).toString("hex") : undefined;
      const body = made === undefined ? given : { ...given, credentialSecret: made };
      return atEach<RouteChanged>(
        oraclesOf(flags),
        async (client, [first]) => {
          const answer =
            first === undefined
              ? await client.change("POST", "/routes", body)
              : await client.change("PUT", `/routes/${first.route.routeId}`, body);
          return { ...(answer as unknown as RouteChanged), ...(made === undefined ? {} : { credentialSecret: made }) };
        },
        ({ route, credentialSecret }) =>
          `${table([routeRow(route)])}${credentialSecret === undefined ? "" : `  credentialSecret ${credentialSecret}; it is not shown again\n`}`,
      );
    });
  },
});

const setCommand = buildCommand<OraclesFlags, [number, string], CliContext>({
  docs: {
    brief: "Change a route, or make it under the number that another oracle gave",
    fullDescription: "The file holds the whole route; without a credentialSecret it keeps the one it has.",
  },
  parameters: { positional: { kind: "tuple", parameters: [number, file] }, flags: oraclesFlags },
  func(flags, routeId, path) {
    return answer(this, flags, () => {
      const body = routeFile(path);
      return atEach<RouteChanged>(
        oraclesOf(flags),
        async (client) => (await client.change("PUT", `/routes/${routeId}`, body)) as unknown as RouteChanged,
        ({ route }) => table([routeRow(route)]),
      );
    });
  },
});

const withdrawCommand = buildCommand<OraclesFlags, [number], CliContext>({
  docs: { brief: "Withdraw a route: hotspots leave it alone when they ask next" },
  parameters: { positional: { kind: "tuple", parameters: [number] }, flags: oraclesFlags },
  func(flags, routeId) {
    return answer(this, flags, () =>
      atEach(
        oraclesOf(flags),
        (client) => client.change("DELETE", `/routes/${routeId}`),
        ({ revision }) => `  route ${routeId} is withdrawn; revision ${revision}\n`,
      ),
    );
  },
});

export const routeRoutes = buildRouteMap({
  routes: {
    list: listCommand,
    add: addCommand,
    set: setCommand,
    withdraw: withdrawCommand,
    key: routeKeyCommand,
    mosquitto: mosquittoCommand,
  },
  docs: { brief: "Routes of a payer's organisation" },
});

function routeRow({ routeId, name, netIds, devAddrs, joinEuis, isActive, suspended }: RouteAnswer): readonly string[] {
  const addresses = [...netIds, ...devAddrs];
  const more = addresses.length > 3 ? ` and ${addresses.length - 3} more` : "";
  return [
    String(routeId),
    name,
    `${addresses.slice(0, 3).join(" ")}${more}`,
    `${joinEuis.length} JoinEUIs`,
    suspended.length > 0 ? `suspended: ${suspended.join(", ")}` : isActive ? "active" : "off",
  ];
}
