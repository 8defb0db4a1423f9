/** What operators and their machines ask: is it alive, is it ready, what does it count; and the rules in force. */
import { ORACLE_API } from "@earshot/poc/protocol";
import Type from "typebox";
import { parametersSchema } from "./api-schemas.ts";
import { type HttpApp, isKnown, notModified } from "./http.ts";
import type { NetworkRules } from "./network-rules.ts";
import type { Telemetry } from "./telemetry.ts";

const healthSchema = Type.Object({ status: Type.Unsafe<"ok" | "not_ready">({ type: "string" }) });
const readySchema = Type.Object({
  status: Type.Unsafe<"ok" | "not_ready">({ type: "string" }),
  faults: Type.Record(Type.String(), Type.String(), { description: "What is wrong, by part" }),
});

export interface StatusRoutesOptions {
  readonly rules: NetworkRules;
  /** First epoch in which they hold; 0 without it. */
  readonly effectiveEpoch?: number;
  readonly telemetry: Telemetry;
  /** What is wrong, by part. */
  readonly faults: () => Readonly<Record<string, string>>;
}

export function statusRoutes(
  app: HttpApp,
  { rules, effectiveEpoch = 0, telemetry, faults }: StatusRoutesOptions,
): void {
  const tags = ["operation"];
  app.get(
    "/healthz",
    { schema: { tags, summary: "The process answers.", response: { 200: healthSchema } } },
    async () => ({ status: "ok" as const }),
  );
  app.get(
    "/readyz",
    { schema: { tags, summary: "Every part can do its work.", response: { 200: readySchema, 503: readySchema } } },
    async (_request, reply) => {
      const found = faults();
      const isReady = Object.keys(found).length === 0;
      reply.code(isReady ? 200 : 503);
      return { status: isReady ? ("ok" as const) : ("not_ready" as const), faults: { ...found } };
    },
  );
  app.get(
    "/metrics",
    { schema: { tags, summary: "Metrics in Prometheus' text form.", produces: ["text/plain"] } },
    async (_request, reply) => {
      const { contentType, text } = await telemetry.scrape();
      return reply.type(contentType).send(text);
    },
  );
  app.get(
    ORACLE_API.getParameters.path,
    {
      schema: {
        tags: ["network"],
        summary: ORACLE_API.getParameters.meaning,
        response: { 200: parametersSchema, 304: Type.Null() },
      },
    },
    async (request, reply) => {
      const parameterHash = rules.parameterHash.toHex();
      // Others may hold from any epoch on.
      reply.header("cache-control", "no-cache");
      if (isKnown(request, reply, `${parameterHash.slice(0, 32)}-${effectiveEpoch}`)) return notModified(reply);
      return { parameterHash, effectiveEpoch, parameters: rules.parameters };
    },
  );
}
