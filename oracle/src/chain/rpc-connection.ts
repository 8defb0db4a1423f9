/**
 * A connection to one Solana RPC endpoint that always comes to an end: every request has a timeout and a largest answer.
 *
 * web3.js checks the shape of answers; what an endpoint says inside that shape is only as good as the endpoint.
 */
import { Connection } from "@solana/web3.js";
import { oracleError } from "../errors.ts";
import { boundedBody } from "../service/bounded-body.ts";

export interface RpcEndpoint {
  readonly url: string;
  /** Longest time for one answer, ms. */
  readonly timeoutMs: number;
  /** A longer answer is refused, bytes. */
  readonly maxAnswerBytes: number;
}

/** Connects nothing yet: web3.js asks when it is asked. */
export function rpcConnection({ url, timeoutMs, maxAnswerBytes }: RpcEndpoint): Connection {
  return new Connection(url, {
    commitment: "finalized",
    disableRetryOnRateLimit: true,
    fetch: boundedFetch(timeoutMs, maxAnswerBytes),
  });
}

/** The host of an endpoint as logs and metrics may show it: its path and query may hold a key. */
export function endpointName(url: string): string {
  return URL.parse(url)?.host ?? "unreadable address";
}

/** Runs one call of a connection; what fails is ORC_RPC_FAILED and may be tried again. */
export async function rpcCall<T>(name: string, method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw oracleError("ORC_RPC_FAILED", `${name}: ${method}: ${firstLine(why)}`, { cause, retryable: true });
  }
}

/** A `fetch` that comes to an end. */
export function boundedFetch(timeoutMs: number, maxAnswerBytes: number): typeof fetch {
  const send = async (url: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
    const answer = await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
    const body = await boundedBody(answer, maxAnswerBytes);
    return new Response(body, { status: answer.status, statusText: answer.statusText });
  };
  return send as typeof fetch;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, 200);
}
