/**
 * The accounts of a network as enough endpoints have them: what one of them makes up, changes or leaves out is not believed. All of them when an
 * epoch's registry is put down for good and when the book is made anew (registry-watch.ts), and each that somebody says has changed.
 */
import { oracleError } from "../errors.ts";
import { accountDiscriminator } from "./account-reader.ts";
import type { AccountFilter, AccountSource } from "./account-source.ts";
import { alike, type Quorum } from "./agreement.ts";
import { decodeHotspot, HOTSPOT_ACCOUNT, HOTSPOT_NETWORK_OFFSET, type HotspotAccount } from "./hotspot-account.ts";
import {
  decodeNetwork,
  decodeRouter,
  type NetworkAccount,
  ROUTER_ACCOUNT,
  ROUTER_CONFIG_OFFSET,
  type RouterAccount,
} from "./network-account.ts";

type Source = Pick<AccountSource, "name" | "account" | "programAccounts">;
/** Bytes of accounts by address, hex. */
type Accounts = ReadonlyMap<string, Uint8Array>;

export interface AgreedRegistryOptions {
  readonly sources: readonly Source[];
  /** Address of the network's account, 32 bytes. */
  readonly network: Uint8Array;
  readonly quorum: Quorum;
  readonly steadyMs: () => number;
}

export interface AgreedAccounts {
  readonly hotspots: readonly HotspotAccount[];
  readonly payers: readonly RouterAccount[];
}

/** Accounts of a kind: those of a program that match. */
export interface AccountGroup {
  readonly program: Uint8Array;
  readonly filters: readonly AccountFilter[];
}

export interface RegistryPlaces {
  readonly network: NetworkAccount;
  /** The network's account. */
  readonly data: Uint8Array;
  readonly slot: number;
  readonly hotspots: AccountGroup;
  readonly payers: AccountGroup;
}

export interface AgreedAccount {
  /** A slot at which an endpoint had it, no later than an honest one. */
  readonly slot: number;
  readonly data: Uint8Array;
  /** Its program, 32 bytes. */
  readonly owner: Uint8Array;
}

/** What did not agree is not read anew before, ms: all accounts are a hundred megabytes. */
const PAUSE_MS = 5000;

export class AgreedRegistry {
  readonly #options: AgreedRegistryOptions;
  #failed: { readonly atMs: number; readonly error: unknown } | undefined;

  constructor(options: AgreedRegistryOptions) {
    this.#options = options;
  }

  /** The accounts at a slot or after it. Throws ORC_RPC_FAILED where too few endpoints have them alike; it can be asked for again. */
  async read(fromSlot: number): Promise<AgreedAccounts> {
    const { steadyMs } = this.#options;
    if (this.#failed !== undefined && steadyMs() - this.#failed.atMs < PAUSE_MS) throw this.#failed.error;
    try {
      const places = await this.places();
      const [hotspots, payers] = [await this.all(places.hotspots, fromSlot), await this.all(places.payers, fromSlot)];
      return {
        hotspots: [...hotspots.accounts].map(([at, data]) => ({
          ...decodeHotspot(data),
          address: Uint8Array.fromHex(at),
        })),
        payers: [...payers.accounts].map(([at, data]) => ({ ...decodeRouter(data), address: Uint8Array.fromHex(at) })),
      };
    } catch (error) {
      this.#failed = { atMs: steadyMs(), error };
      throw error;
    }
  }

  /** The network's own account, and where the others are. Throws ORC_RPC_FAILED, ORC_BAD_ACCOUNT. */
  async places(fromSlot = 0): Promise<RegistryPlaces> {
    const { network: address } = this.#options;
    const { slot, data, owner } = await this.#present(address, fromSlot);
    const network = decodeNetwork(data);
    const dcConfig = await this.#present(network.dcConfig, fromSlot);
    return {
      network,
      slot,
      data,
      hotspots: { program: owner, filters: filtersOf(HOTSPOT_ACCOUNT, HOTSPOT_NETWORK_OFFSET, address) },
      payers: { program: dcConfig.owner, filters: filtersOf(ROUTER_ACCOUNT, ROUTER_CONFIG_OFFSET, network.dcConfig) },
    };
  }

  /** One account at a slot or after it; undefined where there is none. Throws ORC_RPC_FAILED. */
  async account(address: Uint8Array, fromSlot: number): Promise<AgreedAccount | undefined> {
    const { sources, quorum } = this.#options;
    const ask = async (source: Source) => {
      const found = await source.account(address);
      if (found !== undefined) checkSlot(source, found.slot, fromSlot);
      return found;
    };
    const asked = sources.map((source) => ({ endpoint: source.name, answer: ask(source) }));
    const found = await alike({ what: `account ${address.toHex()}`, isAlike: isSameAccount }, asked, quorum);
    return found.reduce((least, one) => (least && one && one.slot < least.slot ? one : least));
  }

  async #present(address: Uint8Array, fromSlot: number): Promise<AgreedAccount> {
    const found = await this.account(address, fromSlot);
    if (found === undefined) throw oracleError("ORC_BAD_ACCOUNT", `account ${address.toHex()}: there is none`);
    return found;
  }

  /** The accounts of a kind that enough endpoints have alike, as soon as it is known of each, and a slot at which they are. Throws ORC_RPC_FAILED. */
  all(
    { program, filters }: AccountGroup,
    fromSlot: number,
  ): Promise<{ readonly slot: number; readonly accounts: Accounts }> {
    const { sources, quorum } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<{
      readonly slot: number;
      readonly accounts: Accounts;
    }>();
    const readings: { readonly name: string; readonly slot: number; readonly accounts: Accounts }[] = [];
    const faults: string[] = [];
    let agreedOn: Accounts | undefined;
    const ask = async (source: Source) => {
      try {
        const { slot, accounts } = await source.programAccounts(program, filters);
        checkSlot(source, slot, fromSlot);
        readings.push({
          name: source.name,
          slot,
          accounts: new Map(accounts.map(({ address, data }) => [address.toHex(), data])),
        });
        if (agreedOn !== undefined) return;
        const known = agreedAccounts(
          readings.map((reading) => reading.accounts),
          quorum.count,
        );
        if (typeof known === "string") faults.push(known);
        else {
          agreedOn = known;
          resolve({ slot: Math.min(...readings.map((reading) => reading.slot)), accounts: known });
        }
      } catch (error) {
        faults.push(error instanceof Error ? error.message : String(error));
      }
    };
    Promise.all(sources.map(ask)).then(() => {
      const why = faults.at(-1) ?? "too few answers";
      if (agreedOn === undefined) reject(oracleError("ORC_RPC_FAILED", `all accounts: ${why}`, { retryable: true }));
      for (const { name, accounts } of readings)
        if (agreedOn !== undefined && !isSameSet(accounts, agreedOn)) quorum.onDissent?.(name, "all accounts");
    });
    return promise;
  }
}

function checkSlot({ name }: Source, slot: number, fromSlot: number): void {
  if (!(slot >= fromSlot)) throw new Error(`${name}: is at slot ${slot}, ${fromSlot} or later expected`);
}

function isSameAccount(one: AgreedAccount | undefined, other: AgreedAccount | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one.owner, other.owner) === 0 && Buffer.compare(one.data, other.data) === 0;
}

function isSameSet(one: Accounts, other: Accounts): boolean {
  if (one.size !== other.size) return false;
  for (const [address, data] of one) {
    const theirs = other.get(address);
    if (theirs === undefined || Buffer.compare(data, theirs) !== 0) return false;
  }
  return true;
}

/** The accounts that at least `quorum` readings have alike, when they say so of each; else of which they do not. */
export function agreedAccounts(readings: readonly Accounts[], quorum: number): Accounts | string {
  const known = new Map<string, Uint8Array>();
  for (const address of new Set(readings.flatMap((reading) => [...reading.keys()]))) {
    const versions = readings.map((reading) => reading.get(address));
    const count = (one: Uint8Array | undefined) =>
      versions.filter((other) => (one && other ? Buffer.compare(one, other) === 0 : one === other)).length;
    const version = versions.find((one) => count(one) >= quorum);
    if (version !== undefined) known.set(address, version);
    else if (count(undefined) < quorum) return `${readings.length} endpoints differ on ${address}`;
  }
  return readings.length >= quorum ? known : `${readings.length} of ${quorum} endpoints answered`;
}

function filtersOf(account: string, offset: number, owner: Uint8Array): readonly AccountFilter[] {
  return [
    { offset: 0, bytes: accountDiscriminator(account) },
    { offset, bytes: owner },
  ];
}
