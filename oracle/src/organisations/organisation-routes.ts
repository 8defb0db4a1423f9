/** The organisation itself over HTTP: shown to its people and programs, founded, named, dissolved; its members. */
import Type from "typebox";
import { OWNER_REQUEST_HEADER } from "../api/owner-request.ts";
import { sendAccessRefusal } from "../api/payer-access.ts";
import { errorAnswers } from "../service/api-schemas.ts";
import { type HttpApp, sendError } from "../service/http.ts";
import { type Changes, jsonBody } from "./changes.ts";
import { MOST_MEMBERS, refusal } from "./organisation.ts";
import {
  changedSchema,
  changeHeaders,
  changeRefusals,
  changeText,
  memberBody,
  organisationBody,
  organisationSchema,
  readBody,
  walletText,
} from "./organisation-schemas.ts";
import { dissolveOrganisation, dropMember, nameOrganisation, putMember } from "./organisation-table.ts";
import { organisationView, type ViewContext } from "./organisation-view.ts";
import type { PayerReaders } from "./payer-readers.ts";
import { isWallet } from "./signer.ts";

const ONE = "/v1/organisations/:wallet";
const MEMBER = `${ONE}/members/:member`;
const tags = ["organisations"];

export function organisationRoutes(app: HttpApp, changes: Changes, readers: PayerReaders, view: ViewContext): void {
  app.get(
    ONE,
    {
      schema: {
        tags,
        summary: "An organisation with its members, routes, keys and webhook, without their secrets.",
        description:
          `To its wallet, route keys and members (\`${OWNER_REQUEST_HEADER}: WALLET TIME SIGNATURE\`), and to programs with an API key. ` +
          "Before it is founded it has no name.",
        security: [{ organisationKey: [] }, { signedRequest: [] }],
        params: Type.Object({ wallet: walletText }),
        headers: Type.Object({ [OWNER_REQUEST_HEADER]: Type.Optional(Type.String({ maxLength: 200 })) }),
        response: {
          200: organisationSchema,
          ...errorAnswers("bad_request", "unknown_key", "overloaded", "log_unavailable"),
        },
      },
    },
    async (request, reply) => {
      const { wallet } = request.params;
      reply.header("cache-control", "private, no-store");
      if (!isWallet(wallet)) return sendError(reply, "bad_request", "a wallet in base58", wallet);
      const reading = await readers.read(request, wallet);
      if (reading.status === "refused") return sendAccessRefusal(reply, reading);
      return organisationView(wallet, reading.role, view);
    },
  );
  const changed = { params: Type.Object({ wallet: walletText }), headers: changeHeaders, description: changeText };
  const response = { 200: changedSchema, ...changeRefusals };
  app.put(
    ONE,
    {
      validatorCompiler: () => () => true,
      schema: {
        tags,
        summary: "Founds the organisation of a wallet with a router account on chain, or gives it another name.",
        ...changed,
        body: organisationBody,
        response: { ...response, ...errorAnswers("not_registered") },
      },
    },
    async (request, reply) => {
      const made = await changes.make(request, reply, {
        role: "editor",
        what: "PUT organisation",
        isFounding: true,
        async work(tx, organisation, routeKeys) {
          const read = readBody(organisationBody, jsonBody(request));
          if (read.status === "refused") return read;
          if (organisation.name === null && routeKeys.length === 0) {
            return refusal("not_registered", "a wallet with a router account on chain (earshot dc register)", "none");
          }
          await nameOrganisation(tx, organisation, read.body.name);
          return null;
        },
      });
      return made === undefined ? reply : { revision: made.revision };
    },
  );
  app.delete(
    ONE,
    {
      validatorCompiler: () => () => true,
      schema: { tags, summary: "Dissolves it: withdraws its routes, keys, members and webhook.", ...changed, response },
    },
    async (request, reply) => {
      const made = await changes.make(request, reply, {
        role: "owner",
        what: "DELETE organisation",
        async work(tx, { wallet }) {
          await dissolveOrganisation(tx, wallet);
          return null;
        },
      });
      return made === undefined ? reply : { revision: made.revision };
    },
  );
  const memberParams = Type.Object({ wallet: walletText, member: walletText });
  app.put(
    MEMBER,
    {
      validatorCompiler: () => () => true,
      schema: {
        tags,
        summary: "Takes a wallet in as a member, or gives a member another role.",
        ...changed,
        params: memberParams,
        body: memberBody,
        response,
      },
    },
    async (request, reply) => {
      const { member } = request.params;
      const made = await changes.make(request, reply, {
        role: "owner",
        what: `PUT members/${member}`,
        async work(tx, { wallet, members }) {
          const read = readBody(memberBody, jsonBody(request));
          if (read.status === "refused") return read;
          if (!isWallet(member) || member === wallet)
            return refusal("bad_request", "a wallet in base58, and not the organisation's own", member);
          const isNew = members.every((one) => one.member !== member);
          if (isNew && members.length >= MOST_MEMBERS) {
            return refusal("limit_reached", `at most ${MOST_MEMBERS} members`, members.length + 1);
          }
          await putMember(tx, wallet, { member, ...read.body });
          return null;
        },
      });
      return made === undefined ? reply : { revision: made.revision };
    },
  );
  app.delete(
    MEMBER,
    {
      validatorCompiler: () => () => true,
      schema: { tags, summary: "Lets a member go.", ...changed, params: memberParams, response },
    },
    async (request, reply) => {
      const { member } = request.params;
      const made = await changes.make(request, reply, {
        role: "owner",
        what: `DELETE members/${member}`,
        async work(tx, { wallet }) {
          return (await dropMember(tx, wallet, member)) ? null : refusal("not_found", "a member", member);
        },
      });
      return made === undefined ? reply : { revision: made.revision };
    },
  );
}
