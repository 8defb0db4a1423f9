/** The routes of ingest: uploads, their receipts, and the heads of chains and of the log. */
import {
  type DeviceSigner,
  keyFromText,
  MAX_UPLOAD_BYTES,
  ORACLE_API,
  signChainHead,
  signLogHead,
  signReceipt,
  UPLOAD_CONTENT_TYPE,
} from "@earshot/poc/protocol";
import type { ReportLog } from "../ports/report-log.ts";
import type { RegistryBook } from "../registry/registry-book.ts";
import {
  errorAnswers,
  headSchema,
  keyParams,
  receiptSchema,
  uploadAcceptedSchema,
  uploadParams,
} from "../service/api-schemas.ts";
import {
  clientOfRequest,
  fastifyPath,
  type HttpApp,
  type HttpReply,
  type HttpRequest,
  sendError,
} from "../service/http.ts";
import type { Admission, AdmissionRefusal, BodyAdmission } from "./body-admission.ts";
import { type ChainHeads, deviceName } from "./chain-heads.ts";
import { readBody } from "./read-body.ts";
import type { ToldTip } from "./told-tip.ts";
import type { UploadAnswer, UploadIntake } from "./upload-intake.ts";

export interface UploadRoutesOptions {
  readonly network: number;
  readonly signer: DeviceSigner;
  readonly intake: Pick<UploadIntake, "submit">;
  readonly admission: BodyAdmission;
  readonly registry: Pick<RegistryBook, "sender">;
  readonly heads: ChainHeads;
  readonly log: Pick<ReportLog, "find">;
  readonly toldTip: ToldTip;
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly epochAt: (unixMs: number) => number;
}

/** Retry-After where no room is left for bodies, ms. */
const FULL_RETRY_MS = 1000;

/** Adds the routes that are read. */
export function uploadRoutes(app: HttpApp, options: UploadRoutesOptions): void {
  const { network, signer, registry, heads, log, toldTip, nowMs, epochAt } = options;

  app.get(
    fastifyPath(ORACLE_API.getReceipt.path),
    {
      schema: {
        tags: ["uploads"],
        summary: ORACLE_API.getReceipt.meaning,
        params: uploadParams,
        response: { 200: receiptSchema, ...errorAnswers("bad_request", "not_found", "log_unavailable") },
      },
    },
    async (request, reply) => {
      const place = await log.find(Uint8Array.fromHex(request.params.uploadId));
      if (place === undefined)
        return sendError(reply, "not_found", "the id of a logged upload", request.params.uploadId);
      return { receipt: signReceipt(network, place, signer).toBase64() };
    },
  );

  app.get(
    fastifyPath(ORACLE_API.getChainHead.path),
    {
      schema: {
        tags: ["uploads"],
        summary: ORACLE_API.getChainHead.meaning,
        description:
          "As it was before uploads whose windows may be open: a head that moves says that its device reported.",
        params: keyParams,
        response: { 200: headSchema, ...errorAnswers("bad_request", "not_registered") },
      },
    },
    async (request, reply) => {
      const deviceKey = readKey(request.params.key);
      if (deviceKey === undefined) return sendError(reply, "bad_request", "the text form of a key", request.params.key);
      const issuedMs = nowMs();
      const sender = registry.sender(deviceKey, epochAt(issuedMs));
      if (sender.status === "refused") return sendError(reply, "not_registered", "a registered device", sender.why);
      const head = heads.toldHead(deviceName(deviceKey), issuedMs);
      return { head: signChainHead(network, { deviceKey, ...head, issuedMs }, signer).toBase64() };
    },
  );

  app.get(
    ORACLE_API.getLogHead.path,
    {
      schema: {
        tags: ["log"],
        summary: ORACLE_API.getLogHead.meaning,
        description: "Of what may be told: uploads whose windows may be open are not counted.",
        response: { 200: headSchema },
      },
    },
    async () => {
      const issuedMs = nowMs();
      return { head: signLogHead(network, { ...toldTip.at(issuedMs), issuedMs }, signer).toBase64() };
    },
  );
}

/** The text form of a key, or undefined. */
export function readKey(text: string): Uint8Array | undefined {
  try {
    return keyFromText(text);
  } catch {
    return undefined;
  }
}

/** The route of uploads, in a scope of its own: bodies are bytes, and nothing counts or logs a request before its windows are closed. */
export async function submitRoute(
  scope: HttpApp,
  { intake, admission, steadyMs }: Pick<UploadRoutesOptions, "intake" | "admission" | "steadyMs">,
): Promise<void> {
  const leave = (request: UploadRequest) => {
    if (request.admission) admission.leave(request.admission);
    request.admission = null;
  };
  scope.decorateRequest("admission", null);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(UPLOAD_CONTENT_TYPE, (_request, payload, done) => {
    readBody(payload, MAX_UPLOAD_BYTES, done);
  });
  scope.addHook("onRequest", (request: UploadRequest, reply, done) => {
    const { raw } = request;
    const length = raw.headers["content-length"];
    const entered = admission.enter(length, steadyMs(), () => raw.socket.destroy());
    if (typeof entered === "string") {
      refuseBody(reply, entered, length ?? "none");
      return;
    }
    request.admission = entered;
    // A short body that is given up takes no room, and is forgotten when it is overdue.
    if (entered.bytes > 0) raw.once("close", () => leave(request));
    done();
  });
  scope.post(
    ORACLE_API.submitUpload.path,
    {
      schema: {
        tags: ["uploads"],
        summary: ORACLE_API.submitUpload.meaning,
        consumes: [UPLOAD_CONTENT_TYPE],
        response: {
          200: uploadAcceptedSchema,
          ...errorAnswers("bad_request", "bad_signature", "not_registered", "wrong_predecessor", "oversized"),
          ...errorAnswers("overloaded", "log_unavailable"),
        },
      },
    },
    (request: UploadRequest, reply) => {
      leave(request);
      const body = (request.body as Uint8Array | undefined | null) ?? NO_BYTES;
      intake
        .submit(body, () => clientOfRequest(request))
        .then(
          (answer) => sendAnswer(reply, answer),
          (error) => reply.send(error),
        );
    },
  );
}

type UploadRequest = HttpRequest & { admission?: Admission | null };
const NO_BYTES = new Uint8Array(0);

function refuseBody(reply: HttpReply, why: AdmissionRefusal, length: string): void {
  if (why === "full") {
    sendError(reply, "overloaded", "room for a body", "none", { retryAfterMs: FULL_RETRY_MS });
  } else if (why === "oversized") {
    sendError(reply, "oversized", MAX_UPLOAD_BYTES, length);
  } else {
    sendError(reply, "bad_request", "a Content-Length", length);
  }
}

function sendAnswer(reply: HttpReply, answer: UploadAnswer): void {
  if (answer.status !== "refused") {
    // Neither text needs escaping, and this is the answer that there is most of.
    const text = `{"status":"${answer.status}","receipt":"${answer.receipt.toBase64()}"}`;
    reply.type("application/json; charset=utf-8").send(text);
    return;
  }
  const { code, expected, got, retryAfterMs, head } = answer;
  sendError(reply, code, expected, got, {
    retryAfterMs,
    ...(head === undefined ? {} : { head: head.toBase64() }),
  });
}
