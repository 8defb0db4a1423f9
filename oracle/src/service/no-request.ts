/** What comes over a socket and is no HTTP request: answered in the form of the interface as far as anybody listens, and closed. */
import type { Socket } from "node:net";
import { API_ERRORS, type ApiError } from "@earshot/poc/protocol";

/** Errors of the parser and of its clock, by code; any other is bytes that are no request. */
const EXPECTED: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "headers of at most 16 KiB",
  ERR_HTTP_REQUEST_TIMEOUT: "a whole request, sooner",
};

export function answerNoRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  // A reset says nothing, and there is nobody to tell.
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status } = API_ERRORS.bad_request;
  const body: ApiError = {
    code: "bad_request",
    expected: EXPECTED[error.code ?? ""] ?? "an HTTP request",
    got: error.code ?? "something else",
  };
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\n` +
      `connection: close\r\n\r\n${text}`,
    () => socket.destroy(),
  );
}
