/**
 * Who may see what is a payer's: its wallet, its route keys and members of its organisation by a signed request, programs by an API key.
 *
 * A key is looked up only after its address has a token left, and used only as often as a key may be.
 */
import { requestProblem } from "@earshot/poc/protocol";
import { OWNER_REQUEST_HEADER } from "../api/owner-request.ts";
import type { AccessRefusal, PayerAccess } from "../api/payer-access.ts";
import { TokenBuckets } from "../ingest/token-buckets.ts";
import type { Db } from "../ports/store.ts";
import { clientOfRequest, type HttpRequest } from "../service/http.ts";
import { apiKeyHash, bearerOf } from "./api-key.ts";
import { type Role, roleOf } from "./organisation.ts";
import { organisationOf, walletOfApiKey } from "./organisation-table.ts";
import { signerKey } from "./signer.ts";

export interface PayerReadersOptions {
  readonly store: Db;
  /** Route keys of a wallet (base58). */
  readonly routeKeysOf: (wallet: string) => readonly string[];
  /** Network time, Unix ms. */
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
}

/** Requests of one API key, and tries of one address: a page of usage a second, and a script that fetches a year. */
const PER_KEY = { perSecond: 5, size: 400 };
const PER_ADDRESS = { perSecond: 20, size: 800 };

export type Reading =
  | { readonly status: "may"; readonly role: Role }
  | ({ readonly status: "refused" } & AccessRefusal);

export class PayerReaders {
  readonly #options: PayerReadersOptions;
  readonly #keys = new TokenBuckets(PER_KEY);
  readonly #addresses = new TokenBuckets(PER_ADDRESS);

  constructor(options: PayerReadersOptions) {
    this.#options = options;
  }

  /** For routes that tell one payer's figures. */
  get access(): PayerAccess {
    return async (request, wallet) => {
      const reading = await this.read(request, wallet);
      return reading.status === "may" ? undefined : reading;
    };
  }

  /** What the sender of a request is to the organisation of a wallet. Throws as the store does. */
  async read(request: HttpRequest, wallet: string): Promise<Reading> {
    const bearer = bearerOf(request.headers.authorization);
    return bearer === undefined ? this.#signed(request, wallet) : this.#keyed(bearer, request, wallet);
  }

  /** Forgets limits that have filled up again. */
  sweep(): void {
    const steadyMs = this.#options.steadyMs();
    this.#keys.sweep(steadyMs);
    this.#addresses.sweep(steadyMs);
  }

  async #keyed(bearer: string, request: HttpRequest, wallet: string): Promise<Reading> {
    const { store, nowMs, steadyMs } = this.#options;
    const waitMs = this.#addresses.take(clientOfRequest(request), steadyMs());
    if (waitMs > 0) return tooMany("fewer requests of this address", waitMs);
    const hash = apiKeyHash(bearer);
    const holder = hash === undefined ? undefined : await walletOfApiKey(store, hash, nowMs());
    if (hash === undefined || holder !== wallet) return refused("unknown_key", "an API key of this payer", "another");
    const keyWaitMs = this.#keys.take(hash.toHex(), steadyMs());
    return keyWaitMs > 0 ? tooMany("fewer requests of this API key", keyWaitMs) : { status: "may", role: "viewer" };
  }

  async #signed(request: HttpRequest, wallet: string): Promise<Reading> {
    const { store, routeKeysOf, nowMs } = this.#options;
    const header = String(request.headers[OWNER_REQUEST_HEADER] ?? "");
    const [signer = "", ...signed] = header.split(" ");
    const key = signerKey(signer);
    if (key === undefined) {
      return refused(
        "bad_request",
        `${OWNER_REQUEST_HEADER}: WALLET TIME SIGNATURE`,
        header === "" ? "none" : "another",
      );
    }
    const problem = requestProblem(signed.join(" "), "owner", request.method, request.url, nowMs(), key);
    if (problem !== undefined) return refused("bad_request", problem, "another");
    const role = signer === wallet ? "owner" : roleOf(await organisationOf(store, wallet), routeKeysOf(wallet), signer);
    return role === undefined
      ? refused("unknown_key", "a signature of the payer or of a member of its organisation", signer)
      : { status: "may", role };
  }
}

function refused(code: AccessRefusal["code"], expected: string, got: string): Reading {
  return { status: "refused", code, expected, got };
}

function tooMany(expected: string, retryAfterMs: number): Reading {
  return { status: "refused", code: "overloaded", expected, got: "more", retryAfterMs };
}
