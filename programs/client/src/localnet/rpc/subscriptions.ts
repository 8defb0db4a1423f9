/**
 * The subscriptions of one websocket: requests in, notifications out, by the changes of the chain.
 *
 * `processed` is told at once, `confirmed` and `finalized` when a closed block reaches that depth. A signature subscription ends with
 * its notification. Pure: `send` is the only way out.
 */
import { isSameImage } from "../account-history.ts";
import type { Commitment, LocalChain } from "../local-chain.ts";
import type { AccountImage } from "../svm.ts";
import type { TransactionRecord } from "../transaction-store.ts";
import { decimalsAt } from "./account-methods.ts";
import { accountView, filtersOf, viewOptionsOf } from "./account-view.ts";
import { answerWith, type Request, toJson } from "./json-rpc.ts";
import { addressOf, commitmentOf, inContext, isObject, type Params } from "./params.ts";
import { invalidParams, RpcError } from "./rpc-error.ts";

/** Subscriptions of one connection. */
const MAX_SUBSCRIPTIONS = 1000;

interface Subscription {
  readonly kind: string;
  readonly commitment: Commitment;
  /** A block reached the commitment, or for `processed` a transaction changed these addresses at this height. */
  onChanges?(height: number, addresses: readonly string[]): void;
  onTransaction?(record: TransactionRecord): void;
  /** A slot opened. */
  onSlot?(): void;
}

export class Subscriptions {
  readonly #current: () => LocalChain;
  readonly #send: (text: string) => void;
  readonly #active = new Map<number, Subscription>();
  #nextId = 1;
  /** Notifications that must follow the answer to the request that caused them. */
  #deferred: (() => void)[] = [];

  /** `current` gives the chain: a restore replaces it. */
  constructor(current: () => LocalChain, send: (text: string) => void) {
    this.#current = current;
    this.#send = send;
  }

  get #chain(): LocalChain {
    return this.#current();
  }

  get count(): number {
    return this.#active.size;
  }

  /** Answers a text of the client. */
  receive(text: string): void {
    const answer = answerWith(text, (request) => this.#handle(request));
    if (answer !== null) this.#send(answer);
    for (const notify of this.#deferred.splice(0)) notify();
  }

  /** After a transaction executed. */
  transactionExecuted(record: TransactionRecord): void {
    for (const subscription of [...this.#active.values()]) {
      if (subscription.commitment !== "processed") continue;
      subscription.onTransaction?.(record);
      subscription.onChanges?.(record.height, record.changed);
    }
  }

  /** After a block was closed. */
  blockClosed(): void {
    for (const subscription of [...this.#active.values()]) {
      subscription.onSlot?.();
      if (subscription.commitment === "processed") continue;
      const height = this.#chain.heightAt(subscription.commitment);
      for (const signature of this.#chain.blocks.atHeight(height)?.signatures ?? [])
        subscription.onTransaction?.(this.#chain.transaction(signature)!);
      subscription.onChanges?.(height, this.#chain.changedIn(height));
    }
  }

  #handle({ method, params }: Request): unknown {
    switch (method) {
      case "accountSubscribe":
        return this.#accountSubscribe(params);
      case "programSubscribe":
        return this.#programSubscribe(params);
      case "signatureSubscribe":
        return this.#signatureSubscribe(params);
      case "logsSubscribe":
        return this.#logsSubscribe(params);
      case "slotSubscribe":
        return this.#slotSubscribe();
      case "rootSubscribe":
        return this.#rootSubscribe();
      default:
        if (/^(account|program|signature|logs|slot|root)Unsubscribe$/.test(method))
          return this.#unsubscribe(method, params);
        throw new RpcError("methodNotFound", "Method not found");
    }
  }

  #unsubscribe(method: string, params: Params): boolean {
    const id = params.whole(0);
    if (this.#active.get(id)?.kind !== method.slice(0, -"Unsubscribe".length))
      throw invalidParams("Invalid subscription id.");
    return this.#active.delete(id);
  }

  #accountSubscribe(params: Params): number {
    const address = params.address(0);
    const config = params.config(1);
    const options = viewOptionsOf(config);
    const commitment = commitmentOf(config.commitment);
    let last: AccountImage | null = this.#chain.account(address, commitment);
    return this.#add("account", commitment, (notify) => ({
      onChanges: (height, addresses) => {
        if (!addresses.includes(address)) return;
        const image = this.#chain.accountAfter(height, address);
        if (isSameImage(image, last)) return;
        last = image;
        notify(this.#inContextOf(height, accountView(image ?? EMPTY, options, decimalsAt(this.#chain, commitment))));
      },
    }));
  }

  #programSubscribe(params: Params): number {
    const program = params.address(0);
    const config = params.config(1);
    const options = viewOptionsOf(config);
    const filters = filtersOf(config.filters);
    const commitment = commitmentOf(config.commitment);
    return this.#add("program", commitment, (notify) => ({
      onChanges: (height, addresses) => {
        for (const pubkey of addresses) {
          const image = this.#chain.accountAfter(height, pubkey);
          if (image?.owner !== program || !filters.every((passes) => passes(image))) continue;
          const account = accountView(image, options, decimalsAt(this.#chain, commitment));
          notify(this.#inContextOf(height, { pubkey, account }));
        }
      },
    }));
  }

  #signatureSubscribe(params: Params): number {
    const signature = params.signature(0);
    const config = params.config(1);
    const commitment = commitmentOf(config.commitment);
    const id = this.#add("signature", commitment, (notify, id) => ({
      onTransaction: (record) => {
        if (record.transaction.signatures[0] !== signature || !this.#active.delete(id)) return;
        notify(this.#inContextOf(record.height, { err: record.outcome.error }));
      },
    }));
    const record = this.#chain.transaction(signature);
    if (record !== undefined && record.height <= this.#chain.heightAt(commitment))
      this.#deferred.push(() => this.#active.get(id)?.onTransaction?.(record));
    return id;
  }

  #logsSubscribe(params: Params): number {
    const mentions = mentionsOf(params.at(0));
    return this.#add("logs", commitmentOf(params.config(1).commitment), (notify) => ({
      onTransaction: ({ transaction, keys, height, outcome }) => {
        if (mentions !== null && !keys.includes(mentions)) return;
        notify(
          this.#inContextOf(height, { signature: transaction.signatures[0], err: outcome.error, logs: outcome.logs }),
        );
      },
    }));
  }

  #slotSubscribe(): number {
    return this.#add("slot", "processed", (notify) => ({
      onSlot: () => {
        const { slot, parentSlot } = this.#chain.blocks.open;
        notify({ slot, parent: parentSlot, root: this.#chain.slotAt("finalized") });
      },
    }));
  }

  #rootSubscribe(): number {
    return this.#add("root", "processed", (notify) => ({ onSlot: () => notify(this.#chain.slotAt("finalized")) }));
  }

  #add(
    kind: string,
    commitment: Commitment,
    handlers: (notify: (result: unknown) => void, id: number) => Omit<Subscription, "kind" | "commitment">,
  ): number {
    if (this.#active.size >= MAX_SUBSCRIPTIONS)
      throw new RpcError("internalError", `more than ${MAX_SUBSCRIPTIONS} subscriptions on one connection`);
    const id = this.#nextId++;
    const notify = (result: unknown) =>
      this.#send(toJson({ jsonrpc: "2.0", method: `${kind}Notification`, params: { result, subscription: id } }));
    this.#active.set(id, { kind, commitment, ...handlers(notify, id) });
    return id;
  }

  #inContextOf(height: number, value: unknown): unknown {
    return inContext((this.#chain.blocks.atHeight(height) ?? this.#chain.blocks.open).slot, value);
  }
}

/** How Solana shows an account that is gone. */
const EMPTY: AccountImage = {
  lamports: 0n,
  owner: "11111111111111111111111111111111",
  data: new Uint8Array(0),
  executable: false,
  rentEpoch: 0n,
};

function mentionsOf(filter: unknown): string | null {
  if (filter === "all" || filter === "allWithVotes") return null;
  const mentions = isObject(filter) ? filter.mentions : undefined;
  if (!Array.isArray(mentions) || mentions.length !== 1)
    throw invalidParams("Invalid Request: Only 1 address supported");
  return addressOf(mentions[0]);
}
