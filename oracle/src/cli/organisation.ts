/** `oracle organisation …`: a payer's organisation, its members, keys for programs and webhook, at the oracles that are named. */
import { buildCommand, buildRouteMap } from "@stricli/core";
import type { OrganisationClient } from "../organisations/organisation-client.ts";
import type { OrganisationAnswer } from "../organisations/organisation-schemas.ts";
import { atEach, type OraclesFlags, oraclesFlags, oraclesOf } from "./at-oracles.ts";
import { answer, type CliContext } from "./context.ts";
import { table } from "./format.ts";
import { integerParser, textParser } from "./parse.ts";

const MOST_DAYS = 366;
const MOST_DATA_CREDITS = 999_999_999_999_999;

const one = (brief: string, placeholder: string) =>
  ({ kind: "tuple", parameters: [{ parse: textParser, brief, placeholder }] }) as const;
const nameFlag = (brief: string) => ({ kind: "parsed", parse: textParser, brief, placeholder: "NAME" }) as const;

type Changed = Record<string, unknown>;

/** A change whose answer is its revision. */
const changed =
  (what: string) =>
  ({ revision }: Changed) =>
    `  ${what}; revision ${revision}\n`;

function changing(
  context: CliContext,
  flags: OraclesFlags,
  ask: (client: OrganisationClient) => Promise<Changed>,
  text: (answer: Changed) => string,
): Promise<void> {
  return answer(context, flags, () => atEach(oraclesOf(flags), ask, text));
}

const showCommand = buildCommand<OraclesFlags, [], CliContext>({
  docs: { brief: "Show it: people, routes, keys, webhook, the latest changes" },
  parameters: { flags: oraclesFlags },
  func(flags) {
    return answer(this, flags, () => atEach(oraclesOf(flags), (client) => client.show(), organisationText));
  },
});

const nameCommand = buildCommand<OraclesFlags, [string], CliContext>({
  docs: {
    brief: "Found it, or give it another name",
    fullDescription: "A wallet with a router account on chain (`earshot dc register`) may found its organisation.",
  },
  parameters: { positional: one("For people", "NAME"), flags: oraclesFlags },
  func(flags, name) {
    return changing(this, flags, (client) => client.change("PUT", "", { name }), changed(`is called ${name}`));
  },
});

const dissolveCommand = buildCommand<OraclesFlags, [], CliContext>({
  docs: { brief: "Dissolve it: withdraw its routes, keys, members and webhook" },
  parameters: { flags: oraclesFlags },
  func(flags) {
    return changing(this, flags, (client) => client.change("DELETE", ""), changed("is dissolved"));
  },
});

interface MemberFlags extends OraclesFlags {
  readonly role: "viewer" | "editor";
  readonly name: string;
}

const addMemberCommand = buildCommand<MemberFlags, [string], CliContext>({
  docs: { brief: "Take a wallet in as a member, or give a member another role" },
  parameters: {
    positional: one("The member's wallet, base58", "WALLET"),
    flags: {
      role: {
        kind: "enum",
        values: ["viewer", "editor"],
        brief: "Viewers read; editors change routes, keys and webhook",
        default: "viewer",
      },
      name: nameFlag("Who it is"),
      ...oraclesFlags,
    },
  },
  func(flags, member) {
    const { role, name } = flags;
    const ask = (client: OrganisationClient) => client.change("PUT", `/members/${member}`, { role, name });
    return changing(this, flags, ask, changed(`${name} is ${role === "editor" ? "an editor" : "a viewer"}`));
  },
});

const dropMemberCommand = buildCommand<OraclesFlags, [string], CliContext>({
  docs: { brief: "Let a member go" },
  parameters: { positional: one("The member's wallet, base58", "WALLET"), flags: oraclesFlags },
  func(flags, member) {
    return changing(
      this,
      flags,
      (client) => client.change("DELETE", `/members/${member}`),
      changed(`${member} is gone`),
    );
  },
});

interface KeyFlags extends OraclesFlags {
  readonly days: number;
}

const addKeyCommand = buildCommand<KeyFlags, [string], CliContext>({
  docs: {
    brief: "Make an API key for a program that reads; it is shown this once",
    fullDescription:
      "`Authorization: Bearer KEY` reads the organisation, its usage and its invoices, and changes nothing.",
  },
  parameters: {
    positional: one("What it is for", "NAME"),
    flags: {
      days: {
        kind: "parsed",
        parse: integerParser(1, MOST_DAYS),
        brief: "How long it is good",
        placeholder: "N",
        default: "90",
      },
      ...oraclesFlags,
    },
  },
  func(flags, name) {
    const ask = (client: OrganisationClient) => client.change("POST", "/api-keys", { name, days: flags.days });
    return changing(
      this,
      flags,
      ask,
      ({ id, key, expiresMs }) =>
        `  ${key}\n  key ${id}, good until ${day(Number(expiresMs))}; it is not shown again\n`,
    );
  },
});

const dropKeyCommand = buildCommand<OraclesFlags, [string], CliContext>({
  docs: { brief: "Revoke an API key" },
  parameters: { positional: one("Its id, as `show` lists it", "ID"), flags: oraclesFlags },
  func(flags, id) {
    return changing(
      this,
      flags,
      (client) => client.change("DELETE", `/api-keys/${id}`),
      changed(`key ${id} is revoked`),
    );
  },
});

interface WebhookFlags extends OraclesFlags {
  readonly below: number;
}

const setWebhookCommand = buildCommand<WebhookFlags, [string], CliContext>({
  docs: {
    brief: "Set where a low balance is told, and below what; the secret is shown this once",
    fullDescription:
      "A POST of JSON, once each time the wallet's routers fall below the limit together. `earshot-signature: t=TIME,v1=MAC` holds " +
      "HMAC-SHA256 of `TIME.BODY` under the secret, hexadecimal.",
  },
  parameters: {
    positional: one("https://…", "URL"),
    flags: {
      below: {
        kind: "parsed",
        parse: integerParser(0, MOST_DATA_CREDITS),
        brief: "Data credits",
        placeholder: "N",
      },
      ...oraclesFlags,
    },
  },
  func(flags, url) {
    const ask = (client: OrganisationClient) =>
      client.change("PUT", "/webhook", { url, belowDataCredits: String(flags.below) });
    return changing(
      this,
      flags,
      ask,
      ({ secret, revision }) => `  secret ${secret}\n  it is not shown again; revision ${revision}\n`,
    );
  },
});

const dropWebhookCommand = buildCommand<OraclesFlags, [], CliContext>({
  docs: { brief: "Take the webhook away" },
  parameters: { flags: oraclesFlags },
  func(flags) {
    return changing(this, flags, (client) => client.change("DELETE", "/webhook"), changed("no webhook"));
  },
});

export const organisationRoutes = buildRouteMap({
  routes: {
    show: showCommand,
    name: nameCommand,
    dissolve: dissolveCommand,
    addMember: addMemberCommand,
    dropMember: dropMemberCommand,
    addKey: addKeyCommand,
    dropKey: dropKeyCommand,
    setWebhook: setWebhookCommand,
    dropWebhook: dropWebhookCommand,
  },
  docs: { brief: "A payer's organisation: its people, keys for programs and webhook" },
});

function organisationText(organisation: OrganisationAnswer): string {
  const { name, wallet, role, revision, routeKeys, members, routes, apiKeys, webhook, journal } = organisation;
  const part = (title: string, rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? "" : `${title}\n${table(rows)}`;
  return [
    name === null ? `${wallet} has no organisation yet\n` : `${name}, organisation of ${wallet}\n`,
    `you are ${role === "owner" ? "its owner" : `one of its ${role}s`}; revision ${revision}\n`,
    part(
      "route keys",
      routeKeys.map((key) => [key]),
    ),
    part(
      "members",
      members.map(({ member, role, name }) => [name, role, member]),
    ),
    part(
      "routes",
      routes.map(({ routeId, name, devAddrs, netIds, suspended, isActive }) => [
        String(routeId),
        name,
        [...netIds, ...devAddrs].slice(0, 3).join(" "),
        suspended.length > 0 ? `suspended: ${suspended.join(", ")}` : isActive ? "active" : "off",
      ]),
    ),
    part(
      "API keys",
      apiKeys.map(({ id, name, expiresMs }) => [id, name, `until ${day(expiresMs)}`]),
    ),
    webhook === null ? "" : `webhook\n  ${webhook.url} below ${webhook.belowDataCredits} data credits\n`,
    webhook === null
      ? ""
      : table(
          webhook.alerts.map(({ foundMs, balanceDataCredits, state, problem }) => [
            moment(foundMs),
            `${balanceDataCredits} left`,
            state,
            problem ?? "",
          ]),
        ),
    part(
      "latest changes",
      journal.map(({ revision, changedMs, signer, what }) => [String(revision), moment(changedMs), signer, what]),
    ),
  ].join("");
}

const moment = (unixMs: number): string => `${new Date(unixMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
const day = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 10);
