/** Accounts of programs through web3.js: read at once over HTTP, and told of changes over the endpoint's websocket (rpc-socket.ts). */

import { type ConfirmedSignatureInfo, type Connection, PublicKey } from "@solana/web3.js";
import type { AccountBytes, AccountFilter, AccountSource, AccountsAt } from "../registry/account-source.ts";
import { addressOf } from "./address.ts";
import { boundedFetch, endpointName, type RpcEndpoint, rpcCall, rpcConnection } from "./rpc-connection.ts";
import { RpcSocket, websocketUrlOf } from "./rpc-socket.ts";

/** 100,000 hotspots are about 100 MB. */
const MAX_ACCOUNTS_ANSWER_BYTES = 1024 * 1024 * 1024;
/** Accounts looked at before somebody else has a turn; a few ms. */
const ACCOUNTS_IN_ONE_GO = 1000;
/** What one answer lists at most. */
const SIGNATURES_A_PAGE = 1000;
/** A payer burns once an epoch: ten thousand transactions are 27 years of days. */
const MAX_SIGNATURE_PAGES = 10;

export interface RpcAccountsOptions extends Omit<RpcEndpoint, "maxAnswerBytes" | "timeoutMs"> {
  /** Of its websocket; without it where Solana's clients look for it. */
  readonly websocketUrl?: string;
  /** Longest time for an answer with all hotspots, ms; without it that of any other. */
  readonly allTimeoutMs?: number;
  /** Longest time for any other answer, ms: an endpoint that hangs is left after it. */
  readonly timeoutMs: number;
}

export class RpcAccounts implements AccountSource {
  readonly name: string;
  readonly #connection: Connection;
  /** For what may take as long as all hotspots take. */
  readonly #fetchAll: typeof fetch;
  readonly #url: string;
  readonly #socket: RpcSocket;

  constructor({ allTimeoutMs, websocketUrl, ...endpoint }: RpcAccountsOptions) {
    this.name = endpointName(endpoint.url);
    const limits = { ...endpoint, maxAnswerBytes: MAX_ACCOUNTS_ANSWER_BYTES };
    this.#connection = rpcConnection(limits);
    this.#socket = new RpcSocket(websocketUrl ?? websocketUrlOf(endpoint.url));
    this.#fetchAll = boundedFetch(allTimeoutMs ?? endpoint.timeoutMs, MAX_ACCOUNTS_ANSWER_BYTES);
    this.#url = endpoint.url;
  }

  account(address: Uint8Array) {
    return rpcCall(this.name, "getAccountInfo", async () => {
      const { context, value } = await this.#connection.getAccountInfoAndContext(new PublicKey(address), "finalized");
      if (value === null) return undefined;
      return { slot: context.slot, data: Uint8Array.from(value.data), owner: value.owner.toBytes() };
    });
  }

  wasUsed(address: Uint8Array, fromS: number, beforeS: number): Promise<boolean> {
    return rpcCall(this.name, "getSignaturesForAddress", async () => {
      let oldest: ConfirmedSignatureInfo | undefined;
      for (let page = 0; page < MAX_SIGNATURE_PAGES; page++) {
        const before = oldest === undefined ? {} : { before: oldest.signature };
        const newestFirst = await this.#connection.getSignaturesForAddress(new PublicKey(address), before, "finalized");
        if (newestFirst.some(({ blockTime }) => isTime(blockTime) && blockTime >= fromS && blockTime < beforeS))
          return true;
        oldest = newestFirst.at(-1);
        if (newestFirst.length < SIGNATURES_A_PAGE || (oldest?.blockTime ?? fromS) < fromS) return false;
      }
      throw new Error(`more than ${MAX_SIGNATURE_PAGES * SIGNATURES_A_PAGE} transactions`);
    });
  }

  /**
   * Read without web3.js, which looks at 100,000 accounts for seconds in one go; here nothing else waits for longer than it takes to read the
   * text as JSON.
   */
  programAccounts(program: Uint8Array, filters: readonly AccountFilter[]): Promise<AccountsAt> {
    return rpcCall(this.name, "getProgramAccounts", async () => {
      const options = { commitment: "finalized", encoding: "base64", withContext: true, filters: filters.map(memcmp) };
      const params = [new PublicKey(program).toBase58(), options];
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getProgramAccounts", params });
      const headers = { "content-type": "application/json" };
      const answer = await this.#fetchAll(this.#url, { method: "POST", headers, body });
      const { result, error } = JSON.parse(await answer.text()) as Partial<ListedAnswer>;
      if (result === undefined) throw new Error(error?.message ?? `status ${answer.status}`);
      if (!Number.isSafeInteger(result.context.slot)) throw new Error("a slot expected");
      const accounts: AccountBytes[] = [];
      for (const one of result.value) {
        accounts.push(accountBytes(one));
        if (accounts.length % ACCOUNTS_IN_ONE_GO === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return { slot: result.context.slot, accounts };
    });
  }

  onProgramAccount(
    program: Uint8Array,
    filters: readonly AccountFilter[],
    tell: Parameters<AccountSource["onProgramAccount"]>[2],
  ): () => void {
    const options = { commitment: "finalized", encoding: "base64", filters: filters.map(memcmp) };
    return this.#socket.subscribe("programSubscribe", [new PublicKey(program).toBase58(), options], (result) => {
      const { context, value } = result as ToldAccount;
      if (!Number.isSafeInteger(context.slot)) return;
      tell(accountBytes(value), context.slot);
    });
  }

  onSlot(tell: () => void): () => void {
    return this.#socket.subscribe("slotSubscribe", [], () => tell());
  }
}

/** As an endpoint should tell of an account. */
interface Listed {
  readonly pubkey: string;
  readonly account: { readonly data: readonly [string, string] };
}
interface ToldAccount {
  readonly context: { readonly slot: number };
  readonly value: Listed;
}
interface ListedAnswer {
  readonly result: { readonly context: { readonly slot: number }; readonly value: readonly Listed[] };
  readonly error: { readonly message?: string };
}

/** Throws where it is of another form. */
function accountBytes({ pubkey, account }: Listed): AccountBytes {
  const [base64, encoding] = account.data;
  if (encoding !== "base64") throw new Error("bytes in base64 expected");
  return { address: addressOf(pubkey), data: new Uint8Array(Buffer.from(base64, "base64")) };
}

function isTime(blockTime: number | null | undefined): blockTime is number {
  return typeof blockTime === "number";
}

function memcmp({ offset, bytes }: AccountFilter) {
  return { memcmp: { offset, bytes: Buffer.from(bytes).toString("base64"), encoding: "base64" as const } };
}
