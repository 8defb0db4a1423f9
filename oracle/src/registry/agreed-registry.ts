/**
 * All accounts of a network as enough endpoints have them: what one of them makes up, changes or leaves out is not believed. Asked once an
 * epoch, when its registry is put down for good; what the book says meanwhile follows one endpoint at a time (registry-watch.ts).
 */
import { oracleError } from "../errors.ts";
import { accountDiscriminator } from "./account-reader.ts";
import type { AccountFilter, AccountSource } from "./account-source.ts";
import { agreed } from "./agreement.ts";
import { decodeHotspot, HOTSPOT_ACCOUNT, HOTSPOT_NETWORK_OFFSET, type HotspotAccount } from "./hotspot-account.ts";
import {
  decodeNetwork,
  decodeRouter,
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
  readonly quorum: number;
  readonly steadyMs: () => number;
}

export interface AgreedAccounts {
  readonly hotspots: readonly HotspotAccount[];
  readonly payers: readonly RouterAccount[];
}

interface Group {
  readonly program: Uint8Array;
  readonly filters: readonly AccountFilter[];
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
      return await this.#read(fromSlot);
    } catch (error) {
      this.#failed = { atMs: steadyMs(), error };
      throw error;
    }
  }

  async #read(fromSlot: number): Promise<AgreedAccounts> {
    const { network: address } = this.#options;
    const account = await this.#account(address);
    const network = decodeNetwork(account.data);
    const dcConfig = await this.#account(network.dcConfig);
    const hotspots = { program: account.owner, filters: filtersOf(HOTSPOT_ACCOUNT, HOTSPOT_NETWORK_OFFSET, address) };
    const payers = {
      program: dcConfig.owner,
      filters: filtersOf(ROUTER_ACCOUNT, ROUTER_CONFIG_OFFSET, network.dcConfig),
    };
    const [hotspotAccounts, payerAccounts] = [
      await this.#group(hotspots, fromSlot),
      await this.#group(payers, fromSlot),
    ];
    return {
      hotspots: [...hotspotAccounts].map(([at, data]) => ({ ...decodeHotspot(data), address: Uint8Array.fromHex(at) })),
      payers: [...payerAccounts].map(([at, data]) => ({ ...decodeRouter(data), address: Uint8Array.fromHex(at) })),
    };
  }

  async #account(address: Uint8Array): Promise<{ readonly data: Uint8Array; readonly owner: Uint8Array }> {
    const { sources, quorum } = this.#options;
    const what = `account ${address.toHex()}`;
    const asked = sources.map((source) => source.account(address));
    const found = await agreed(what, asked, quorum, (one) => (one ? `${one.owner.toHex()} ${one.data.toHex()}` : ""));
    if (found === undefined) throw oracleError("ORC_BAD_ACCOUNT", `${what}: there is none`);
    return found;
  }

  /** The accounts of a program that enough endpoints have alike, as soon as it is known of each. */
  #group({ program, filters }: Group, fromSlot: number): Promise<Accounts> {
    const { sources, quorum } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Accounts>();
    const readings: Accounts[] = [];
    const faults: string[] = [];
    const ask = async (source: Source) => {
      try {
        const { slot, accounts } = await source.programAccounts(program, filters);
        if (slot < fromSlot) throw new Error(`${source.name}: is at slot ${slot}, ${fromSlot} or later expected`);
        readings.push(new Map(accounts.map(({ address, data }) => [address.toHex(), data])));
        const known = agreedAccounts(readings, quorum);
        if (typeof known !== "string") resolve(known);
        else faults.push(known);
      } catch (error) {
        faults.push(error instanceof Error ? error.message : String(error));
      }
    };
    Promise.all(sources.map(ask)).then(() =>
      reject(oracleError("ORC_RPC_FAILED", `all accounts: ${faults.at(-1) ?? "too few answers"}`, { retryable: true })),
    );
    return promise;
  }
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
