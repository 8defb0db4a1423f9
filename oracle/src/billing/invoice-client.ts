/** A payer's own invoices from an oracle: requests signed by its wallet, answers held against the bill's hash. */
import { base58Text, canonicalJsonBytes, type DeviceSigner, sha256, signRequest } from "@earshot/poc/protocol";
import { OWNER_REQUEST_HEADER } from "../api/owner-request.ts";
import { oracleError } from "../errors.ts";
import { boundedBody } from "../service/bounded-body.ts";
import type { Bill } from "./bill.ts";
import type { invoiceJson } from "./invoices.ts";

export type InvoiceAnswer = ReturnType<typeof invoiceJson>;
export type InvoiceSummary = Omit<InvoiceAnswer, "bill" | "burns">;

export interface InvoiceClientOptions {
  /** `https://…` of the oracle. */
  readonly url: string;
  /** Of the payer's wallet: Ed25519. */
  readonly signer: DeviceSigner;
  readonly nowMs: () => number;
  /** Longest time for an answer, ms. */
  readonly timeoutMs: number;
}

/** A bill of an epoch has a line for each device and cell. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export class InvoiceClient {
  readonly payer: string;
  readonly #options: InvoiceClientOptions;

  constructor(options: InvoiceClientOptions) {
    this.#options = options;
    this.payer = base58Text(options.signer.publicKey.subarray(1));
  }

  /** All invoices, latest epoch first, without their lines. Throws ORC_DOWNLOAD_FAILED, as all do. */
  async list(): Promise<readonly InvoiceSummary[]> {
    const invoices: InvoiceSummary[] = [];
    for (let before: number | null | undefined; before !== null; ) {
      const query: string = before === undefined ? "" : `?before=${before}`;
      const page = (await this.#json(`/v1/payers/${this.payer}/invoices${query}`)) as {
        readonly invoices?: readonly InvoiceSummary[];
        readonly next?: number | null;
      };
      if (!Array.isArray(page.invoices)) throw this.#failed("no list of invoices");
      invoices.push(...page.invoices);
      const next = page.next ?? null;
      if (next !== null && !(next < (before ?? Number.POSITIVE_INFINITY)))
        throw this.#failed("pages that do not go on");
      before = next;
    }
    return invoices;
  }

  /** The invoice of an epoch, whose bill has the hash it says. */
  async invoice(epoch: number): Promise<InvoiceAnswer> {
    const invoice = (await this.#json(`/v1/payers/${this.payer}/invoices/${epoch}`)) as InvoiceAnswer;
    const hash = Buffer.from(sha256(canonicalJsonBytes(invoice.bill as Bill))).toString("hex");
    if (hash !== invoice.billHash) throw this.#failed(`epoch ${epoch}: a bill that has not the hash it says`);
    return invoice;
  }

  /** The same as CSV. */
  async csv(epoch: number): Promise<string> {
    return new TextDecoder().decode(await this.#get(`/v1/payers/${this.payer}/invoices/${epoch}.csv`));
  }

  async #json(path: string): Promise<unknown> {
    try {
      return JSON.parse(new TextDecoder().decode(await this.#get(path)));
    } catch (cause) {
      if (cause instanceof SyntaxError) throw this.#failed("an answer that is no JSON");
      throw cause;
    }
  }

  async #get(path: string): Promise<Uint8Array> {
    const { url, signer, nowMs, timeoutMs } = this.#options;
    const address = new URL(url.replace(/\/+$/, "") + path);
    const signed = signRequest("owner", "GET", address.pathname + address.search, nowMs(), signer);
    let response: Response;
    try {
      response = await fetch(address, {
        headers: { [OWNER_REQUEST_HEADER]: `${this.payer} ${signed}` },
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      throw this.#failed(cause instanceof Error ? cause.message : String(cause), cause);
    }
    const bytes = await boundedBody(response, MAX_ANSWER_BYTES).catch((cause: unknown) => {
      throw cause instanceof RangeError ? oracleError("ORC_DOWNLOAD_FAILED", cause.message) : cause;
    });
    if (response.ok) return bytes;
    throw this.#failed(`status ${response.status}: ${new TextDecoder().decode(bytes.subarray(0, 300))}`);
  }

  #failed(why: string, cause?: unknown): Error {
    return oracleError("ORC_DOWNLOAD_FAILED", `${this.#options.url}: ${why}`, { cause, retryable: true });
  }
}
