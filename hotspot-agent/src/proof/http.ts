/**
 * HTTP as proof of coverage needs it: one request, one bounded answer, no redirects, always an end.
 *
 * The port is a function, so that tests answer from memory. Plain HTTP is for loopback only.
 */
import { agentError } from "../errors.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** Gives up when aborted. */
  readonly signal: AbortSignal;
  /** A longer answer is refused. */
  readonly maxAnswerBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Rejects where there is no whole answer. */
export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>;

/** Sends by fetch; `certificateAuthority` is PEM, for oracles outside the system's authorities. */
export function fetchSend(certificateAuthority?: string): HttpSend {
  const tls = certificateAuthority === undefined ? {} : { tls: { ca: certificateAuthority } };
  return async ({ method, url, headers, body, signal, maxAnswerBytes }) => {
    const answer = await fetch(url, {
      method,
      headers,
      body: body as Uint8Array<ArrayBuffer> | null,
      signal,
      redirect: "error",
      ...tls,
    });
    return { status: answer.status, body: await readBounded(answer, maxAnswerBytes) };
  };
}

async function readBounded(answer: Response, maxBytes: number): Promise<Uint8Array> {
  if (answer.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** The address without its last slash. Throws AGT_BAD_ORACLE unless it is https, or http on loopback. */
export function checkOracleUrl(text: string): string {
  const url = URL.parse(text);
  const isLoopback = url !== null && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  const isUsable = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback);
  if (!isUsable) throw agentError("AGT_BAD_ORACLE", `${text}: https expected, plain http only on loopback`);
  return text.replace(/\/+$/, "");
}
