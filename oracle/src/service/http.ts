/**
 * The HTTP server of an oracle: fastify with TypeBox schemas, errors in the form of oracle-api.ts, limits for slow and large clients.
 * With service/openapi.ts the door to fastify: parts of the oracle add routes as functions that take a `HttpApp`.
 */

import { Readable } from "node:stream";
import { API_ERRORS, type ApiError, type ApiErrorCode } from "@earshot/poc/protocol";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from "fastify";
import { addressSet, ClientPlaces, clientOf } from "./client-places.ts";
import type { Log } from "./log.ts";
import { answerNoRequest } from "./no-request.ts";

export type HttpApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
export type HttpRequest = FastifyRequest;
export type HttpReply = FastifyReply;

export interface HttpOptions {
  /** Addresses and networks of proxies in front, whose X-Forwarded-For is believed; nobody's is by default. */
  readonly proxies?: readonly string[];
  readonly maxConnections: number;
  /** Connections of one client at a time, and behind a proxy its requests; without it as many as there are. */
  readonly maxPerClient?: number;
  readonly log: Log;
  /** Called when a connection or a request is turned away because its client has enough. */
  readonly onTurnedAway?: (what: "connection" | "request") => void;
}

/** Largest body of a request that is no upload, bytes. */
const MAX_BODY_BYTES = 64 * 1024;
/** Longest path parameter: a key's text has 51 characters, an id 64. */
const MAX_PARAMETER_LENGTH = 128;
/** Headers must be there within this, ms. */
const HEADERS_TIMEOUT_MS = 10_000;
/** A request must be there within this, ms: 4 MiB at 16 kB/s. */
const REQUEST_TIMEOUT_MS = 300_000;
/** A connection without a request is kept this long, ms: agents ask about once a minute. */
const KEEP_ALIVE_MS = 75_000;

/** When to come again who has too many requests under way, ms. */
const BUSY_RETRY_MS = 5000;
const TURNED_AWAY = "an address has as many connections or requests as one may have; a proxy belongs into http.proxies";

/** When to come again after a fault of ours, ms: a database that is away is back in seconds or in hours. */
const FAULT_RETRY_MS = 5000;

/** The server without its routes. */
export function createHttpApp(options: HttpOptions): HttpApp {
  const { proxies = [], maxConnections, maxPerClient, log } = options;
  const app = fastify({
    logger: false,
    trustProxy: proxies.length > 0 && [...proxies],
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: REQUEST_TIMEOUT_MS + KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // Ajv takes the text "Infinity" for an integer, and with strict numbers does not hold it against the limits.
    ajv: { customOptions: { strictNumbers: false } },
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 5000 },
    clientErrorHandler: answerNoRequest,
    // Of an address that is none, or has too long a parameter: no route is found, so no error handler is asked.
    frameworkErrors: (error, _request, reply) => {
      const { code, expected, got } = explained(error);
      sendError(reply, code, expected, got);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = maxConnections;
  if (maxPerClient !== undefined) limitClients(app, { ...options, proxies, maxPerClient });
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { code, expected, got } = explained(error);
    if (code !== "log_unavailable") return sendError(reply, code, expected, got);
    log.error("a request failed", { error: error.stack ?? error.message });
    return sendError(reply, code, expected, got, { retryAfterMs: FAULT_RETRY_MS });
  });
  app.setNotFoundHandler((request, reply) => sendError(reply, "not_found", "a route of the API", request.method));
  return app;
}

/** Who a request is of, for limits: its address as far as proxies of ours say it. */
export function clientOfRequest({ ip }: HttpRequest): string {
  return clientOf(ip);
}

/** Connections of a client are counted where it connects itself; what a proxy brings is counted by request, until it is answered. */
function limitClients(
  app: HttpApp,
  { proxies, maxPerClient, log, onTurnedAway }: HttpOptions & Required<Pick<HttpOptions, "proxies" | "maxPerClient">>,
): void {
  const isProxy = addressSet(proxies);
  const connections = new ClientPlaces(maxPerClient);
  const requests = new ClientPlaces(maxPerClient);
  const ofProxies = new WeakSet<object>();
  const turnAway = (what: "connection" | "request", client: string) => {
    onTurnedAway?.(what);
    log.complain(`client ${what}`, TURNED_AWAY, { what, client, most: maxPerClient });
  };
  app.server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? "";
    if (isProxy(address)) return void ofProxies.add(socket);
    const client = clientOf(address);
    const over = connections.take(client);
    if (over !== undefined) return void socket.once("close", over);
    turnAway("connection", client);
    socket.destroy();
  });
  if (proxies.length === 0) return;
  app.addHook("onRequest", (request, reply, done) => {
    // Who comes to the proxy's machine itself is not counted, nor who was counted above.
    if (!ofProxies.has(request.socket) || isProxy(request.ip)) return done();
    const client = clientOfRequest(request);
    const over = requests.take(client);
    if (over !== undefined) {
      reply.raw.once("close", over);
      return done();
    }
    turnAway("request", client);
    sendError(reply, "overloaded", `at most ${maxPerClient} requests of an address at a time`, "more", {
      retryAfterMs: BUSY_RETRY_MS,
    });
  });
}

/** Answers with an error of the interface; `extra` are further members such as the head. */
export function sendError(
  reply: HttpReply,
  code: ApiErrorCode,
  expected: string | number,
  got: string | number,
  extra: { readonly retryAfterMs?: number | undefined; readonly head?: string } = {},
): HttpReply {
  const { retryAfterMs, head } = extra;
  const body: ApiError & { head?: string } = {
    code,
    expected,
    got,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(head === undefined ? {} : { head }),
  };
  reply.code(API_ERRORS[code].status);
  if (retryAfterMs !== undefined) reply.header("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  return reply.type("application/json; charset=utf-8").send(JSON.stringify(body));
}

/**
 * Sets the ETag, given without its quotes; true if the client has what it stands for already. Compared weakly, as RFC 9110 (13.1.2) has it: a
 * proxy that compresses makes `W/"x"` of `"x"`.
 */
export function isKnown(request: HttpRequest, reply: HttpReply, tag: string): boolean {
  const quoted = `"${tag}"`;
  reply.header("etag", quoted);
  const known = request.headers["if-none-match"];
  if (known === undefined) return false;
  return known.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === quoted);
}

/** Answers that the client has it already. */
export function notModified(reply: HttpReply): HttpReply {
  return reply.code(304).send();
}

/** Answers HEAD of a body that need not be read for it. Fastify takes the length of nothing for 0, and leaves that of a stream alone. */
export function sendHead(reply: HttpReply, bodyBytes: number): HttpReply {
  return reply.header("content-length", bodyBytes).send(Readable.from([]));
}

/** What fastify refused, in words of the interface. */
function explained(error: FastifyError): { code: ApiErrorCode; expected: string; got: string } {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return { code: "oversized", expected: "a body within the limit of the route", got: "a larger one" };
  }
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return { code: "bad_request", expected: "the content type of the route", got: "another" };
  }
  if (error.code === "FST_ERR_MAX_PARAM_LENGTH") {
    const expected = `parameters of at most ${MAX_PARAMETER_LENGTH} characters in the path`;
    return { code: "bad_request", expected, got: "a longer one" };
  }
  if ((error.statusCode ?? 500) < 500)
    return { code: "bad_request", expected: "a request of the API", got: error.message };
  return { code: "log_unavailable", expected: "an answer", got: "a fault of the server" };
}

/** A path of ORACLE_API (`/v1/devices/{key}/head`) as fastify writes it. */
export function fastifyPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}
