/** Gateway ids of a network from its oracles: all of every one that is asked, so that none can leave a hotspot out. */
import { oracleError } from "../errors.ts";
import { boundedBody } from "../service/bounded-body.ts";

/** A page of the most entries is a fifth of it. */
const MAX_PAGE_BYTES = 1024 * 1024;
const PAGE = 10_000;
const TIMEOUT_MS = 30_000;
const GATEWAY_ID = /^[0-9a-f]{16}$/;

/** Ascending. Throws ORC_DOWNLOAD_FAILED where one of them does not answer as an oracle does. */
export async function gatewayIdsOf(urls: readonly string[]): Promise<readonly string[]> {
  const all = new Set<string>();
  for (const url of urls) for await (const id of idsAt(url.replace(/\/+$/, ""))) all.add(id);
  return [...all].sort();
}

async function* idsAt(url: string): AsyncGenerator<string> {
  let after: string | null = "";
  while (after !== null) {
    const { gatewayIds, next } = await pageAt(url, after);
    let last: string = after;
    for (const id of gatewayIds) {
      if (typeof id !== "string" || !GATEWAY_ID.test(id) || id <= last)
        throw failed(url, "a list that is no list of gateway ids");
      last = id;
      yield id;
    }
    if (next !== null && (next !== last || next === after)) throw failed(url, "pages that do not go on");
    after = next;
  }
}

async function pageAt(url: string, after: string): Promise<{ gatewayIds: readonly unknown[]; next: string | null }> {
  const query = after === "" ? "" : `&after=${after}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}/v1/gateways?limit=${PAGE}${query}`, {
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = Buffer.from(await boundedBody(response, MAX_PAGE_BYTES)).toString("utf8");
  } catch (cause) {
    throw failed(url, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (!response.ok) throw failed(url, `status ${response.status}`);
  try {
    const { gatewayIds, next } = JSON.parse(text);
    if (Array.isArray(gatewayIds) && (next === null || typeof next === "string")) return { gatewayIds, next };
  } catch (cause) {
    throw failed(url, "an answer that is no JSON", cause);
  }
  throw failed(url, "no list of gateway ids");
}

function failed(url: string, why: string, cause?: unknown): Error {
  return oracleError("ORC_DOWNLOAD_FAILED", `${url}: ${why}`, { cause, retryable: true });
}
