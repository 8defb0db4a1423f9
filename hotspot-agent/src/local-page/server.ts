/**
 * The agent on loopback HTTP: a page for people, /healthz, /metrics and /status.json for machines. Reads only, changes nothing.
 *
 *   GET /             the page          GET /healthz      200 while packets are taken and can be kept, else 503
 *   GET /status.json  AgentStatus       GET /metrics      Prometheus text
 *
 * Anyone on this machine may read it, so it holds no secret. The Host header must be a loopback name: a web site that points
 * its own name at 127.0.0.1 reads nothing here.
 */
import { isLoopback } from "../config/values.ts";
import { agentError } from "../errors.ts";
import type { AgentStatus } from "../status.ts";
import { renderPage } from "./page.ts";

export interface LocalPageSources {
  readonly status: () => AgentStatus;
  readonly metrics: () => string;
  /** Undefined while healthy, else why not. */
  readonly unhealthy: () => string | undefined;
}

export interface LocalPage {
  /** Where it listens; the port that was given when 0 was asked for. */
  readonly port: number;
  stop(): Promise<void>;
}

const SECURITY_HEADERS = {
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;

/**
 * Serves the page.
 * @throws AGT_PAGE_FAILED if the address is taken or not loopback.
 */
export function serveLocalPage(
  listen: { readonly host: string; readonly port: number },
  sources: LocalPageSources,
): LocalPage {
  if (!isLoopback(listen.host)) throw agentError("AGT_PAGE_FAILED", `${listen.host} is not a loopback address`);
  try {
    const server = Bun.serve({
      hostname: listen.host,
      port: listen.port,
      idleTimeout: 10,
      fetch: (request) => answer(request, sources),
      error: () => text(500, "The page could not be made.\n"),
    });
    return { port: server.port!, stop: () => server.stop(true) };
  } catch (cause) {
    throw agentError("AGT_PAGE_FAILED", `${listen.host}:${listen.port}: ${(cause as Error).message}`, { cause });
  }
}

function answer(request: Request, { status, metrics, unhealthy }: LocalPageSources): Response {
  const url = new URL(request.url);
  if (!isLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1")))
    return text(421, "Ask for this page by a loopback address.\n");
  if (request.method !== "GET" && request.method !== "HEAD") return text(405, "Only GET.\n");
  switch (url.pathname) {
    case "/":
      return respond(200, "text/html; charset=utf-8", renderPage(status()));
    case "/status.json":
      return respond(200, "application/json", JSON.stringify(status()));
    case "/metrics":
      return respond(200, "text/plain; version=0.0.4; charset=utf-8", metrics());
    case "/healthz": {
      const problem = unhealthy();
      return problem === undefined ? text(200, "ok\n") : text(503, `${problem}\n`);
    }
    default:
      return text(404, "Nothing here; try /, /healthz, /metrics or /status.json.\n");
  }
}

function text(code: number, body: string): Response {
  return respond(code, "text/plain; charset=utf-8", body);
}

function respond(status: number, type: string, body: string): Response {
  return new Response(body, { status, headers: { "content-type": type, ...SECURITY_HEADERS } });
}
