/** `dc register|fund|router`: a customer's router account, from which packets are paid. */
import { buildCommand } from "@stricli/core";
import { ClientError } from "../errors.ts";
import { escrowOf, routerOf } from "../sdk/addresses.ts";
import { ask } from "../sdk/ask.ts";
import { fundRouter, registerRouter, routerMessage } from "../sdk/routers.ts";
import type { CliContext } from "./context.ts";
import { readTaggedSigner, taggedKeyOf } from "./keys.ts";
import { integerParser, textParser, wholeParser } from "./parse.ts";
import { type ChainFlags, chainFlags, type SpendFlags, spend, spendFlags, withSession } from "./session.ts";
import { fieldLines, plain } from "./show.ts";

const MAX_OUI = 2 ** 32 - 1;

const routeKeyPositional = {
  parse: textParser,
  brief: "Route key, text form or 66 hex digits",
  placeholder: "ROUTE_KEY",
} as const;

interface RegisterFlags extends SpendFlags {
  readonly routeKey: string;
  readonly oui: number;
}

export const dcRegisterCommand = buildCommand<RegisterFlags, [], CliContext>({
  docs: {
    brief: "Open the account of a route key, from which packets are paid",
    fullDescription:
      "The route key is the one that signs the meter's reports; it signs once that its packets are paid by the payer's wallet.",
  },
  parameters: {
    flags: {
      ...spendFlags,
      routeKey: { kind: "parsed", parse: textParser, brief: "Key file of the route" },
      oui: { kind: "parsed", parse: integerParser(0, MAX_OUI), brief: "Organisation number; 0 for none", default: "0" },
    },
  },
  async func(flags) {
    await withSession(this, flags, async (session) => {
      const { programs, network } = session;
      const authority = session.payer().publicKey;
      const signer = readTaggedSigner(flags.routeKey, "--route-key");
      const instructions = await registerRouter(programs, network, {
        routeKey: signer.publicKey,
        signature: signer.sign(routerMessage(network, authority, flags.oui)),
        authority,
        payer: authority,
        oui: flags.oui,
      });
      return spend(session, flags, [instructions], `opened the account of route ${hex(signer.publicKey)}`);
    });
  },
});

export const dcFundCommand = buildCommand<SpendFlags, [string, bigint], CliContext>({
  docs: { brief: "Put data credits into a route's account; they cannot come back" },
  parameters: {
    flags: spendFlags,
    positional: {
      kind: "tuple",
      parameters: [routeKeyPositional, { parse: wholeParser, brief: "Data credits", placeholder: "AMOUNT" }],
    },
  },
  async func(flags, text, dataCredits) {
    await withSession(this, flags, async (session) => {
      const routeKey = routeKeyOf(text);
      const payer = session.payer().publicKey;
      const address = routerOf(session.network.dcConfig, routeKey);
      if ((await session.programs.account("dataCredits", "router", address)) === null)
        throw new ClientError("PRG_NOT_FOUND", `route ${text} has no account: open it with dc register`);
      const instruction = await fundRouter(session.programs, session.network, { routeKey, payer, dataCredits });
      return spend(
        session,
        flags,
        [[instruction]],
        `put ${dataCredits} data credits into the account of route ${text}`,
      );
    });
  },
});

export const dcRouterCommand = buildCommand<ChainFlags, [string], CliContext>({
  docs: { brief: "Show a route's account: what is left, what was funded and burnt" },
  parameters: { flags: chainFlags, positional: { kind: "tuple", parameters: [routeKeyPositional] } },
  async func(flags, text) {
    await withSession(this, flags, async ({ connection, programs, network }) => {
      const address = routerOf(network.dcConfig, routeKeyOf(text));
      const stored = await programs.account("dataCredits", "router", address);
      if (stored === null) throw new ClientError("PRG_NOT_FOUND", `route ${text} has no account`);
      const { value } = await ask(connection, () => connection.getTokenAccountBalance(escrowOf(address), "confirmed"));
      const json = plain({ address, dataCredits: value.amount, ...stored });
      return { json, text: fieldLines(json) };
    });
  },
});

function routeKeyOf(text: string): Uint8Array {
  const key = taggedKeyOf(text);
  if (key !== null) return key;
  throw new ClientError("PRG_BAD_OPTION", `ROUTE_KEY is no key: ${text}`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
