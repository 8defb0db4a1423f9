/**
 * A running local chain: it closes a block every slot, answers RPC texts, serves websockets and saves itself.
 *
 * Sockets and disk are at its edge (`server.ts`, `snapshot-folder.ts`); the clock is an argument.
 */
import { ClientError } from "../errors.ts";
import type { NodeClock } from "./clock.ts";
import type { LocalChain } from "./local-chain.ts";
import { answerText } from "./rpc/json-rpc.ts";
import type { RpcNode } from "./rpc/method.ts";
import { Subscriptions } from "./rpc/subscriptions.ts";
import { loadSnapshot, saveSnapshot } from "./snapshot-folder.ts";

/** A slot of Solana, milliseconds. */
export const SLOT_MS = 400;
/** How long a transaction may be only in memory. */
const SAVE_EVERY_MS = 10_000;
/** The snapshot a node goes on from. */
export const LATEST = "localnet";

export interface NodeOptions {
  readonly chain: LocalChain;
  readonly clock: NodeClock;
  readonly slotMs?: number;
  /** Where snapshots go; without it nothing is saved. */
  readonly folder?: string;
}

export class LocalNode implements RpcNode {
  #chain: LocalChain;
  readonly #clock: NodeClock;
  readonly #folder: string | undefined;
  readonly #sockets = new Set<Subscriptions>();
  readonly #stops: (() => void)[] = [];
  #stopListening: () => void;
  #isDirty = true;

  constructor({ chain, clock, slotMs = SLOT_MS, folder }: NodeOptions) {
    this.#chain = chain;
    this.#clock = clock;
    this.#folder = folder;
    this.#stopListening = this.#listen();
    this.#stops.push(clock.every(slotMs, () => this.#chain.closeBlock(clock.now())));
    if (folder !== undefined) this.#stops.push(clock.every(SAVE_EVERY_MS, () => this.#saveIfDirty()));
  }

  get chain(): LocalChain {
    return this.#chain;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Answers one HTTP body. */
  answer(text: string): string | null {
    return answerText(text, this);
  }

  /** Opens a websocket's subscriptions; `send` gets every text for it. */
  connect(send: (text: string) => void): Subscriptions {
    const subscriptions = new Subscriptions(() => this.#chain, send);
    this.#sockets.add(subscriptions);
    return subscriptions;
  }

  disconnect(subscriptions: Subscriptions): void {
    this.#sockets.delete(subscriptions);
  }

  snapshot(name: string): string {
    return saveSnapshot(this.#folderOrRefuse(), name, this.#chain);
  }

  restore(name: string): void {
    const chain = loadSnapshot(this.#folderOrRefuse(), name);
    if (chain === null) throw new ClientError("PRG_BAD_SNAPSHOT", `no snapshot ${name}`);
    this.#stopListening();
    this.#chain = chain;
    this.#isDirty = true;
    this.#stopListening = this.#listen();
  }

  /** Stops the clock without saving. */
  abandon(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#stopListening();
  }

  /** Stops the clock and saves. */
  stop(): void {
    this.abandon();
    if (this.#folder !== undefined) this.snapshot(LATEST);
  }

  #listen(): () => void {
    return this.#chain.listen({
      onTransaction: (record) => {
        this.#isDirty = true;
        for (const subscriptions of this.#sockets) subscriptions.transactionExecuted(record);
      },
      onBlock: () => {
        for (const subscriptions of this.#sockets) subscriptions.blockClosed();
      },
    });
  }

  #saveIfDirty(): void {
    if (!this.#isDirty) return;
    this.snapshot(LATEST);
    this.#isDirty = false;
  }

  #folderOrRefuse(): string {
    if (this.#folder !== undefined) return this.#folder;
    throw new ClientError("PRG_BAD_OPTION", "this chain has no data folder");
  }
}
