/** The way of a signed change from its bytes to its answer, the same for everything an organisation has. */
import { type DeviceSigner, keyToText } from "@earshot/poc/protocol";
import { walletFromText } from "../api/owner-request.ts";
import { type BucketRule, TokenBuckets } from "../ingest/token-buckets.ts";
import type { Store, Tx } from "../ports/store.ts";
import type { RegistryBook } from "../registry/registry-book.ts";
import { clientOfRequest, type HttpReply, type HttpRequest, sendError } from "../service/http.ts";
import { type Organisation, type Refusal, type Role, refusal } from "./organisation.ts";
import { changeOrganisation } from "./organisation-table.ts";
import { routeKeysOf } from "./route-keys.ts";
import { CHANGE_HEADER, readSignedChange } from "./signed-change.ts";
import { isWallet } from "./signer.ts";

export interface ChangesOptions {
  readonly store: Store;
  readonly registry: Pick<RegistryBook, "payers">;
  /** Names this oracle in changes. */
  readonly signer: Pick<DeviceSigner, "publicKey">;
  /** Network time, Unix ms. */
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  /** After a change is durable. */
  readonly onChanged: () => Promise<void>;
}

export interface Change<T> {
  /** The least role that may. */
  readonly role: Role;
  /** For the journal. */
  readonly what: string;
  readonly isFounding?: boolean;
  /** Looks first, and refuses before it writes. */
  readonly work: (tx: Tx, organisation: Organisation, routeKeys: readonly string[]) => Promise<T | Refusal>;
}

/** Longest name of what is changed that the journal keeps. */
const MAX_WHAT_CHARS = 120;
/** Changes of one organisation, and of one address before a signature is checked. */
const PER_ORGANISATION: BucketRule = { perSecond: 0.5, size: 60 };
const PER_ADDRESS: BucketRule = { perSecond: 2, size: 240 };
const NO_BYTES = new Uint8Array(0);

export class Changes {
  /** The oracle's key as text. */
  readonly oracle: string;
  readonly #options: ChangesOptions;
  readonly #organisations = new TokenBuckets(PER_ORGANISATION);
  readonly #addresses = new TokenBuckets(PER_ADDRESS);

  constructor(options: ChangesOptions) {
    this.#options = options;
    this.oracle = keyToText(options.signer.publicKey);
  }

  /** Forgets limits that have filled up again. */
  sweep(): void {
    const steadyMs = this.#options.steadyMs();
    this.#organisations.sweep(steadyMs);
    this.#addresses.sweep(steadyMs);
  }

  routeKeysOf(wallet: string): readonly string[] {
    const bytes = walletFromText(wallet);
    return bytes === undefined ? [] : routeKeysOf(this.#options.registry, bytes);
  }

  /**
   * Does the change that a request to `/v1/organisations/WALLET…` is signed for. Undefined when it was refused: the refusal is sent. Throws as
   * the store does.
   */
  async make<T>(
    request: HttpRequest,
    reply: HttpReply,
    change: Change<T>,
  ): Promise<{ readonly revision: number; readonly value: T } | undefined> {
    const { store, nowMs, steadyMs, onChanged } = this.#options;
    reply.header("cache-control", "private, no-store");
    const { wallet = "" } = request.params as { readonly wallet?: string };
    const send = ({ code, expected, got }: Refusal, retryAfterMs?: number) => {
      sendError(reply, code, expected, got, { retryAfterMs });
      return undefined;
    };
    if (!isWallet(wallet)) return send(refusal("bad_request", "a wallet in base58", wallet));
    const addressWaitMs = this.#addresses.take(clientOfRequest(request), steadyMs());
    if (addressWaitMs > 0) return send(refusal("overloaded", "fewer changes of this address", "more"), addressWaitMs);
    const asked = { method: request.method, path: request.url, body: bodyBytes(request) };
    const header = String(request.headers[CHANGE_HEADER] ?? "");
    const signed = readSignedChange(header, asked, this.oracle, nowMs());
    if (signed.status === "refused") return send(signed);
    const waitMs = this.#organisations.take(`${wallet} ${signed.signer}`, steadyMs());
    if (waitMs > 0) return send(refusal("overloaded", "fewer changes of this signer", "more"), waitMs);
    const routeKeys = this.routeKeysOf(wallet);
    const { signer, revision } = signed;
    const { role, isFounding = false, work } = change;
    const what = change.what.slice(0, MAX_WHAT_CHARS);
    const changed = await changeOrganisation(
      store,
      { wallet, signer, revision, routeKeys, role, what, nowMs: nowMs() },
      (tx, organisation) => work(tx, organisation, routeKeys),
      isFounding,
    );
    if (changed.status === "refused") return send(changed);
    await onChanged();
    return changed;
  }
}

/** The body as JSON; undefined where there is none or it is no JSON. */
export function jsonBody(request: HttpRequest): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bodyBytes(request)));
  } catch {
    return undefined;
  }
}

function bodyBytes(request: HttpRequest): Uint8Array {
  const { body } = request;
  return body instanceof Uint8Array ? new Uint8Array(body.buffer, body.byteOffset, body.length) : NO_BYTES;
}
