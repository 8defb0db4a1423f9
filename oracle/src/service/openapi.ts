/** The description of the API from the routes' schemas, at /openapi.json, and a page to read and try it at /docs. */
import { fastifySwagger } from "@fastify/swagger";
import { fastifySwaggerUi } from "@fastify/swagger-ui";
import packageJson from "../../package.json" with { type: "json" };
import type { HttpApp } from "./http.ts";

/** Describes every route that is registered after it. */
export async function describeApi(app: HttpApp): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Earshot oracle",
        version: packageJson.version,
        description:
          "Challenges, sealed uploads and the public log of a LoRaWAN coverage network. Binary values are standard base64, " +
          "times are ms since the Unix epoch. Nothing about a challenge is told before its window is closed.",
      },
      components: {
        securitySchemes: {
          organisationKey: {
            type: "http",
            scheme: "bearer",
            description: "An API key of an organisation: reads usage, invoices, delivery and the organisation itself.",
          },
          signedRequest: {
            type: "apiKey",
            in: "header",
            name: "earshot-owner",
            description: "`WALLET TIME SIGNATURE` over `earshot-owner METHOD PATH TIME`, good for a minute.",
          },
        },
      },
    },
  });
  await app.register(fastifySwaggerUi, { routePrefix: "/docs" });
  // It is large and never changes: written once.
  let bytes: Buffer | undefined;
  app.get("/openapi.json", { schema: { hide: true } }, (_, reply) => {
    bytes ??= Buffer.from(JSON.stringify(app.swagger()));
    return reply.type("application/json; charset=utf-8").send(bytes);
  });
}
