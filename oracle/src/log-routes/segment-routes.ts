/** The log over HTTP: which segments are published, and their bytes. Nothing of a segment in which a window is open. */
import { createHash } from "node:crypto";
import { ORACLE_API } from "@earshot/poc/protocol";
import Type from "typebox";
import type { SealedSegment } from "../ports/report-log.ts";
import { bytesAnswer, errorAnswers } from "../service/api-schemas.ts";
import {
  clientOfRequest,
  fastifyPath,
  type HttpApp,
  type HttpReply,
  isKnown,
  notModified,
  sendError,
  sendHead,
} from "../service/http.ts";
import { type DownloadLimits, DownloadSlots } from "./download-slots.ts";
import type { PublishedLog } from "./published-log.ts";

export interface SegmentRoutesOptions {
  readonly published: Pick<PublishedLog, "at" | "bytes">;
  /** The oracle's time, Unix ms. */
  readonly nowMs: () => number;
  readonly downloads: DownloadLimits;
}

export const SEGMENT_CONTENT_TYPE = "application/vnd.earshot.segment";
const SEGMENT_PATH = "/v1/log/segments/{number}";
const MAX_PAGE = 1000;
/** A new segment may be published this soon, s. */
const LIST_MAX_AGE_S = 5;
const BUSY_RETRY_MS = 5000;

const hash = (description: string) => Type.String({ pattern: "^[0-9a-f]{64}$", description: `${description}, hex` });
const number = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const listSchema = Type.Object({
  segments: Type.Array(
    Type.Object({
      number: Type.Integer({ description: "From 0, without gaps" }),
      firstIndex: Type.Integer({ description: "Log index of its first upload" }),
      firstReceiveMs: Type.Integer(),
      lastReceiveMs: Type.Integer(),
      uploads: Type.Integer(),
      bytes: Type.Integer(),
      sha256: hash("SHA-256 of the file"),
      headBefore: hash("Head of the log before its first upload"),
      headAfter: hash("Head of the log after its last upload"),
      href: Type.String({ description: "Where its bytes are" }),
    }),
  ),
  next: Type.Union([Type.Integer(), Type.Null()], {
    description: "`from` of the next page; null at the end of what is published",
  }),
});

export function segmentRoutes(app: HttpApp, { published, nowMs, downloads }: SegmentRoutesOptions): void {
  app.get(
    fastifyPath(ORACLE_API.getLogSegments.path),
    {
      schema: {
        tags: ["log"],
        summary: ORACLE_API.getLogSegments.meaning,
        description: "A segment is published when every window is closed in which a report of it may count.",
        querystring: Type.Object({
          from: Type.Optional(number),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE })),
        }),
        response: { 200: listSchema, 304: Type.Null(), ...errorAnswers("bad_request", "log_unavailable") },
      },
    },
    async (request, reply) => {
      const { from = 0, limit = MAX_PAGE } = request.query;
      const all = await published.at(nowMs());
      const page = all.slice(from, from + limit);
      const next = from + page.length < all.length ? from + page.length : null;
      const tag = createHash("sha256").update(`${from} ${next}`);
      for (const { sha256 } of page) tag.update(sha256);
      reply.header("cache-control", `public, max-age=${LIST_MAX_AGE_S}`);
      if (isKnown(request, reply, tag.digest("hex").slice(0, 32))) return notModified(reply);
      return { segments: page.map(listed), next };
    },
  );

  const slots = new DownloadSlots(downloads);
  app.get(
    fastifyPath(SEGMENT_PATH),
    {
      schema: {
        tags: ["log"],
        summary: "The bytes of a published segment.",
        params: Type.Object({ number }),
        response: {
          200: bytesAnswer("The segment", SEGMENT_CONTENT_TYPE),
          304: Type.Null(),
          ...errorAnswers("bad_request", "not_found", "overloaded", "log_unavailable"),
        },
      },
    },
    async (request, reply) => {
      const { number } = request.params;
      const segment = (await published.at(nowMs()))[number];
      if (segment === undefined) return sendError(reply, "not_found", "the number of a published segment", number);
      reply.header("cache-control", "public, max-age=31536000, immutable");
      if (isKnown(request, reply, hex(segment.sha256))) return notModified(reply);
      if (request.method === "HEAD") return sendHead(reply.type(SEGMENT_CONTENT_TYPE), segment.bytes);
      const over = slots.take(clientOfRequest(request), segment.bytes, () => reply.raw.destroy());
      if (over === undefined) {
        reply.removeHeader("etag");
        reply.header("cache-control", "no-store");
        return sendError(reply, "overloaded", "fewer downloads", "too many", { retryAfterMs: BUSY_RETRY_MS });
      }
      reply.raw.once("close", over);
      const found = await published.bytes(number, nowMs());
      if (found === undefined) return sendError(reply, "not_found", "a segment that is still kept", number);
      return sendSegment(reply, found.bytes);
    },
  );
}

function listed(segment: SealedSegment) {
  const { number, firstIndex, firstReceiveMs, lastReceiveMs, uploads, bytes } = segment;
  return {
    number,
    firstIndex,
    firstReceiveMs,
    lastReceiveMs,
    uploads,
    bytes,
    sha256: hex(segment.sha256),
    headBefore: hex(segment.headBefore),
    headAfter: hex(segment.headAfter),
    href: SEGMENT_PATH.replace("{number}", String(number)),
  };
}

function sendSegment(reply: HttpReply, { buffer, byteOffset, byteLength }: Uint8Array): HttpReply {
  return reply.type(SEGMENT_CONTENT_TYPE).send(Buffer.from(buffer, byteOffset, byteLength));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
