/**
 * The actor that keeps the registry book true: reads all accounts, listens for changes, and reads all again after every gap.
 *
 * What is told over a socket may be lost with the socket. So slots are listened to as well, and when none came for a while everything
 * is read anew, from the next endpoint; and now and then without a reason. Accounts are never closed, so a reading only adds and renews.
 */

import { oracleError } from "../errors.ts";
import { type Clock, sleep } from "../service/clock.ts";
import type { Log } from "../service/log.ts";
import { accountDiscriminator } from "./account-reader.ts";
import type { AccountBytes, AccountFilter, AccountSource } from "./account-source.ts";
import { agreed } from "./agreement.ts";
import { decodeHotspot, HOTSPOT_ACCOUNT, HOTSPOT_NETWORK_OFFSET } from "./hotspot-account.ts";
import {
  decodeNetwork,
  decodeRouter,
  type NetworkAccount,
  ROUTER_ACCOUNT,
  ROUTER_CONFIG_OFFSET,
} from "./network-account.ts";
import type { RegistryBook } from "./registry-book.ts";
import { type CachedAccount, type CachedKind, readRegistryFile, writeRegistryFile } from "./registry-file.ts";

/** How long no slot may be told before the socket counts as dead, ms: 37 slots. */
const SILENCE_MS = 15_000;
/** How long the first slot is waited for before everything is read, ms. */
const LISTEN_MS = 5000;
/** How often the silence is looked for, ms. */
const LOOK_MS = 1000;
const BACKOFF_MS = { first: 500, cap: 30_000 } as const;

export interface RegistryWatchOptions {
  /** One or more; the next is taken when one fails. */
  readonly sources: readonly AccountSource[];
  /** Address of the network's account, 32 bytes. */
  readonly network: Uint8Array;
  /** Endpoints that must have the network's account alike: it holds the rules' hash. Without it that of the endpoint that is followed counts. */
  readonly quorum?: number;
  readonly book: RegistryBook;
  /** Path of the cache. */
  readonly file: string;
  /** Everything is read anew this often, ms. */
  readonly resyncMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export class RegistryWatch {
  readonly #options: RegistryWatchOptions;
  /** The bytes of every account by kind and address, for the cache on disk. */
  readonly #accounts = new Map<string, CachedAccount>();
  #network: NetworkAccount | undefined;
  #lastReadMs: number | undefined;
  #readSlot = -1;
  #mustRead = false;
  #lastToldMs = 0;
  #hasChanged = false;
  readonly #ready = Promise.withResolvers<NetworkAccount>();

  constructor(options: RegistryWatchOptions) {
    this.#options = options;
  }

  /** The network's account once it is known, from the cache or the chain. */
  get network(): Promise<NetworkAccount> {
    return this.#ready.promise;
  }

  /** Ms since everything was last read or a change could be heard of; undefined while the chain was never read. */
  get ageMs(): number | undefined {
    if (this.#lastReadMs === undefined) return undefined;
    return this.#options.clock.steadyMs() - Math.max(this.#lastReadMs, this.#lastToldMs);
  }

  /** The network's account as it was last read; undefined before that. */
  get lastNetwork(): NetworkAccount | undefined {
    return this.#network;
  }

  /** Slot up to which everything final is known; −1 while the chain was never read. Changes after it may be known as well. */
  get readSlot(): number {
    return this.#readSlot;
  }

  /** Has everything read anew, within a second or so. */
  readAnew(): void {
    this.#mustRead = true;
  }

  /** Takes what the cache on disk holds. */
  loadCache(): void {
    const { file, network, log } = this.#options;
    try {
      for (const account of readRegistryFile(file, network) ?? []) this.#take(account.kind, account.slot, account.data);
    } catch (error) {
      log.warn("the cache of the registry is of another version and not used", { error: String(error) });
    }
    this.#hasChanged = false;
  }

  /** Runs until `stop`. */
  async run(stop: AbortSignal): Promise<void> {
    const { sources, clock, log } = this.#options;
    let waitMs: number = BACKOFF_MS.first;
    for (let turn = 0; !stop.aborted; turn++) {
      const source = sources[turn % sources.length]!;
      try {
        await this.#follow(source, stop);
        waitMs = BACKOFF_MS.first;
      } catch (error) {
        log.complain(`registry ${source.name}`, "the registry cannot be read", { error: String(error) });
        await sleep(clock, waitMs, stop);
        waitMs = Math.min(2 * waitMs, BACKOFF_MS.cap);
      }
    }
    this.#save();
  }

  /** Reads everything from a source and listens to it; comes back when it falls silent. */
  async #follow(source: AccountSource, stop: AbortSignal): Promise<void> {
    const { network: address, clock, log, resyncMs } = this.#options;
    const account = await this.#networkAccount(source);
    if (account === undefined) throw oracleError("ORC_BAD_ACCOUNT", `${source.name}: no network at its address`);
    const network = this.#takeNetwork(account.slot, account.data);
    const dcConfig = await source.account(network.dcConfig);
    const groups: { kind: CachedKind; program: Uint8Array; filters: readonly AccountFilter[] }[] = [
      { kind: "hotspot", program: account.owner, filters: filtersOf(HOTSPOT_ACCOUNT, HOTSPOT_NETWORK_OFFSET, address) },
    ];
    if (dcConfig !== undefined) {
      const filters = filtersOf(ROUTER_ACCOUNT, ROUTER_CONFIG_OFFSET, network.dcConfig);
      groups.push({ kind: "payer", program: dcConfig.owner, filters });
    }
    // Listening begins before reading, so that nothing falls between them.
    const endings = groups.map(({ kind, program, filters }) =>
      source.onProgramAccount(program, filters, (told, slot) => this.#takeTold(kind, slot, told)),
    );
    let lastSlotMs = clock.steadyMs();
    const listening = new AbortController();
    endings.push(
      source.onSlot(() => {
        listening.abort();
        lastSlotMs = clock.steadyMs();
        this.#lastToldMs = lastSlotMs;
      }),
    );
    try {
      // A subscription holds when the socket answers, and slots are asked for last: the first one says that the others hold.
      await sleep(clock, LISTEN_MS, AbortSignal.any([stop, listening.signal]));
      while (!stop.aborted) {
        this.#mustRead = false;
        const again = await this.#networkAccount(source);
        if (again !== undefined) this.#takeNetwork(again.slot, again.data);
        let readSlot = Number.POSITIVE_INFINITY;
        for (const { kind, program, filters } of groups) {
          const { slot, accounts } = await source.programAccounts(program, filters);
          readSlot = Math.min(readSlot, slot);
          for (const one of accounts) this.#takeTold(kind, slot, one);
        }
        // An endpoint that lags knows less than the one before it did.
        this.#readSlot = Math.max(this.#readSlot, readSlot);
        this.#lastReadMs = clock.steadyMs();
        this.#save();
        const dueMs = this.#lastReadMs + resyncMs;
        while (!stop.aborted && !this.#mustRead && clock.steadyMs() < dueMs) {
          if (clock.steadyMs() - lastSlotMs > SILENCE_MS) {
            log.warn("an endpoint tells of no changes; the registry is read anew", { endpoint: source.name });
            return;
          }
          await sleep(clock, LOOK_MS, stop);
        }
      }
    } finally {
      for (const end of endings) end();
    }
  }

  #networkAccount(source: AccountSource): ReturnType<AccountSource["account"]> {
    const { sources, network, quorum } = this.#options;
    if (quorum === undefined) return source.account(network);
    const asked = sources.map((one) => one.account(network));
    return agreed("the network's account", asked, quorum, (found) => found?.data.toHex() ?? "");
  }

  /** Takes an account that is not needed for anything else to go on: a bad one is complained of. */
  #takeTold(kind: CachedKind, slot: number, { address, data }: AccountBytes): void {
    try {
      this.#take(kind, slot, data, address);
    } catch (error) {
      this.#options.log.complain("account", "an account on chain cannot be read", { kind, error: String(error) });
    }
  }

  #take(kind: CachedKind, slot: number, data: Uint8Array, address?: Uint8Array): void {
    const { book, network } = this.#options;
    if (kind === "network") {
      this.#takeNetwork(slot, data);
    } else if (kind === "hotspot") {
      const hotspot = { ...decodeHotspot(data), ...(address && { address }) };
      if (Buffer.compare(hotspot.network, network) !== 0) return;
      if (book.putHotspot(hotspot, slot)) this.#remember(kind, hotspot.deviceKey, slot, data);
    } else {
      const payer = { ...decodeRouter(data), ...(address && { address }) };
      if (this.#network === undefined || Buffer.compare(payer.dcConfig, this.#network.dcConfig) !== 0) return;
      if (book.putPayer(payer, slot)) this.#remember(kind, payer.key, slot, data);
    }
  }

  #takeNetwork(slot: number, data: Uint8Array): NetworkAccount {
    this.#network = decodeNetwork(data);
    this.#remember("network", new Uint8Array(0), slot, data);
    this.#ready.resolve(this.#network);
    return this.#network;
  }

  #remember(kind: CachedKind, key: Uint8Array, slot: number, data: Uint8Array): void {
    const name = `${kind} ${key.toHex()}`;
    const known = this.#accounts.get(name);
    if (known !== undefined && Buffer.compare(known.data, data) === 0) return;
    this.#accounts.set(name, { kind, slot, data: data.slice() });
    this.#hasChanged = true;
  }

  #save(): void {
    const { file, network, log } = this.#options;
    if (!this.#hasChanged) return;
    try {
      // The network comes first: what the others belong to is read from it.
      writeRegistryFile(file, network, [...this.#accounts.values()].sort(byKind));
      this.#hasChanged = false;
    } catch (error) {
      log.complain("registry file", "the registry cannot be kept on disk", { error: String(error) });
    }
  }
}

function byKind(a: CachedAccount, b: CachedAccount): number {
  return Number(b.kind === "network") - Number(a.kind === "network");
}

function filtersOf(account: string, offset: number, owner: Uint8Array): readonly AccountFilter[] {
  return [
    { offset: 0, bytes: accountDiscriminator(account) },
    { offset, bytes: owner },
  ];
}
