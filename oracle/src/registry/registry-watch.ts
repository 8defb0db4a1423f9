/**
 * The actor that keeps the registry book true: reads all accounts as enough endpoints have them, listens for changes, and reads all again
 * after a gap and now and then without a reason. Accounts are never closed, so a reading only adds and renews.
 *
 * Every endpoint is listened to. What one tells is only word that an account may have changed: the account is then asked of all, and what
 * enough of them say is taken (agreed-registry.ts). So an endpoint that lies, hides, lags or hangs neither lets anybody in nor keeps
 * anybody out. What is told over a socket may be lost with the socket: so slots are listened to as well, and when none came for a while the
 * endpoint is listened to anew, and everything is read once it is heard again.
 */

import { type Clock, sleep, whenAborted } from "../service/clock.ts";
import type { Log } from "../service/log.ts";
import type { AccountBytes, AccountSource } from "./account-source.ts";
import { type AccountGroup, AgreedRegistry, type RegistryPlaces } from "./agreed-registry.ts";
import type { Quorum } from "./agreement.ts";
import { decodeHotspot } from "./hotspot-account.ts";
import { decodeNetwork, decodeRouter, type NetworkAccount } from "./network-account.ts";
import type { RegistryBook } from "./registry-book.ts";
import { type CachedAccount, type CachedKind, readRegistryFile, writeRegistryFile } from "./registry-file.ts";

/** How long no slot may be told before a socket counts as dead, ms: 37 slots. */
const SILENCE_MS = 15_000;
/** How long the first slots are waited for before everything is read, ms. */
const LISTEN_MS = 5000;
/** How often silence and what was told are looked at, ms. */
const LOOK_MS = 1000;
const BACKOFF_MS = { first: 500, cap: 30_000 } as const;
/** What one endpoint tells and others do not have after this time is not so, ms: 75 slots. */
const CONFIRM_MS = 30_000;
/** Accounts that one endpoint may have told of and that are not asked for yet: more and everything is read. */
const MAX_TOLD = 1000;
/** Accounts of one endpoint that are asked for in a look. */
const ASKED_A_LOOK = 64;
/** New accounts looked at before somebody else has a turn; some ms. */
const TAKEN_IN_ONE_GO = 500;
/** Everything is not read more often than this because too much was told, ms. */
const FLOOD_READ_MS = 60_000;

export interface RegistryWatchOptions {
  readonly sources: readonly AccountSource[];
  /** Address of the network's account, 32 bytes. */
  readonly network: Uint8Array;
  readonly quorum: Quorum;
  readonly book: RegistryBook;
  /** Path of the cache. */
  readonly file: string;
  /** Everything is read anew this often, ms. */
  readonly resyncMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Word of an account that may have changed. */
interface Told {
  readonly kind: "hotspot" | "payer";
  readonly group: AccountGroup;
  readonly account: AccountBytes;
  readonly sinceMs: number;
}

export class RegistryWatch {
  readonly #options: RegistryWatchOptions;
  readonly #agreed: AgreedRegistry;
  /** The bytes of every account by kind and address, for the cache on disk. */
  readonly #accounts = new Map<string, CachedAccount>();
  /** What was last taken of the chain, by address: most of a reading is as it was. */
  readonly #read = new Map<string, { readonly slot: number; readonly data: Uint8Array }>();
  /** What each endpoint told of and nobody has looked at, by address. */
  readonly #told = new Map<AccountSource, Map<string, Told>>();
  /** When each endpoint last told of a slot, ms. */
  readonly #heardMs = new Map<AccountSource, number>();
  readonly #places = Promise.withResolvers<RegistryPlaces>();
  readonly #ready = Promise.withResolvers<NetworkAccount>();
  #network: NetworkAccount | undefined;
  #lastReadMs: number | undefined;
  #readSlot = -1;
  /** The latest slot of anything that was read: endpoints before it lag. */
  #slot = 0;
  #mustRead = false;
  #isFlooded = false;
  #hasChanged = false;

  constructor(options: RegistryWatchOptions) {
    this.#options = options;
    const { sources, network, quorum, clock } = options;
    this.#agreed = new AgreedRegistry({ sources, network, quorum, steadyMs: () => clock.steadyMs() });
    for (const source of sources) this.#told.set(source, new Map());
  }

  /** The network's account once it is known, from the cache or the chain. */
  get network(): Promise<NetworkAccount> {
    return this.#ready.promise;
  }

  /** Ms since everything was last read or changes could be heard of at enough endpoints; undefined while the chain was never read. */
  get ageMs(): number | undefined {
    if (this.#lastReadMs === undefined) return undefined;
    const { quorum, clock } = this.#options;
    const newestFirst = [...this.#heardMs.values()].sort((a, b) => b - a);
    return clock.steadyMs() - Math.max(this.#lastReadMs, newestFirst[quorum.count - 1] ?? 0);
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
    const listening = sources.map((source) => this.#listen(source, stop));
    let waitMs: number = BACKOFF_MS.first;
    while (!stop.aborted) {
      try {
        await this.#readAll(stop);
        waitMs = BACKOFF_MS.first;
        await this.#readTold(stop);
      } catch (error) {
        log.complain("registry", "the registry cannot be read", { error: String(error) });
        await sleep(clock, waitMs, stop);
        waitMs = Math.min(2 * waitMs, BACKOFF_MS.cap);
      }
    }
    await Promise.all(listening);
    this.#save();
  }

  /** Reads everything. */
  async #readAll(stop: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const places = await this.#agreed.places(this.#slot);
    this.#takeNetwork(places.slot, places.data);
    this.#places.resolve(places);
    // Listening begins before reading, so that nothing falls between them.
    if (this.#lastReadMs === undefined) await this.#whenAllHeard(stop);
    this.#mustRead = false;
    this.#isFlooded = false;
    const fromSlot = this.#slot;
    let readSlot = places.slot;
    for (const kind of ["hotspot", "payer"] as const) {
      const { slot, accounts } = await this.#agreed.all(kind === "hotspot" ? places.hotspots : places.payers, fromSlot);
      readSlot = Math.min(readSlot, slot);
      await this.#takeAll(kind, slot, accounts);
    }
    this.#readSlot = Math.max(this.#readSlot, readSlot);
    this.#lastReadMs = clock.steadyMs();
    this.#save();
  }

  /** Takes what is new of a reading; uploads and everything else have their turns meanwhile. */
  async #takeAll(kind: CachedKind, slot: number, accounts: ReadonlyMap<string, Uint8Array>): Promise<void> {
    let taken = 0;
    for (const [at, data] of accounts) {
      const read = this.#read.get(at);
      if (read !== undefined && read.slot <= slot && Buffer.compare(read.data, data) === 0) continue;
      this.#takeOne(kind, slot, { address: Uint8Array.fromHex(at), data });
      if (++taken % TAKEN_IN_ONE_GO === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Reads what is told, until everything is due. */
  async #readTold(stop: AbortSignal): Promise<void> {
    const { clock, resyncMs } = this.#options;
    const readMs = clock.steadyMs();
    const isDue = () => {
      const sinceMs = clock.steadyMs() - readMs;
      return this.#mustRead || sinceMs >= resyncMs || (this.#isFlooded && sinceMs >= FLOOD_READ_MS);
    };
    while (!stop.aborted && !isDue()) {
      await this.#confirmTold();
      await sleep(clock, LOOK_MS, stop);
    }
  }

  /** Resolves when every endpoint has told of a slot, or after a while. */
  async #whenAllHeard(stop: AbortSignal): Promise<void> {
    const { sources, clock } = this.#options;
    const endMs = clock.steadyMs() + LISTEN_MS;
    while (!stop.aborted && clock.steadyMs() < endMs && this.#heardMs.size < sources.length)
      await sleep(clock, LOOK_MS / 10, stop);
  }

  /** Listens to an endpoint, anew whenever it falls silent. */
  async #listen(source: AccountSource, stop: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const places = await Promise.race([this.#places.promise, whenAborted(stop)]);
    if (places === undefined) return;
    while (!stop.aborted) {
      const sinceMs = clock.steadyMs();
      let heardMs: number | undefined;
      const endings = (["hotspot", "payer"] as const).map((kind) => {
        const group = kind === "hotspot" ? places.hotspots : places.payers;
        return source.onProgramAccount(group.program, group.filters, (account) =>
          this.#hear(source, { kind, group, account, sinceMs: clock.steadyMs() }),
        );
      });
      endings.push(
        // A subscription holds when the socket answers, and slots are asked for last: the first one says that the others hold.
        source.onSlot(() => {
          // What changed while nobody listened was not told.
          if (heardMs === undefined && this.#lastReadMs !== undefined) this.#mustRead = true;
          heardMs = clock.steadyMs();
          this.#heardMs.set(source, heardMs);
        }),
      );
      try {
        while (!stop.aborted && clock.steadyMs() - (heardMs ?? sinceMs) <= SILENCE_MS)
          await sleep(clock, LOOK_MS, stop);
      } finally {
        for (const end of endings) end();
      }
      if (!stop.aborted)
        log.complain(`silent ${source.name}`, "an endpoint tells of no changes; it is listened to anew", {
          endpoint: source.name,
        });
    }
  }

  #hear(source: AccountSource, told: Told): void {
    const all = this.#told.get(source)!;
    const address = told.account.address.toHex();
    if (all.has(address) || all.size < MAX_TOLD) all.set(address, told);
    else this.#isFlooded = true;
  }

  /** Asks all endpoints for the accounts that any of them told of. */
  async #confirmTold(): Promise<void> {
    const due = new Map<string, Told>();
    for (const told of this.#told.values())
      for (const [address, one] of told.entries().take(ASKED_A_LOOK)) due.set(address, one);
    await Promise.all(due.entries().map(([address, told]) => this.#confirm(address, told)));
  }

  async #confirm(address: string, { kind, group, account }: Told): Promise<void> {
    const { clock, quorum } = this.#options;
    // Endpoints that are behind are asked again in the next look.
    const found = await this.#agreed.account(account.address, this.#slot).catch(() => undefined);
    const isOurs = found !== undefined && Buffer.compare(found.owner, group.program) === 0;
    if (isOurs) this.#takeOne(kind, found.slot, { address: account.address, data: found.data });
    for (const [source, all] of this.#told) {
      const told = all.get(address);
      if (told === undefined) continue;
      const isSo = isOurs && Buffer.compare(found.data, told.account.data) === 0;
      const isOld = clock.steadyMs() - told.sinceMs > CONFIRM_MS;
      if (isSo || isOld) all.delete(address);
      if (isOld && !isSo) quorum.onDissent?.(source.name, `a change of account ${address}`);
    }
  }

  /** Takes an account that is not needed for anything else to go on: a bad one is complained of. */
  #takeOne(kind: CachedKind, slot: number, { address, data }: AccountBytes): void {
    try {
      if (this.#take(kind, slot, data, address)) this.#read.set(address.toHex(), { slot, data });
    } catch (error) {
      this.#options.log.complain("account", "an account on chain cannot be read", { kind, error: String(error) });
    }
  }

  /** False where a newer reading is known, or it is of another network. */
  #take(kind: CachedKind, slot: number, data: Uint8Array, address?: Uint8Array): boolean {
    const { book, network } = this.#options;
    this.#slot = Math.max(this.#slot, slot);
    if (kind === "network") {
      this.#takeNetwork(slot, data);
      return true;
    }
    if (kind === "hotspot") {
      const hotspot = { ...decodeHotspot(data), ...(address && { address }) };
      if (Buffer.compare(hotspot.network, network) !== 0) return false;
      if (!book.putHotspot(hotspot, slot)) return false;
      this.#remember(kind, hotspot.deviceKey, slot, data);
      return true;
    }
    const payer = { ...decodeRouter(data), ...(address && { address }) };
    if (this.#network === undefined || Buffer.compare(payer.dcConfig, this.#network.dcConfig) !== 0) return false;
    if (!book.putPayer(payer, slot)) return false;
    this.#remember(kind, payer.key, slot, data);
    return true;
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
    this.#accounts.set(name, { kind, slot, data });
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
