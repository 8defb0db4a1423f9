/** An organisation's API keys and its webhook over HTTP; secrets are shown when they are made, and never again. */
import { randomBytes } from "node:crypto";
import Type from "typebox";
import type { HttpApp } from "../service/http.ts";
import { apiKeyHash, apiKeyId, apiKeyText, DAY_MS, DEFAULT_KEY_DAYS } from "./api-key.ts";
import { type Changes, jsonBody } from "./changes.ts";
import { MOST_API_KEYS, refusal } from "./organisation.ts";
import {
  apiKeyBody,
  apiKeyMadeSchema,
  changedSchema,
  changeHeaders,
  changeRefusals,
  changeText,
  readBody,
  walletText,
  webhookBody,
  webhookMadeSchema,
} from "./organisation-schemas.ts";
import { addApiKey, apiKeysOf, dropApiKey, putWebhook } from "./organisation-table.ts";
import { webhookUrlProblem } from "./webhook-call.ts";

const SECRET_BYTES = 32;

export interface KeyRoutesContext {
  /** Network time, Unix ms. */
  readonly nowMs: () => number;
  readonly mayBePrivate: boolean;
}

export function keyAndWebhookRoutes(app: HttpApp, changes: Changes, { nowMs, mayBePrivate }: KeyRoutesContext): void {
  const common = { tags: ["organisations"], headers: changeHeaders, description: changeText };
  const params = Type.Object({ wallet: walletText });
  app.post(
    "/v1/organisations/:wallet/api-keys",
    {
      validatorCompiler: () => () => true,
      schema: {
        ...common,
        summary: "Makes an API key for programs that read; the answer shows it this once.",
        params,
        body: apiKeyBody,
        response: { 200: apiKeyMadeSchema, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const key = apiKeyText(randomBytes(SECRET_BYTES));
      const hash = apiKeyHash(key)!;
      const made = await changes.make(request, reply, {
        role: "editor",
        what: `POST api-keys ${apiKeyId(hash)}`,
        async work(tx, { wallet }) {
          const read = readBody(apiKeyBody, jsonBody(request));
          if (read.status === "refused") return read;
          const { name, days = DEFAULT_KEY_DAYS } = read.body;
          const keys = await apiKeysOf(tx, wallet);
          if (keys.length >= MOST_API_KEYS) {
            return refusal("limit_reached", `at most ${MOST_API_KEYS} API keys`, keys.length + 1);
          }
          const createdMs = nowMs();
          const one = { name, createdMs, expiresMs: createdMs + days * DAY_MS };
          await addApiKey(tx, wallet, hash, one);
          return one;
        },
      });
      return made === undefined ? reply : { revision: made.revision, id: apiKeyId(hash), ...made.value, key };
    },
  );
  app.delete(
    "/v1/organisations/:wallet/api-keys/:id",
    {
      validatorCompiler: () => () => true,
      schema: {
        ...common,
        summary: "Revokes an API key at once.",
        params: Type.Object({ wallet: walletText, id: Type.String({ pattern: "^[0-9a-f]{12}$" }) }),
        response: { 200: changedSchema, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const made = await changes.make(request, reply, {
        role: "editor",
        what: `DELETE api-keys/${id}`,
        async work(tx, { wallet }) {
          return (await dropApiKey(tx, wallet, id)) ? null : refusal("not_found", "an API key of the organisation", id);
        },
      });
      return made === undefined ? reply : { revision: made.revision };
    },
  );
  app.put(
    "/v1/organisations/:wallet/webhook",
    {
      validatorCompiler: () => () => true,
      schema: {
        ...common,
        summary: "Sets where a low balance is told, and below what; the answer shows the new secret this once.",
        params,
        body: webhookBody,
        response: { 200: webhookMadeSchema, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const secret = new Uint8Array(randomBytes(SECRET_BYTES));
      const made = await changes.make(request, reply, {
        role: "editor",
        what: "PUT webhook",
        async work(tx, { wallet }) {
          const read = readBody(webhookBody, jsonBody(request));
          if (read.status === "refused") return read;
          const { url, belowDataCredits } = read.body;
          const fault = webhookUrlProblem(url, mayBePrivate);
          if (fault !== undefined) return refusal("bad_request", `/url: ${fault}`, url);
          await putWebhook(tx, wallet, { url, below: BigInt(belowDataCredits), secret });
          return null;
        },
      });
      return made === undefined ? reply : { revision: made.revision, secret: secret.toHex() };
    },
  );
  app.delete(
    "/v1/organisations/:wallet/webhook",
    {
      validatorCompiler: () => () => true,
      schema: {
        ...common,
        summary: "Takes the webhook away.",
        params,
        response: { 200: changedSchema, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const made = await changes.make(request, reply, {
        role: "editor",
        what: "DELETE webhook",
        async work(tx, { wallet, webhook }) {
          if (webhook === null) return refusal("not_found", "a webhook", "none");
          await putWebhook(tx, wallet, null);
          return null;
        },
      });
      return made === undefined ? reply : { revision: made.revision };
    },
  );
}
