/** Who may see what is a payer's alone: usage and invoices. */
import { type ApiErrorCode, base58Text } from "@earshot/poc/protocol";
import { type HttpReply, type HttpRequest, sendError } from "../service/http.ts";
import { OWNER_REQUEST_HEADER, readOwnerRequest } from "./owner-request.ts";

export interface AccessRefusal {
  readonly code: ApiErrorCode;
  readonly expected: string;
  readonly got: string;
  readonly retryAfterMs?: number;
}

/** Undefined when the request may see what is this payer's (base58 of its wallet). */
export type PayerAccess = (request: HttpRequest, wallet: string) => Promise<AccessRefusal | undefined>;

/** The payer itself and nobody else, by its wallet's signature; `nowMs` is the oracle's time. */
export function payerAlone(nowMs: () => number): PayerAccess {
  return async (request, wallet) => {
    const header = String(request.headers[OWNER_REQUEST_HEADER] ?? "");
    const signed = readOwnerRequest(header, request.method, request.url, nowMs());
    if (signed.status === "refused") {
      return { code: "bad_request", expected: signed.expected, got: header === "" ? "none" : "another" };
    }
    const signer = base58Text(signed.wallet);
    return signer === wallet ? undefined : { code: "unknown_key", expected: "the payer's own signature", got: signer };
  };
}

export function sendAccessRefusal(reply: HttpReply, { code, expected, got, retryAfterMs }: AccessRefusal): HttpReply {
  return sendError(reply, code, expected, got, { retryAfterMs });
}
