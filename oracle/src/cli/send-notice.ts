/** Sends a notice or a signed record to an oracle; what it answers. */
import { oracleError } from "../errors.ts";
import { boundedBody } from "../service/bounded-body.ts";

const TIMEOUT_MS = 30_000;
/** A receipt has some hundred bytes, a refusal a sentence. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface NoticeTaken {
  /** `accepted`, or `duplicate` where it was logged before. */
  readonly status: string;
  /** The ingest's signed receipt, base64. */
  readonly receipt: string;
}

/** Posts bytes below an oracle's address. Throws ORC_DOWNLOAD_FAILED with what it says instead. */
export async function sendNotice(url: string, path: string, type: string, bytes: Uint8Array): Promise<NoticeTaken> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${url.replace(/\/+$/, "")}${path}`, {
      method: "POST",
      headers: { "content-type": type },
      body: bytes as Uint8Array<ArrayBuffer>,
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body = JSON.parse(new TextDecoder().decode(await boundedBody(response, MAX_ANSWER_BYTES)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw oracleError("ORC_DOWNLOAD_FAILED", `${url}: ${why}`, { cause, retryable: true });
  }
  const { status, receipt } = (body ?? {}) as { readonly status?: unknown; readonly receipt?: unknown };
  if (response.ok && typeof status === "string" && typeof receipt === "string") return { status, receipt };
  throw oracleError("ORC_DOWNLOAD_FAILED", `${url}: status ${response.status}: ${JSON.stringify(body).slice(0, 300)}`);
}
