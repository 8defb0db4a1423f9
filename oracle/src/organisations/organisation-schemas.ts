/** Bodies and answers of organisations, as OpenAPI shows them. */
import Type, { type Static, type TSchema } from "typebox";
import { Errors } from "typebox/value";
import { errorAnswers } from "../service/api-schemas.ts";
import { DEFAULT_KEY_DAYS, MOST_KEY_DAYS } from "./api-key.ts";
import { MAX_NAME_CHARS, type Refusal, refusal } from "./organisation.ts";
import { CHANGE_HEADER, MAX_CHANGE_HEADER_CHARS } from "./signed-change.ts";
import { MAX_URL_CHARS } from "./webhook-call.ts";

const closed = { additionalProperties: false } as const;
export const walletText = Type.String({
  pattern: "^[1-9A-HJ-NP-Za-km-z]{32,44}$",
  description: "A wallet, base58",
});
const signerText = Type.String({ description: "A wallet in base58, or a route key in its text form" });
const unixMs = Type.Integer({ description: "ms since the Unix epoch" });
const dataCredits = Type.String({ pattern: "^[0-9]{1,18}$", description: "Data credits" });
const name = Type.String({ minLength: 1, maxLength: MAX_NAME_CHARS, pattern: "^[^\\u0000-\\u001f\\u007f]*$" });
const memberRole = Type.Unsafe<"viewer" | "editor">({
  type: "string",
  enum: ["viewer", "editor"],
  description: "Viewers read; editors change routes, keys and the webhook too",
});

export const organisationBody = Type.Object({ name }, closed);
export const memberBody = Type.Object({ role: memberRole, name }, closed);
export const apiKeyBody = Type.Object(
  {
    name,
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MOST_KEY_DAYS, description: `How long it is good; ${DEFAULT_KEY_DAYS}` }),
    ),
  },
  closed,
);
export const webhookBody = Type.Object(
  {
    url: Type.String({ maxLength: MAX_URL_CHARS, description: "https://…" }),
    belowDataCredits: dataCredits,
  },
  closed,
);

const rangeSchema = Type.Object({ first: Type.Integer(), last: Type.Integer() });
export const routeSchema = Type.Object({
  routeId: Type.Integer(),
  name: Type.String(),
  payer: Type.String({ description: "Text form of the route key that pays" }),
  server: Type.Object({
    host: Type.String(),
    port: Type.Integer(),
    certificateAuthority: Type.Union([Type.String(), Type.Null()]),
  }),
  topicPrefix: Type.String(),
  netIds: Type.Array(Type.String()),
  devAddrs: Type.Array(Type.String()),
  joinEuis: Type.Array(Type.String()),
  maxCopies: Type.Integer(),
  isActive: Type.Boolean(),
  devAddrRanges: Type.Array(rangeSchema),
  suspended: Type.Array(Type.String(), { description: "Reasons; empty when agents deliver" }),
});
const apiKeySchema = Type.Object({ id: Type.String(), name: Type.String(), createdMs: unixMs, expiresMs: unixMs });
const alertSchema = Type.Object({
  id: Type.String(),
  balanceDataCredits: dataCredits,
  belowDataCredits: dataCredits,
  foundMs: unixMs,
  state: Type.String({ description: "waiting, delivered, given up or withdrawn" }),
  attempts: Type.Integer(),
  problem: Type.Union([Type.String(), Type.Null()]),
});

export const organisationSchema = Type.Object({
  wallet: walletText,
  name: Type.Union([Type.String(), Type.Null()], { description: "Null: not founded" }),
  oracle: Type.String({ description: "Key of this oracle: changes are signed for it" }),
  revision: Type.Integer({ description: "What the next change names" }),
  role: Type.String({ description: "Of who asks: viewer, editor or owner" }),
  routeKeys: Type.Array(Type.String(), { description: "Route keys of the wallet, as the chain has them" }),
  members: Type.Array(Type.Object({ member: walletText, role: memberRole, name: Type.String() })),
  routes: Type.Array(routeSchema),
  apiKeys: Type.Array(apiKeySchema),
  webhook: Type.Union([
    Type.Null(),
    Type.Object({ url: Type.String(), belowDataCredits: dataCredits, alerts: Type.Array(alertSchema) }),
  ]),
  journal: Type.Array(
    Type.Object({ revision: Type.Integer(), signer: signerText, changedMs: unixMs, what: Type.String() }),
    { description: "The latest changes, newest first" },
  ),
  limits: Type.Object({
    routes: Type.Integer(),
    devAddrs: Type.Integer(),
    members: Type.Integer(),
    apiKeys: Type.Integer(),
  }),
});
export const changedSchema = Type.Object({ revision: Type.Integer({ description: "What the next change names" }) });
export const routeChangedSchema = Type.Object({ ...changedSchema.properties, route: routeSchema });
export const apiKeyMadeSchema = Type.Object({
  ...changedSchema.properties,
  ...apiKeySchema.properties,
  key: Type.String({ description: "Shown this once; `Authorization: Bearer KEY`" }),
});
export const webhookMadeSchema = Type.Object({
  ...changedSchema.properties,
  secret: Type.String({ description: "Shown this once; key of the HMAC, hexadecimal" }),
});

export const changeHeaders = Type.Object({
  [CHANGE_HEADER]: Type.String({
    maxLength: MAX_CHANGE_HEADER_CHARS,
    description: "`SIGNER REVISION TIME SIGNATURE` (docs/adr/0020)",
  }),
});
export const changeText = "Signed for the revision that it changes (`earshot-change`, docs/adr/0020).";
export const changeRefusals = errorAnswers(
  "bad_request",
  "bad_signature",
  "not_permitted",
  "not_found",
  "stale_revision",
  "oversized",
  "overloaded",
  "log_unavailable",
);
export type OrganisationAnswer = Static<typeof organisationSchema>;

/** The value as its schema has it, or where it is wrong. Never throws. */
export function readBody<T extends TSchema>(schema: T, value: unknown): { status: "ok"; body: Static<T> } | Refusal {
  const faults = Errors(schema, value);
  if (faults.length === 0) return { status: "ok", body: value as Static<T> };
  return faultsRefusal(faults.map(({ instancePath, message }) => ({ path: instancePath || "/", expected: message })));
}

/** Faults that are told at once. */
const MOST_FAULTS = 10;

/** Faults of a body in one refusal. */
export function faultsRefusal(faults: readonly { readonly path: string; readonly expected: string }[]): Refusal {
  const told = faults.slice(0, MOST_FAULTS).map(({ path, expected }) => `${path}: ${expected}`);
  const text = told.join("; ");
  return refusal("bad_request", text, "another");
}
