/**
 * Changes of an organisation at this oracle, signed as docs/adr/0020 has it: a line `earshot-change METHOD PATH TIME REVISION ORACLE SHA256`, which
 * is no transaction and counts once.
 */
import { ApiFailure, oracleNowMs } from "../api.ts";
import type { Session } from "./session.ts";

export interface ChangeOf {
  /** What the change is made of: it is refused when another came before. */
  readonly revision: number;
  /** Key of the oracle that is asked. */
  readonly oracle: string;
}

/** Signs and sends a change. Throws ApiFailure. */
export async function sendChange<T>(
  { wallet, key }: Session,
  { revision, oracle }: ChangeOf,
  method: "PUT" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  const bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
  const hash = hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const timeMs = Math.round(oracleNowMs());
  const line = new TextEncoder().encode(`earshot-change ${method} ${path} ${timeMs} ${revision} ${oracle} ${hash}`);
  const signature = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign("Ed25519", key, line))));
  const answer = await fetch(path, {
    method,
    headers: {
      "earshot-change": `${wallet} ${revision} ${timeMs} ${signature}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    cache: "no-store",
    ...(body === undefined ? {} : { body: bytes }),
  }).catch(() => {
    throw new ApiFailure(0, "no_answer", "an answer of the oracle");
  });
  const said: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && said !== undefined) return said as T;
  const { code, expected, got } = (said ?? {}) as { code?: string; expected?: unknown; got?: unknown };
  const what = got === undefined ? String(expected ?? "an answer in JSON") : `${expected}; got ${got}`;
  throw new ApiFailure(answer.status, code ?? "no_answer", what);
}

/** 32 random bytes in hexadecimal. */
export function newSecret(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(32)));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
