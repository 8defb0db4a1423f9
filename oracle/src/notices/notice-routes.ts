/** The routes of notices, in a scope of their own: a refutation says whose packets are disputed, an appeal is read as it was signed. */
import { MAX_NOTICE_BYTES, NOTICE_CONTENT_TYPE } from "@earshot/poc/protocol";
import { errorAnswers, uploadAcceptedSchema } from "../service/api-schemas.ts";
import { clientOfRequest, type HttpApp, type HttpReply, type HttpRequest, sendError } from "../service/http.ts";
import type { NoticeAnswer, NoticeIntake } from "./notice-intake.ts";

/** Most bytes of an appeal: a reason has at most 1,000 characters. */
const MAX_APPEAL_BYTES = 8192;
/** A log that stalls is given this long before it is asked again, ms. */
const LOG_RETRY_MS = 2000;
const refusals = {
  ...errorAnswers("bad_request", "bad_signature", "not_registered", "oversized", "overloaded", "log_unavailable"),
};

export function noticeRoutes(scope: HttpApp, intake: Pick<NoticeIntake, "refutation" | "appeal">): void {
  scope.removeAllContentTypeParsers();
  for (const [type, bodyLimit] of [
    [NOTICE_CONTENT_TYPE, MAX_NOTICE_BYTES],
    ["application/json", MAX_APPEAL_BYTES],
  ] as const) {
    scope.addContentTypeParser(type, { parseAs: "buffer", bodyLimit }, (_request, body, done) => done(null, body));
  }
  scope.post(
    "/v1/refutations",
    {
      schema: {
        tags: ["notices"],
        summary: "Takes a payer's refutation, a notice sealed by its route key; answers when it is durable.",
        consumes: [NOTICE_CONTENT_TYPE],
        response: { 200: uploadAcceptedSchema, ...refusals },
      },
    },
    async (request, reply) => {
      await answer(reply, intake.refutation(bodyOf(request, NOTICE_CONTENT_TYPE), clientOfRequest(request)));
      return reply;
    },
  );
  scope.post(
    "/v1/appeals",
    {
      schema: {
        tags: ["notices"],
        summary: "Takes an appeal signed by the hotspot's key, or its outcome; answers when it is durable.",
        description: "What was closed stays as it is: an upheld appeal lifts a detector in later epochs.",
        consumes: ["application/json"],
        response: { 200: uploadAcceptedSchema, ...refusals },
      },
    },
    async (request, reply) => {
      await answer(reply, intake.appeal(bodyOf(request, "application/json"), clientOfRequest(request)));
      return reply;
    },
  );
}

/** The body's bytes; none where it is of the other route's type. */
function bodyOf(request: HttpRequest, type: string): Uint8Array {
  const sent = String(request.headers["content-type"] ?? "")
    .split(";")[0]!
    .trim()
    .toLowerCase();
  const body = request.body as Buffer | null | undefined;
  if (sent !== type || body === null || body === undefined) return new Uint8Array(0);
  return new Uint8Array(body.buffer, body.byteOffset, body.length);
}

async function answer(reply: HttpReply, answered: Promise<NoticeAnswer>): Promise<HttpReply> {
  let given: NoticeAnswer;
  try {
    given = await answered;
  } catch {
    return sendError(reply, "log_unavailable", "a log that takes notices", "a fault, or a lack of room", {
      retryAfterMs: LOG_RETRY_MS,
    });
  }
  if (given.status === "refused") {
    const { code, expected, got, retryAfterMs } = given;
    return sendError(reply, code, expected, got, { retryAfterMs });
  }
  return reply.send({ status: given.status, receipt: given.receipt.toBase64() });
}
