/** Accounts of programs through web3.js: read at once over HTTP, and told of changes over the endpoint's websocket (rpc-socket.ts). */
import { type ConfirmedSignatureInfo, type Connection, PublicKey } from "@solana/web3.js";
import type { AccountFilter, AccountSource, AccountsAt } from "../registry/account-source.ts";
import { endpointName, type RpcEndpoint, rpcCall, rpcConnection } from "./rpc-connection.ts";
import { RpcSocket, websocketUrlOf } from "./rpc-socket.ts";

/** 100,000 hotspots are about 100 MB. */
const MAX_ACCOUNTS_ANSWER_BYTES = 1024 * 1024 * 1024;
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
  readonly #patient: Connection;
  readonly #socket: RpcSocket;

  constructor({ allTimeoutMs, websocketUrl, ...endpoint }: RpcAccountsOptions) {
    this.name = endpointName(endpoint.url);
    const limits = { ...endpoint, maxAnswerBytes: MAX_ACCOUNTS_ANSWER_BYTES };
    this.#connection = rpcConnection(limits);
    this.#socket = new RpcSocket(websocketUrl ?? websocketUrlOf(endpoint.url));
    this.#patient = rpcConnection({ ...limits, timeoutMs: allTimeoutMs ?? endpoint.timeoutMs });
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

  programAccounts(program: Uint8Array, filters: readonly AccountFilter[]): Promise<AccountsAt> {
    return rpcCall(this.name, "getProgramAccounts", async () => {
      const { context, value } = await this.#patient.getProgramAccounts(new PublicKey(program), {
        commitment: "finalized",
        withContext: true,
        filters: filters.map(memcmp),
      });
      return {
        slot: context.slot,
        accounts: value.map(({ pubkey, account }) => ({ address: pubkey.toBytes(), data: account.data })),
      };
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
      const data = Uint8Array.from(Buffer.from(value.account.data[0], "base64"));
      tell({ address: new PublicKey(value.pubkey).toBytes(), data }, context.slot);
    });
  }

  onSlot(tell: () => void): () => void {
    return this.#socket.subscribe("slotSubscribe", [], () => tell());
  }
}

/** As an endpoint should tell it. */
interface ToldAccount {
  readonly context: { readonly slot: number };
  readonly value: { readonly pubkey: string; readonly account: { readonly data: readonly [string, string] } };
}

function isTime(blockTime: number | null | undefined): blockTime is number {
  return typeof blockTime === "number";
}

function memcmp({ offset, bytes }: AccountFilter) {
  return { memcmp: { offset, bytes: Buffer.from(bytes).toString("base64"), encoding: "base64" as const } };
}
