/**
 * The explorer as a part of the service: one page with its scripts, served from loopback or behind a proxy, asking nothing of any
 * other host. What it shows it reads from the public API beside it.
 */
import { preferredCoding } from "../service/content-coding.ts";
import { type HttpApp, type HttpReply, type HttpRequest, isKnown, notModified } from "../service/http.ts";
import type { ServicePart } from "../service/part.ts";
import { ASSET_ROOT, buildExplorer, type ExplorerFile, makeSmall } from "./bundle.ts";
import { geographyFiles } from "./geography.ts";

/** Addresses of the page; what stands after them is read in the browser. */
const PAGES = [
  "/",
  "/cell/:cell",
  "/hotspot/:key",
  "/hotspots",
  "/gaps",
  "/network",
  "/proposals",
  "/owner",
  "/console",
];

/** What programs ask for. */
const API_PATH = /^\/(v1|docs|openapi|explorer)\b/;

/** Nothing from another host, no inline script; workers of the map are its own file. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");
/** Parts of the API that not every oracle has, by a route of theirs. */
const PARTS: Readonly<Record<string, string>> = {
  chain: "/v1/chain/epochs",
  contests: "/v1/contests/:epoch",
  invoices: "/v1/payers/:wallet/invoices",
  organisations: "/v1/organisations/:wallet",
  proposals: "/v1/proposals",
  routes: "/v1/routes",
};
/** Brotli takes six seconds of a processor, which everything else that starts now needs more, ms. */
const REST_MS = 60_000;
const IMMUTABLE = "public, max-age=31536000, immutable";
/** Files without a hash in their name change with a release. */
const A_DAY = "public, max-age=86400";

export function explorerPart(): ServicePart {
  return {
    name: "explorer",
    async routes(app: HttpApp) {
      const rested = Promise.withResolvers<void>();
      const rest = setTimeout(() => rested.resolve(), REST_MS);
      app.addHook("onClose", async () => clearTimeout(rest));
      const bundle = await buildExplorer(rested.promise);
      const geography = geographyFiles();
      const small = bundle.whenSmall.then(() => makeSmall([...geography.values()]));
      // Without brotli files are sent as gzip.
      small.catch(() => undefined);
      const files = new Map([...bundle.files, ...geography]);
      const sendPage = (request: HttpRequest, reply: HttpReply) => {
        reply.header("content-security-policy", POLICY).header("referrer-policy", "no-referrer");
        reply.header("x-content-type-options", "nosniff").header("cache-control", "no-cache");
        return send(request, reply, bundle.page);
      };
      for (const path of PAGES) app.get(path, { schema: { hide: true } }, sendPage);
      // To a person the page says that there is none, and where the others are.
      app.get("/*", { schema: { hide: true } }, (request, reply) => {
        const isPerson = String(request.headers.accept ?? "").includes("text/html") && !API_PATH.test(request.url);
        return isPerson ? sendPage(request, reply.code(404)) : reply.callNotFound();
      });
      for (const [path, file] of files) {
        app.get(path, { schema: { hide: true } }, (request, reply) => {
          reply.header("x-content-type-options", "nosniff");
          reply.header("cache-control", geography.has(path) ? A_DAY : IMMUTABLE);
          return send(request, reply, file);
        });
      }
      // What this oracle can be asked; a page does not ask for what is not there.
      app.get(`${ASSET_ROOT}/parts.json`, { schema: { hide: true } }, (_request, reply) => {
        reply.header("cache-control", "no-cache");
        return Object.fromEntries(
          Object.entries(PARTS).map(([name, url]) => [name, app.hasRoute({ method: "GET", url })]),
        );
      });
    },
  };
}

function send(request: HttpRequest, reply: HttpReply, file: ExplorerFile): HttpReply {
  const { type, bytes, brotli, tag } = file;
  const codings = brotli === undefined ? (["gzip"] as const) : (["br", "gzip"] as const);
  const coding = preferredCoding(request.headers["accept-encoding"], codings);
  reply.header("vary", "accept-encoding");
  if (reply.statusCode === 200 && isKnown(request, reply, `${tag}-${coding ?? "plain"}`)) return notModified(reply);
  reply.type(type);
  if (coding === undefined) return reply.send(bytes);
  return reply.header("content-encoding", coding).send(coding === "br" ? brotli : file.gzip);
}
