/** An organisation at one oracle, from afar: asked for, and changed by signed requests (docs/adr/0020). */
import { type DeviceSigner, signRequest } from "@earshot/poc/protocol";
import { OWNER_REQUEST_HEADER } from "../api/owner-request.ts";
import { oracleError } from "../errors.ts";
import { boundedBody } from "../service/bounded-body.ts";
import type { OrganisationAnswer } from "./organisation-schemas.ts";
import { CHANGE_HEADER, signChange } from "./signed-change.ts";

export interface OrganisationClientOptions {
  /** `https://…` of the oracle. */
  readonly url: string;
  /** Base58 of the wallet that pays. */
  readonly wallet: string;
  /** Base58 of the wallet that signs, or the text of a route key. */
  readonly signer: string;
  readonly key: DeviceSigner;
  readonly nowMs: () => number;
  /** Longest time for an answer, ms. */
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export class OrganisationClient {
  readonly url: string;
  readonly #options: OrganisationClientOptions;

  constructor(options: OrganisationClientOptions) {
    this.#options = options;
    this.url = options.url.replace(/\/+$/, "");
  }

  /** The organisation as the oracle has it. Throws ORC_REFUSED, ORC_DOWNLOAD_FAILED. */
  async show(): Promise<OrganisationAnswer> {
    const { wallet, signer, key, nowMs } = this.#options;
    const path = `/v1/organisations/${wallet}`;
    const signed = signRequest("owner", "GET", this.#pathOf(path), nowMs(), key);
    return (await this.#ask("GET", path, { [OWNER_REQUEST_HEADER]: `${signer} ${signed}` })) as OrganisationAnswer;
  }

  /**
   * Makes a change of what stands now; `below` is what follows the organisation's path, such as `/routes/7`. Throws ORC_REFUSED,
   * ORC_DOWNLOAD_FAILED; after the latter it is unknown whether the change was made, and asking again never makes it twice under one revision.
   */
  async change(method: "PUT" | "POST" | "DELETE", below: string, body?: unknown): Promise<Record<string, unknown>> {
    const { wallet, signer, key, nowMs } = this.#options;
    const { revision, oracle } = await this.show();
    const path = `/v1/organisations/${wallet}${below}`;
    const bytes = body === undefined ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify(body));
    const request = { method, path: this.#pathOf(path), body: bytes };
    const header = signChange(request, { timeMs: nowMs(), revision, oracle }, signer, key);
    const headers = { [CHANGE_HEADER]: header, ...(body === undefined ? {} : { "content-type": "application/json" }) };
    return (await this.#ask(method, path, headers, bytes)) as Record<string, unknown>;
  }

  /** The path as it is sent: an oracle may stand below a path of a proxy, which takes it away. */
  #pathOf(path: string): string {
    return new URL(this.url + path).pathname;
  }

  async #ask(method: string, path: string, headers: Record<string, string>, body?: Uint8Array): Promise<unknown> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.url + path, {
        method,
        headers,
        ...(body === undefined || body.length === 0 ? {} : { body: body as Uint8Array<ArrayBuffer> }),
        redirect: "error",
        signal: AbortSignal.timeout(this.#options.timeoutMs),
      });
      text = Buffer.from(await boundedBody(response, MAX_ANSWER_BYTES)).toString("utf8");
    } catch (cause) {
      throw this.#failed(cause instanceof Error ? cause.message : String(cause), cause);
    }
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch (cause) {
      throw this.#failed(`status ${response.status}, and no JSON`, cause);
    }
    if (response.ok) return answer;
    const { code, expected, got } = (answer ?? {}) as {
      readonly code?: unknown;
      readonly expected?: unknown;
      readonly got?: unknown;
    };
    throw oracleError("ORC_REFUSED", `${this.url}: ${code}: expected ${expected}, got ${got}`);
  }

  #failed(why: string, cause: unknown): Error {
    return oracleError("ORC_DOWNLOAD_FAILED", `${this.url}: ${why}`, { cause, retryable: true });
  }
}
